"""What one server takes on: bytes, pixels, requests at once, time."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blurmap.web.problems import problem

T = TypeVar("T")
LINGER = 2.0  # seconds
GRACE = 5.0  # seconds before an upload must have begun to keep its pace


@dataclass(frozen=True)
class Limits:
    """What one server takes on.

    Attributes
    ----------
    upload : int
        Bytes of one request.
    pixels : int
        Most pixels of one photo.
    at_once : int
        Photos looked at at the same time.
    waiting : int
        Requests that may wait for that; more are told to come later (429).
    seconds : float
        Longest time for an upload, and for the answer to a photo, waiting included.
    held : int
        Bytes of all uploads that are not answered yet; where there are more, the largest unfinished one is refused.
    pace : float
        Bytes per second that an upload must keep up.
    """

    upload: int = 50_000_000
    pixels: int = 60_000_000
    at_once: int = 2
    waiting: int = 64
    seconds: float = 60.0
    held: int = 500_000_000
    pace: float = 20_000.0


class Gate:
    """Lets a number of photos be looked at at once and a number wait; the rest is turned away."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.pool = self._new_pool()
        self.inside, self.lock = 0, threading.Lock()

    def refuse_if_full(self) -> None:
        """Raise HTTPException (429) where no more may wait: before an upload is read, so that it costs nothing."""
        if self.inside >= self.limits.at_once + self.limits.waiting:
            raise HTTPException(429, "too many requests are waiting; come again later", {"Retry-After": "1"})

    async def run(self, work: Callable[[], T], *, admitted: bool = False) -> T:
        """Call ``work`` in a thread when it is its turn, and return what it does; 429 where no more may wait.

        ``admitted`` says that it is part of what was let in before.

        Cancelled before its turn, it is never called; a thread cannot be stopped: its place is free when it is done,
        not when its client gave up.
        """
        if not admitted:
            self.refuse_if_full()
        with self.lock:
            self.inside += 1
        job = self.pool.submit(work)
        job.add_done_callback(self._left)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job), self.limits.seconds)
        except TimeoutError:
            raise HTTPException(504, f"took longer than {self.limits.seconds:g} seconds") from None

    def close(self) -> None:
        """Start nothing of what waits; what runs is left to its end. An app may be started again after it."""
        self.pool.shutdown(wait=False, cancel_futures=True)
        self.pool = self._new_pool()

    def _new_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.limits.at_once, thread_name_prefix="blurmap")

    def _left(self, job: Future[Any]) -> None:
        with self.lock:
            self.inside -= 1


@dataclass(eq=False)
class Body:
    """What has come of a request's body.

    Attributes
    ----------
    seen : int
        Bytes.
    whole : bool
        Whether all of it is there.
    evicted : asyncio.Future
        Done when it must make room.
    """

    evicted: asyncio.Future[None]
    seen: int = 0
    whole: bool = False


class BodyLimit:
    """Refuses bodies that are too large, too slow, or too much beside all others (413, 408, 503).

    Their length may be told, or only be found while reading.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app, self.limits, self.largest = app, limits, limits.upload
        self.bodies: set[Body] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.largest:
            await self._refuse(scope, receive, send, _Refused(413, self._too_large()))
            return
        body, started, answered = Body(asyncio.get_running_loop().create_future()), time.monotonic(), False

        async def counted() -> Message:
            message = await self._next(receive, body, started)
            body.seen += len(message.get("body", b""))
            body.whole = body.whole or not message.get("more_body", False)
            if body.seen > self.largest:
                raise _Refused(413, self._too_large())
            self._make_room()
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        self.bodies.add(body)
        try:
            await self.app(scope, counted, watched)
        except _Refused as refused:
            if not answered:
                await self._refuse(scope, receive, send, refused)
        finally:
            self.bodies.discard(body)

    async def _next(self, receive: Receive, body: Body, started: float) -> Message:
        """The next part; once all is there, what comes is that the client hangs up, at whatever time."""
        if body.whole:
            return await receive()
        left = started + GRACE + body.seen / self.limits.pace - time.monotonic()
        coming = asyncio.ensure_future(receive())
        try:
            either: set[asyncio.Future[Any]] = {coming, body.evicted}
            await asyncio.wait(either, timeout=max(left, 0.0), return_when=asyncio.FIRST_COMPLETED)
            if body.evicted.done():
                raise _Refused(503, "too much is being uploaded; come again later", {"Retry-After": "5"})
            if not coming.done():
                raise _Refused(408, f"the upload is slower than {self.limits.pace / 1000:g} kB per second")
            return coming.result()
        finally:
            coming.cancel()

    def _make_room(self) -> None:
        """Where all bodies together are too much, refuse the largest of those that are not whole."""
        held = [body for body in self.bodies if not body.evicted.done()]
        unfinished = [body for body in held if not body.whole]
        if unfinished and sum(body.seen for body in held) > self.limits.held:
            max(unfinished, key=lambda body: body.seen).evicted.set_result(None)

    def _too_large(self) -> str:
        return f"the upload is larger than {self.largest / 1e6:g} MB"

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, refused: "_Refused") -> None:
        """Answer, and read on for a moment: a client that is cut off while it sends never sees the answer."""

        async def unfinished(message: Message) -> None:
            await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

        headers = {"Connection": "close", **refused.headers}
        await problem(refused.status, refused.detail, headers)(scope, receive, unfinished)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while (await receive()).get("more_body"):
                    pass
        await send({"type": "http.response.body", "body": b""})


class _Refused(BaseException):
    """Passes through the handlers of ordinary exceptions on its way to ``BodyLimit``."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers or {}
