"""Counts and times for Prometheus."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Metrics:
    """Photos asked for, by status; seconds; photos inside, as ``inside`` tells."""

    def __init__(self, inside: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        self.photos = Counter(
            "blurmap_photos", "Photos asked for, by the status of the answer.", ["result"], registry=self.registry
        )
        self.seconds = Histogram(
            "blurmap_seconds", "Seconds per answered photo, upload and waiting included.", registry=self.registry
        )
        Gauge("blurmap_inside", "Photos looked at or waiting.", registry=self.registry).set_function(inside)

    def text(self) -> bytes:
        return generate_latest(self.registry)


class Counted:
    """Counts every answer to a POST on one path, whoever within gives it: refusals have a status too."""

    def __init__(self, app: ASGIApp, path: str, metrics: Metrics) -> None:
        self.app, self.path, self.metrics = app, path, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", self.path):
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.metrics.photos.labels(str(message["status"])).inc()
                if message["status"] == 200:
                    self.metrics.seconds.observe(time.perf_counter() - started)
            await send(message)

        try:
            await self.app(scope, receive, counted)
        except Exception:
            self.metrics.photos.labels("500").inc()
            raise
