"""The local web app: photos in over HTTP, maps and verdicts out. ``blurmap serve`` starts it.

Uploads are bounded in bytes, pixels, number at once and time; nothing in a request becomes a path.
"""

import time
from importlib import resources
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, File, HTTPException, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from blurmap import __version__
from blurmap.errors import PhotoError, PhotoTooLarge
from blurmap.models import DEFAULT, MODELS, load
from blurmap.photo import open_described
from blurmap.result import What
from blurmap.web.access import LOOPBACK, OwnOrigin, wants
from blurmap.web.answer import PROBLEMS, Answer, ModelEntry, model_entries, name_only, picture, pictures, record
from blurmap.web.limits import BodyLimit, Gate, Limits
from blurmap.web.metrics import Counted, Metrics

ModelName = Literal[*MODELS]  # type: ignore[valid-type]
DETECT = "/v1/detect"
LARGEST_SIDE = 20_000
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src blob: data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def make_app(
    limits: Limits | None = None,
    token: str | None = None,
    origins: tuple[str, ...] = (),
    hosts: tuple[str, ...] = LOOPBACK,
) -> FastAPI:
    """The web app.

    Parameters
    ----------
    limits : Limits, optional
    token : str, optional
        Wanted as ``Authorization: Bearer TOKEN`` by all that looks at photos.
    origins : tuple of str
        Web sites that may ask from a browser (CORS); none by default.
    hosts : tuple of str
        Host names that the server answers to; ``("*",)`` for any. Protects a local server from web sites whose name is
        made to point at this machine (DNS rebinding).
    """
    app = FastAPIOffline(
        title="blurmap", version=__version__, summary="Where is a photograph blurred?", redoc_url=None,
        swagger_ui_parameters={"validatorUrl": "none"},  # else the page asks a server elsewhere
    )  # fmt: skip
    limits = limits or Limits()
    gate = Gate(limits)
    metrics = Metrics(lambda: gate.inside)
    app.add_middleware(BodyLimit, largest=limits.upload)
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["*"], allow_headers=["*"])
    app.add_middleware(OwnOrigin, origins=origins)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.add_middleware(Counted, path=DETECT, metrics=metrics)  # added last: around all others
    guarded = [Depends(wants(token))] if token else []  # without a token the document asks for none either
    _add_detect(app, gate, guarded)
    _add_pages(app, metrics, guarded)
    return app


def _add_detect(app: FastAPI, gate: Gate, guarded: list[Any]) -> None:
    answers = PROBLEMS | {200: {"model": Answer, "content": {"image/png": {}}}}

    @app.post(DETECT, responses=answers, dependencies=guarded)
    async def detect(
        request: Request,
        photo: Annotated[UploadFile, File(description="The photo.")],
        model: Annotated[ModelName, Query()] = DEFAULT,
        what: Annotated[What, Query(description="Which picture, where image/png is accepted.")] = "overlay",
        include: Annotated[list[What], Query(description="Pictures to put into the JSON, as data URIs.")] = [],  # noqa: B006
        max_side: Annotated[int, Query(ge=16, le=LARGEST_SIDE, description="Of the pictures.")] = LARGEST_SIDE,
    ) -> Response:
        """Look at a photo: JSON, or one picture where the Accept header asks for ``image/png``."""
        started = time.perf_counter()
        content, name = await photo.read(), name_only(photo.filename)
        as_picture = "image/png" in request.headers.get("accept", "")

        def work() -> Response:
            try:
                image, kind = open_described(content, name, gate.limits.pixels)
            except PhotoError as error:
                raise HTTPException(413 if isinstance(error, PhotoTooLarge) else 400, str(error)) from None
            if as_picture and what == "kind" and not MODELS[model].types:
                raise HTTPException(400, f"the model {model} does not tell types of blur")
            result = load(model).detect(image)
            if as_picture:
                return Response(picture(result, what, max_side), media_type="image/png")
            answer = record(result, name, len(content), kind) | {"pictures": pictures(result, include, max_side)}
            return JSONResponse(answer | {"seconds": round(time.perf_counter() - started, 4)})

        response: Response = await gate.run(work)
        return response


def _add_pages(app: FastAPI, metrics: Metrics, guarded: list[Any]) -> None:
    @app.get("/v1/models", dependencies=guarded, responses={401: PROBLEMS[401]})
    def models() -> list[ModelEntry]:
        """The models and their figures."""
        return model_entries()

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """Whether the server is there."""
        return {"status": "ok"}

    @app.get("/metrics", response_class=Response)
    def counts() -> Response:
        """Counts and times for Prometheus."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/", include_in_schema=False)
    def page() -> HTMLResponse:
        html = (resources.files("blurmap.web") / "page.html").read_text(encoding="utf-8")
        html = html.replace("<!-- models -->", "".join(f"<option>{name}</option>" for name in MODELS))
        return HTMLResponse(html.replace("<!-- token -->", "true" if guarded else "false"), headers=PAGE_HEADERS)
