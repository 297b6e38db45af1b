"""Connections as uvicorn keeps them, with bounds: their number, time for a head, the pace of who reads an answer."""

import asyncio
import socket
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD = 10.0  # seconds in which the head of a request must be there
RESERVED = 32  # connections beside the most, which get an answer at once: alive, or come again later
PACE = 20_000  # bytes of an answer per second that a client takes at least
READING, LOOK = 10.0, 1.0  # seconds before it must keep that pace, and between looks at it
IN_SYSTEM = 256 << 10  # bytes of an answer that the system may hold: what is there counts as taken
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
    """A connection. Where there are too many, one without a request's head gives way, else an unfinished upload."""

    most: ClassVar[int] = 1000

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if (own := transport.get_extra_info("socket")) is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, IN_SYSTEM)
        self._late: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        self._since = self.loop.time()
        self._watch_head()
        if len(self.connections) <= self.most:
            return
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        waiting = [other for other in others if other.waits_for_a_head()]
        if giving_way := waiting or [other for other in others if other.waits_for_a_body()]:
            min(giving_way, key=lambda other: other._since).transport.abort()
        elif len(self.connections) > self.most + RESERVED:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in filter(None, (self._late, self._stuck)):
            timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def waits_for_a_head(self) -> bool:
        """Whether no request is under way: none has begun, or its head is not whole."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def waits_for_a_body(self) -> bool:
        """Whether a request is under way of which not all has come."""
        return self.cycle is not None and bool(self.cycle.more_body)

    def _watch_reading(self) -> None:
        """Cut off a client that takes an answer more slowly than ``PACE``: all of it is held until it is taken."""
        began, whole = self.loop.time(), self.transport.get_write_buffer_size()

        def look() -> None:
            taken = whole - self.transport.get_write_buffer_size()
            if taken < PACE * (self.loop.time() - began - READING):
                self.transport.abort()
            else:
                self._stuck = self.loop.call_later(LOOK, look)

        self._stuck = self.loop.call_later(LOOK, look)

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
