"""The local web app: photos in over HTTP, maps and verdicts out. ``blurmap serve`` starts it.

Uploads are bounded in bytes, pixels, number at once and time, and decoded in processes that can be ended; nothing in
a request becomes a path.
"""

import re
from collections.abc import Mapping
from typing import Any

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from blurmap import __version__
from blurmap.models import MODELS, Shipped
from blurmap.web.access import LOOPBACK, KnownHost, OwnOrigin, wants
from blurmap.web.answer import CheckedLine, Line
from blurmap.web.check import add_check
from blurmap.web.detect import Detection, add_detect
from blurmap.web.focus import FocusLine, add_focus
from blurmap.web.limits import BodyLimit, Gate, Limits
from blurmap.web.logs import Logged
from blurmap.web.metrics import Metrics
from blurmap.web.pages import add_pages
from blurmap.web.problems import tell_problems, with_media_types
from blurmap.web.readiness import Readiness

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")  # of a proxy before the server; others are replaced
TAGS = [
    {"name": "photos", "description": "Where photos are blurred, which kind of blur it is, and whether it matters."},
    {"name": "operation", "description": "For those who run the server."},
]


def make_app(
    models: Mapping[str, Shipped] = MODELS,
    limits: Limits | None = None,
    token: str | None = None,
    origins: tuple[str, ...] = (),
    hosts: tuple[str, ...] = LOOPBACK,
) -> FastAPI:
    """The web app.

    Parameters
    ----------
    models : mapping
        The models that it answers with, by name; the default one is among them.
    limits : Limits, optional
    token : str, optional
        Wanted as ``Authorization: Bearer TOKEN`` by all that looks at photos.
    origins : tuple of str
        Web sites that may ask from a browser (CORS); none by default.
    hosts : tuple of str
        Host names that the server answers to; ``("*",)`` for any. Protects a local server from web sites whose name is
        made to point at this machine (DNS rebinding).
    """
    limits = limits or Limits()
    gate = Gate(limits)
    metrics = Metrics(lambda: gate.inside)
    detection = Detection(gate, metrics)
    readiness = Readiness(gate, detection.threads, detection.decoders)
    app = FastAPIOffline(
        title="blurmap", version=__version__, summary="Where is a photograph blurred?", redoc_url=None,
        openapi_tags=TAGS, lifespan=readiness.lifespan,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        swagger_ui_parameters={"validatorUrl": "none"},  # else the page asks a server elsewhere
    )  # fmt: skip
    tell_problems(app)
    app.add_middleware(BodyLimit, limits=limits)
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=list(origins), allow_methods=["*"], allow_headers=["*"])
    app.add_middleware(OwnOrigin, origins=origins)
    app.add_middleware(KnownHost, hosts=hosts)
    metrics.watch(app, limits.seconds)  # what is added later is around all others
    app.add_middleware(Logged)
    app.add_middleware(
        CorrelationIdMiddleware, validator=lambda given: REQUEST_ID.fullmatch(given) is not None, transformer=None
    )
    guarded = [Depends(wants(token))] if token else []  # without a token the document asks for none either
    add_detect(app, models, detection, guarded)
    add_check(app, models, detection, guarded)
    add_focus(app, models, detection, guarded)
    add_pages(app, models, metrics, readiness, guarded)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return app


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document."""
    if app.openapi_schema is None:
        openapi = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes, tags=app.openapi_tags,
            license_info=app.license_info,
        )  # fmt: skip
        for line in (Line, CheckedLine, FocusLine):
            openapi["components"]["schemas"][line.__name__] = line.model_json_schema()
        app.openapi_schema = with_media_types(openapi)
    return app.openapi_schema
