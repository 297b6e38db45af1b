"""The server's log: a line per request with its id, as text or as JSON."""

import logging
import time
from typing import Any, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Style = Literal["text", "json"]
QUIET = ("/livez", "/readyz", "/metrics")  # asked for every few seconds: at level debug

logger = logging.getLogger("blurmap.web")


def log_config(style: Style) -> dict[str, Any]:
    """A configuration for ``logging`` and uvicorn; everything goes to stderr."""
    fields = "%(asctime)s %(levelname)s %(name)s %(correlation_id)s %(message)s"
    renamed = {"asctime": "time", "levelname": "level", "name": "logger", "correlation_id": "request_id"}
    formatters = {
        "text": {"format": fields.replace("%(name)s ", "")},
        "json": {"()": "pythonjsonlogger.json.JsonFormatter", "fmt": fields, "rename_fields": renamed},
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"id": {"()": "asgi_correlation_id.CorrelationIdFilter", "default_value": "-"}},
        "formatters": formatters,
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": style, "filters": ["id"]}},
        "loggers": {
            name: {"handlers": ["stderr"], "level": level, "propagate": False}
            # anyone can send ids that are replaced: no news
            for name, level in (("uvicorn", "INFO"), ("blurmap.web", "INFO"), ("asgi_correlation_id", "ERROR"))
        },
    }


class Logged:
    """Logs each request when it is answered: method, path, status, seconds, client. Never a photo's name or content."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status, size = time.perf_counter(), 500, 0

        async def watched_receive() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            return message

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, watched_receive, watched_send)
        finally:
            # as it was sent, %-encoded: no line breaks of a client's get into the log
            path = scope.get("raw_path", scope["path"].encode("unicode_escape")).decode("ascii", "backslashreplace")
            client = scope["client"][0] if scope.get("client") else None
            seconds = round(time.perf_counter() - started, 4)
            logger.log(
                logging.DEBUG if path in QUIET and status < 400 else logging.INFO,
                "%s %s %s %.3f s", scope["method"], path, status, seconds,
                extra={"method": scope["method"], "path": path, "status": status, "seconds": seconds,
                       "received_bytes": size, "client": client},
            )  # fmt: skip
