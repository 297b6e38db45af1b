"""The local web app: photos in over HTTP, maps and verdicts out. ``blurmap serve`` starts it.

Uploads are bounded in bytes, pixels, number at once and time; nothing in a request becomes a path.
"""

import asyncio
import base64
import io
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import Depends, FastAPI, File, HTTPException, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from PIL import Image
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blurmap import __version__
from blurmap.errors import PhotoError
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models import MODELS, load
from blurmap.models.weights import read_description, weights_size
from blurmap.photo import open_described
from blurmap.result import BlurMap

What = Literal["mask", "probability", "overlay", "kind"]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LARGEST_SIDE = 20_000


@dataclass(frozen=True)
class Limits:
    """What one server takes on.

    Attributes
    ----------
    upload : int
        Bytes of one request.
    pixels : int
        Of one photo.
    at_once : int
        Photos looked at at the same time.
    waiting : int
        Requests that may wait for that; more are told to come later (429).
    seconds : float
        Longest time for one request, waiting included.
    """

    upload: int = 50_000_000
    pixels: int = 60_000_000
    at_once: int = 2
    waiting: int = 64
    seconds: float = 60.0


class Answer(BaseModel):
    """What blurmap sees in a photo."""

    model: str
    width: int
    height: int
    blurred: float
    defocus: float | None
    motion: float | None
    verdict: Literal["sharp", "selective", "defocused", "motion"] | None
    confidence: float | None
    reason: str | None
    subject: tuple[int, int, int, int] | None
    sharp_size: int | None
    seconds: float
    pictures: dict[What, str]


class ModelEntry(BaseModel):
    """A model that the server answers with."""

    name: str
    gives: str
    bytes: int
    training_data: str
    val: dict[str, dict[str, float]]


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The file is no photo that can be used."},
    401: {"model": Problem, "description": "The token is missing or wrong."},
    413: {"model": Problem, "description": "The upload or the photo is too large."},
    429: {"model": Problem, "description": "Too many requests are waiting; come again later."},
    504: {"model": Problem, "description": "It took too long."},
}


class Gate:
    """Lets a number of photos be looked at at once and a number wait; the rest is turned away."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.pool = ThreadPoolExecutor(limits.at_once, thread_name_prefix="blurmap")
        self.inside = 0

    async def run(self, work: Callable[[], Any]) -> Any:
        if self.inside >= self.limits.at_once + self.limits.waiting:
            raise HTTPException(429, "too many requests are waiting; come again later", {"Retry-After": "1"})
        self.inside += 1
        future = asyncio.get_running_loop().run_in_executor(self.pool, work)
        # a thread cannot be stopped: its place is free when it is done, not when its client gave up
        future.add_done_callback(self._left)
        try:
            return await asyncio.wait_for(asyncio.shield(future), self.limits.seconds)
        except TimeoutError:
            future.cancel()
            raise HTTPException(504, f"took longer than {self.limits.seconds:g} seconds") from None

    def _left(self, future: "asyncio.Future[Any]") -> None:
        self.inside -= 1
        if not future.cancelled():
            future.exception()  # looked at, so that one nobody waits for any more is not reported as lost


class BodyLimit:
    """Refuses bodies of more than a number of bytes, whether their length is told or only found while reading."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.app, self.largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told) > self.largest:
            await self._refuse(scope, receive, send)
            return
        seen, answered = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.largest:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except _TooLarge:
            if not answered:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"the upload is larger than {self.largest / 1e6:g} MB"
        await JSONResponse({"detail": detail}, 413, {"Connection": "close"})(scope, receive, send)


class _TooLarge(BaseException):
    """Passes through the handlers of ordinary exceptions on its way to :class:`BodyLimit`."""


def make_app(
    limits: Limits = Limits(),
    token: str | None = None,
    origins: tuple[str, ...] = (),
    hosts: tuple[str, ...] = LOOPBACK,
) -> FastAPI:
    """The web app.

    Parameters
    ----------
    limits : Limits
    token : str, optional
        Wanted as ``Authorization: Bearer TOKEN`` by all that looks at photos.
    origins : tuple of str
        Web sites that may ask from a browser (CORS); none by default.
    hosts : tuple of str
        Host names that the server answers to; ``("*",)`` for any. Protects a local server from web sites whose name is
        made to point at this machine (DNS rebinding).
    """
    app = FastAPI(title="blurmap", version=__version__, summary="Where is a photograph blurred?")
    app.add_middleware(BodyLimit, largest=limits.upload)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["*"], allow_headers=["*"])
    gate, registry = Gate(limits), CollectorRegistry()
    count = Counter("blurmap_photos", "Photos asked for, by what became of them.", ["result"], registry=registry)
    taken = Histogram("blurmap_seconds", "Seconds per photo, waiting included.", registry=registry)
    Gauge("blurmap_inside", "Photos looked at or waiting.", registry=registry).set_function(lambda: gate.inside)
    bearer = HTTPBearer(auto_error=False)

    def authorised(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        if not (given and secrets.compare_digest(given.credentials.encode(), str(token).encode())):
            raise HTTPException(401, "the token is missing or wrong", {"WWW-Authenticate": "Bearer"})

    guarded = [Depends(authorised)] if token else []  # without a token the document asks for none either

    @app.post(
        "/v1/detect",
        responses=PROBLEMS | {200: {"model": Answer, "content": {"image/png": {}}}},
        dependencies=guarded,
    )
    async def detect(
        request: Request,
        photo: Annotated[UploadFile, File(description="The photo.")],
        model: Annotated[Literal["default", "default-int8", "paper"], Query()] = "default",
        what: Annotated[What, Query(description="Which picture, where image/png is accepted.")] = "overlay",
        include: Annotated[list[What], Query(description="Pictures to put into the JSON, as data URIs.")] = [],  # noqa: B006
        max_side: Annotated[int, Query(ge=16, le=LARGEST_SIDE, description="Of the pictures.")] = LARGEST_SIDE,
    ) -> Response:
        """Look at a photo: JSON, or one picture where the Accept header asks for ``image/png``."""
        started = time.perf_counter()
        content = await photo.read()
        as_picture = "image/png" in request.headers.get("accept", "")

        def work() -> Response:
            try:
                pixels = open_described(content, "the photo", limits.pixels)[0]
            except PhotoError as error:
                raise HTTPException(413 if "megapixels" in str(error) else 400, str(error)) from None
            result = load(model).detect(pixels)
            if as_picture:
                if what == "kind" and result.kind is None:
                    raise HTTPException(400, f"the model {model} does not tell types of blur")
                return Response(picture(result, what, max_side), media_type="image/png")
            return JSONResponse(_answer(result, include, max_side, started).model_dump())

        try:
            response: Response = await gate.run(work)
        except HTTPException as error:
            count.labels(str(error.status_code)).inc()
            raise
        count.labels("200").inc()
        taken.observe(time.perf_counter() - started)
        return response

    @app.get("/v1/models", dependencies=guarded, responses={401: PROBLEMS[401]})
    def models() -> list[ModelEntry]:
        """The models and their figures."""
        return [
            ModelEntry(
                name=name, gives=shipped.gives, bytes=weights_size(name), training_data=shipped.training_data,
                val=read_description(name).get("val", {}),
            )
            for name, shipped in MODELS.items()
        ]  # fmt: skip

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """Whether the server is there."""
        return {"status": "ok"}

    @app.get("/metrics", response_class=Response)
    def metrics() -> Response:
        """Counts and times for Prometheus."""
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/", include_in_schema=False)
    def page() -> HTMLResponse:
        html = (resources.files("blurmap.web") / "page.html").read_text(encoding="utf-8")
        return HTMLResponse(html.replace("<!-- token -->", "true" if token else "false"), headers=PAGE_HEADERS)

    return app


PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src blob: data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def _answer(result: BlurMap, include: list[What], max_side: int, started: float) -> Answer:
    judgement, shares = result.judgement, result.fractions or {}
    height, width = result.mask.shape
    pictures = {
        what: "data:image/png;base64," + base64.b64encode(picture(result, what, max_side)).decode()
        for what in dict.fromkeys(include)
        if what != "kind" or result.kind is not None
    }
    return Answer(
        model=result.model, width=width, height=height, blurred=result.fraction, defocus=shares.get("defocus"),
        motion=shares.get("motion"), verdict=result.verdict, confidence=result.confidence, reason=result.reason,
        subject=judgement.subject if judgement else None, sharp_size=result.sharp_size,
        seconds=round(time.perf_counter() - started, 4), pictures=pictures,
    )  # fmt: skip


def picture(result: BlurMap, what: What, max_side: int) -> bytes:
    """One of the pictures of :meth:`blurmap.BlurMap.save` as PNG, with a long side of at most ``max_side``."""
    pixels = result.picture(what)
    shape = fit(pixels.shape, max_side)
    if pixels.ndim == 3:
        image = Image.fromarray(resize_photo(pixels, shape))
    else:
        image = Image.fromarray(np.ascontiguousarray(pixels)).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
