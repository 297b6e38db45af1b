"""A server for tests: an app under uvicorn on loopback."""

import re
import socket
import threading
import time
from typing import Any

import httpx
import uvicorn

from blurmap.web.app import make_app
from blurmap.web.connections import Connection
from tests.support import EXAMPLES

CAT = (EXAMPLES / "cat.jpg").read_bytes()


class Server:
    """An app under uvicorn in a thread of its own."""

    def __init__(self, **options: Any) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.server = uvicorn.Server(
            uvicorn.Config(make_app(**options), port=port, http=Connection, log_level="warning")
        )
        self.thread = threading.Thread(target=self.server.run)

    def __enter__(self) -> "Server":
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *exception: object) -> None:
        self.server.should_exit = True
        self.thread.join()

    def detect(
        self, photo: bytes = CAT, headers: dict[str, str] | None = None, name: str = "any/../../name", **query: Any
    ) -> httpx.Response:
        files = {"photo": (name, photo)}
        return httpx.post(f"{self.url}/v1/detect", files=files, params=query, headers=headers, timeout=60)

    def counted(self, status: int) -> int:
        """How many requests were answered with a status, as /metrics tells."""
        labels = f'handler="/v1/detect",method="POST",status="{status}"'
        found = re.search(rf"^blurmap_requests_total{{{labels}}} (\S+)$", self.metrics(), re.MULTILINE)
        return round(float(found[1])) if found else 0

    def metrics(self) -> str:
        return httpx.get(f"{self.url}/metrics").text

    def connect(self, head: str, body: bytes = b"") -> socket.socket:
        """A connection over which the head of a request was sent, and the first part of its body."""
        connection = socket.create_connection(("127.0.0.1", int(self.url.rpartition(":")[2])), timeout=60)
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return connection
