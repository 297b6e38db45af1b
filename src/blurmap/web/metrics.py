"""Counts and times for Prometheus, by its conventions: of requests by the instrumentator, of photos beside them."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_fastapi_instrumentator import Instrumentator, metrics

from blurmap import __version__
from blurmap.models import DEFAULT

NAMESPACE = "blurmap"
BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)  # seconds


class Metrics:
    """One server's registry.

    ``blurmap_requests_total`` and ``blurmap_request_duration_seconds`` by method, handler and status;
    ``blurmap_photos_total`` by verdict; ``blurmap_photos_in_progress``; ``blurmap_build_info``; ``process_...`` and
    ``python_...``.
    """

    def __init__(self, inside: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self.photos = Counter(
            "photos", "Photos looked at, by verdict; error: those that could not be used, none: by a model without.",
            ["verdict"], namespace=NAMESPACE, registry=self.registry,
        )  # fmt: skip
        Gauge(
            "photos_in_progress", "Photos looked at or waiting.", namespace=NAMESPACE, registry=self.registry
        ).set_function(inside)
        Info("build", "The version that runs.", namespace=NAMESPACE, registry=self.registry).info(
            {"version": __version__, "model": DEFAULT}
        )

    def watch(self, app: FastAPI, seconds: float) -> None:
        """Count and time the requests of an app; the buckets end where its timeout does."""
        buckets = (*(bucket for bucket in BUCKETS if bucket < seconds), seconds)
        common: dict[str, Any] = {"metric_namespace": NAMESPACE, "registry": self.registry}
        instrumentator = Instrumentator(should_group_status_codes=False, excluded_handlers=["/metrics"])
        instrumentator.add(
            metrics.requests(metric_name="requests", metric_doc="Requests, refused ones too.", **common),
            metrics.latency(
                metric_name="request_duration_seconds", metric_doc="Seconds of a request, upload and waiting included.",
                buckets=buckets, **common,
            ),
        ).instrument(app)  # fmt: skip

    def text(self) -> bytes:
        return generate_latest(self.registry)
