"""The pages beside ``/v1/detect``: models, health, counts, and the page for people."""

from collections.abc import Mapping
from html import escape
from importlib import resources
from typing import Any

from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse, Response

from blurmap.browser.bundle import bundled
from blurmap.models import Shipped
from blurmap.web.answer import ModelEntry, Status, model_entries
from blurmap.web.metrics import Metrics
from blurmap.web.problems import PROBLEMS, SAID, Problem
from blurmap.web.readiness import Readiness

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src blob: data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def add_pages(
    app: FastAPI, models: Mapping[str, Shipped], metrics: Metrics, readiness: Readiness, guarded: list[Any]
) -> None:
    """Add the routes."""

    @app.get(
        "/v1/models", operation_id="list_models", tags=["photos"], dependencies=guarded,
        responses={401: PROBLEMS[401]} if guarded else {},
    )  # fmt: skip
    def list_models() -> list[ModelEntry]:
        """The models and their figures."""
        return model_entries(models)

    @app.get("/livez", operation_id="livez", tags=["operation"])
    def livez() -> Status:
        """Whether the process answers; if not, start it anew."""
        return Status(status="ok")

    unready: dict[int | str, dict[str, Any]] = {503: {"model": Problem, "description": SAID[503]}}

    @app.get("/readyz", operation_id="readyz", tags=["operation"], responses=unready)
    def readyz() -> Status:
        """Whether it takes photos: the model is loaded."""
        if reason := readiness.missing():
            raise HTTPException(503, reason, {"Retry-After": "1"})
        return Status(status="ok")

    @app.get("/metrics", operation_id="metrics", tags=["operation"], response_class=Response,
             responses={200: {"content": {"text/plain": {}}}})  # fmt: skip
    def counts() -> Response:
        """Counts and times for Prometheus."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/", include_in_schema=False)
    def page() -> HTMLResponse:
        html, style = (
            (resources.files("blurmap.web") / "page" / name).read_text(encoding="utf-8")
            for name in ("page.html", "page.css")
        )
        html = html.replace("/* style */", style).replace("/* script */", bundled("web/page/page.js"))
        html = html.replace("<!-- models -->", "".join(f"<option>{escape(name)}</option>" for name in models))
        return HTMLResponse(html.replace("<!-- token -->", "" if guarded else "hidden"), headers=PAGE_HEADERS)
