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
from starlette.requests import ClientDisconnect

from blurmap.errors import PhotoError, PhotoTooLarge
from blurmap.models import DEFAULT, Shipped, load
from blurmap.result import What
from blurmap.web.answer import Answer, failed_record, picture, pictures, record
from blurmap.web.decoding import Decoders
from blurmap.web.limits import Gate
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
        result, about = self._result(upload, model)
        said, shown = record(result), pictures(result, include, max_side)
        return about | said | {"seconds": round(time.perf_counter() - started, 4), "pictures": shown}

    def draw(self, upload: Upload, model: str, what: What, max_side: int) -> bytes:
        """One picture of a photo as PNG; raises PhotoError."""
        return picture(self._result(upload, model)[0], what, max_side)

    def _result(self, upload: Upload, model: str) -> tuple[Any, dict[str, Any]]:
        content = upload.read()
        try:
            image, kind = self.decoders.decode(content, upload.name)
        except PhotoError:
            self.metrics.photos.labels("error").inc()
            raise
        try:
            result = load(model, threads=self.threads).detect(image)
        except MemoryError:
            raise PhotoTooLarge(f"{upload.name}: there is not enough memory for it; make it smaller first") from None
        self.metrics.photos.labels(result.verdict or "none").inc()
        return result, {"path": upload.name, "bytes": len(content), "format": kind}

    async def one(self, request: Request, work: Callable[[], T]) -> T:
        """What ``work`` returns when it is its turn; what is wrong with the photo is an HTTPException."""
        try:
            return await unless_gone(request, self.gate.run(work))
        except PhotoError as error:
            raise HTTPException(413 if isinstance(error, PhotoTooLarge) else 400, str(error)) from None

    async def lines(self, uploads: list[Upload], stack: AsyncExitStack, *options: Any) -> AsyncIterator[str]:
        """A line of JSON per photo, in their order; what is wrong with one is in its line."""

        async def line(upload: Upload) -> str:
            try:
                answer = await self.gate.run(lambda: self.inspect(upload, *options), admitted=True)
            except PhotoError as error:
                answer = failed_record(upload.name, str(error))
            except HTTPException as error:
                answer = failed_record(upload.name, f"{upload.name}: {error.detail}")
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
    gate = detection.gate

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
        gate.refuse_if_full()
        as_picture = "image/png" in request.headers.get("accept", "")
        if as_picture and what == "kind" and not models[model].capabilities.types:
            raise HTTPException(422, f"what: the model {model} does not tell types of blur")
        async with AsyncExitStack() as stack:
            uploads = await stack.enter_async_context(received(request, name, gate.limits.seconds))
            photo = uploads.photos[0]
            response: Response
            if uploads.batch:
                lines = detection.lines(uploads.photos, stack.pop_all(), model, include, max_side)
                response = StreamingResponse(lines, media_type=LINES)
            elif as_picture:
                png = await detection.one(request, lambda: detection.draw(photo, model, what, max_side))
                response = Response(png, media_type="image/png")
            else:
                answer = await detection.one(request, lambda: detection.inspect(photo, model, include, max_side))
                response = JSONResponse(answer)
        return response


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
