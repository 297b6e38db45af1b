"""Connections as uvicorn keeps them, with two bounds of ours: seconds for a request's head, and how many there are."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD = 10.0  # seconds in which the head of a request must be there
RESERVED = 32  # connections beside the most, which get an answer at once: alive, or come again later
LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def most_connections(files: int | None = None) -> int:
    """How many connections there may be: of the files that the system lets a process open, each may take two."""
    if files is None:
        try:
            import resource
        except ImportError:  # Windows, where sockets are not files
            return 1000
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(min((files - 80 - RESERVED) // 2, 1000), 8)


class Connection(H11Protocol):
    """A connection; one that waits for the head of a request gives way where there are too many."""

    most: ClassVar[int] = 1000

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._late: asyncio.TimerHandle | None = None
        self._since = self.loop.time()
        self._watch_head()
        if len(self.connections) <= self.most:
            return
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        if waiting := [other for other in others if other.waits_for_a_head()]:
            min(waiting, key=lambda other: other._since).transport.abort()
        elif len(self.connections) > self.most + RESERVED:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._late is not None:
            self._late.cancel()
        super().connection_lost(exc)

    def waits_for_a_head(self) -> bool:
        """Whether no request is under way: none has begun, or its head is not whole."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def _watch_head(self) -> None:
        if not self.waits_for_a_head():
            if self._late is not None:
                self._late.cancel()
                self._late = None
        elif self._late is None:
            self._since = self.loop.time()
            self._late = self.loop.call_later(HEAD, self._end_late)

    def _end_late(self) -> None:
        if self.waits_for_a_head() and not self.transport.is_closing():
            self.transport.write(LATE)
            self.transport.close()
