"""What one server takes on: bytes, pixels, requests at once, time."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blurmap.web.problems import problem

T = TypeVar("T")
LINGER = 2.0  # seconds


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
    """

    upload: int = 50_000_000
    pixels: int = 60_000_000
    at_once: int = 2
    waiting: int = 64
    seconds: float = 60.0


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


class BodyLimit:
    """Refuses bodies of more than a number of bytes, whether their length is told or only found while reading."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.app, self.largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.largest:
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
        """Answer, and read on for a moment: a client that is cut off while it sends never sees the answer."""

        async def unfinished(message: Message) -> None:
            await send({**message, "more_body": True} if message["type"] == "http.response.body" else message)

        detail = f"the upload is larger than {self.largest / 1e6:g} MB"
        await problem(413, detail, {"Connection": "close"})(scope, receive, unfinished)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while (await receive()).get("more_body"):
                    pass
        await send({"type": "http.response.body", "body": b""})


class _TooLarge(BaseException):
    """Passes through the handlers of ordinary exceptions on its way to ``BodyLimit``."""
