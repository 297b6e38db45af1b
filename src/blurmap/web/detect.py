"""``POST /v1/detect``: a photo in, its record or a picture out; a batch in, a line for each out."""

import asyncio
import json
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Annotated, Any, Literal, TypeVar

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from blurmap.errors import PhotoError, PhotoTooLarge
from blurmap.models import DEFAULT, Shipped, load
from blurmap.result import BlurMap, What
from blurmap.web.answer import Answer, Line, failed_record, picture, pictures, record
from blurmap.web.decoding import Decoders
from blurmap.web.limits import Gate
from blurmap.web.memory import give_back_soon
from blurmap.web.metrics import Metrics
from blurmap.web.problems import PROBLEMS
from blurmap.web.upload import REQUEST_BODY, Upload, received

T = TypeVar("T")
PATH = "/v1/detect"
LARGEST_SIDE = 20_000
LINES = "application/x-ndjson"
ANSWERS = PROBLEMS | {
    200: {
        "model": Answer,
        "description": "What blurmap sees; a picture where `image/png` is accepted; lines for a batch.",
        "content": {"image/png": {}, LINES: {"schema": {"$ref": "#/components/schemas/Line"}}},
    }
}


class Detection:
    """How one server looks at photos: as many threads as its limits say, a share of the cores for each."""

    def __init__(self, gate: Gate, metrics: Metrics) -> None:
        self.gate, self.metrics, self.decoders = gate, metrics, Decoders(gate.limits.pixels)
        # several photos on one core each are done sooner than one after another on all of them
        self.threads = max((os.cpu_count() or 1) // gate.limits.at_once, 1)

    def inspect(self, upload: Upload, model: str, include: list[What], max_side: int) -> dict[str, Any]:
        """The record of a photo, with pictures; raises PhotoError."""
        started = time.perf_counter()

        def said(result: BlurMap, about: dict[str, Any]) -> dict[str, Any]:
            return about | record(result) | {"seconds": None, "pictures": pictures(result, include, max_side)}

        return self.looked_at(upload, model, said) | {"seconds": round(time.perf_counter() - started, 4)}

    def draw(self, upload: Upload, model: str, what: What, max_side: int) -> bytes:
        """One picture of a photo as PNG; raises PhotoError."""
        return self.looked_at(upload, model, lambda result, about: picture(result, what, max_side))

    def looked_at(self, upload: Upload, model: str, use: Callable[[BlurMap, dict[str, Any]], T]) -> T:
        """What ``use`` makes of what is seen in a photo, and of what is known of its file."""
        content = upload.read()
        try:
            image, kind = self.decoders.decode(content, upload.name)
        except PhotoError:
            self.metrics.photos.labels("error").inc()
            raise
        pixels = image.width * image.height
        try:
            result = load(model, threads=self.threads).detect(image)
            self.metrics.photos.labels(result.verdict or "none").inc()
            used = use(result, {"path": upload.name, "bytes": len(content), "format": kind})
        except MemoryError:
            raise PhotoTooLarge(f"{upload.name}: there is not enough memory for it; make it smaller first") from None
        give_back_soon(pixels)
        return used

    async def answer(
        self, request: Request, name: str, inspect: Callable[[Upload], dict[str, Any]], line_of: type[BaseModel],
        draw: Callable[[Upload], bytes] | None = None,
    ) -> Response:  # fmt: skip
        """What is answered to a photo, or to a batch of them.

        Parameters
        ----------
        request : Request
        name : str
            Of a photo that is the body.
        inspect : callable
            What is said of a photo, as JSON.
        line_of : type
            Model of a line of a batch.
        draw : callable, optional
            The picture of a photo as PNG, where the request asks for one.
        """
        self.gate.refuse_if_full()
        async with AsyncExitStack() as stack:
            uploads = await stack.enter_async_context(received(request, name, self.gate.limits.seconds))
            if uploads.batch:
                return StreamingResponse(
                    self.lines(uploads.photos, stack.pop_all(), inspect, line_of), media_type=LINES
                )
            photo = uploads.photos[0]
            if draw and as_picture(request):
                return Response(await self.one(request, lambda: draw(photo)), media_type="image/png")
            return JSONResponse(await self.one(request, lambda: inspect(photo)))

    async def one(self, request: Request, work: Callable[[], T]) -> T:
        """What ``work`` returns when it is its turn; what is wrong with the photo is an HTTPException."""
        try:
            return await unless_gone(request, self.gate.run(work))
        except PhotoError as error:
            raise HTTPException(413 if isinstance(error, PhotoTooLarge) else 400, str(error)) from None

    async def lines(
        self,
        uploads: list[Upload],
        stack: AsyncExitStack,
        inspect: Callable[[Upload], dict[str, Any]],
        line_of: type[BaseModel],
    ) -> AsyncIterator[str]:
        """A line of JSON per photo, in their order; what is wrong with one is in its line, the rest of it null."""

        async def line(upload: Upload) -> str:
            try:
                answer = await self.gate.run(lambda: inspect(upload), admitted=True)
            except PhotoError as error:
                answer = failed_record(line_of, upload.name, str(error))
            except HTTPException as error:
                answer = failed_record(line_of, upload.name, f"{upload.name}: {error.detail}")
            return json.dumps(answer) + "\n"

        left, running = deque(uploads), deque[asyncio.Task[str]]()
        async with stack:
            try:
                while left or running:
                    while left and len(running) < self.gate.limits.at_once:
                        running.append(asyncio.create_task(line(left.popleft())))
                    yield await running[0]
                    running.popleft()
            finally:
                for task in running:  # the client is gone
                    task.cancel()


def add_detect(app: FastAPI, models: Mapping[str, Shipped], detection: Detection, guarded: list[Any]) -> None:
    """Add the route."""

    @app.post(
        PATH, operation_id="detect", tags=["photos"], summary="Look at a photo, or at a batch",
        response_class=JSONResponse, responses=ANSWERS, dependencies=guarded,
        openapi_extra={"requestBody": REQUEST_BODY},
    )  # fmt: skip
    async def detect(
        request: Request,
        model: Annotated[Literal[*models], Query(description="Which model answers.")] = DEFAULT,  # type: ignore[valid-type]
        what: Annotated[What, Query(description="Which picture, where image/png is accepted.")] = "overlay",
        include: Annotated[list[What], Query(description="Pictures to put into the JSON, as data URIs.")] = [],  # noqa: B006
        max_side: Annotated[int, Query(ge=16, le=LARGEST_SIDE, description="Of the pictures.")] = LARGEST_SIDE,
        name: Annotated[str, Query(max_length=255, description="Of a photo that is sent as the body.")] = "photo",
    ) -> Response:
        """The photo is the file `photo` of a form, or the body itself.

        The answer is JSON, or one picture where the Accept header asks for `image/png`. Several files `photos` of a
        form are a batch: a line of JSON for each, in their order, as soon as it is done; what is wrong with one is
        the `error` of its line.
        """
        if as_picture(request) and what == "kind" and not models[model].capabilities.types:
            raise HTTPException(422, f"what: the model {model} does not tell types of blur")
        return await detection.answer(
            request, name, lambda photo: detection.inspect(photo, model, include, max_side), Line,
            lambda photo: detection.draw(photo, model, what, max_side),
        )  # fmt: skip


def as_picture(request: Request) -> bool:
    """Whether a picture is wanted."""
    return "image/png" in request.headers.get("accept", "")


async def unless_gone(request: Request, answer: Coroutine[Any, Any, T]) -> T:
    """What is awaited; raises ClientDisconnect if the client hangs up before: what waits for its turn is dropped then.

    The body must have been read.
    """
    work, gone = asyncio.create_task(answer), asyncio.create_task(hang_up(request))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        return await work
    finally:
        work.cancel()
        gone.cancel()


async def hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
