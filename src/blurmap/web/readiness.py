"""Whether the server can take photos: it loads the default model as it starts, and closes its gate as it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from blurmap.models import DEFAULT, load
from blurmap.web.decoding import Decoders
from blurmap.web.limits import Gate


class Readiness:
    """Loads a model beside the running server, so that it says at once that it lives."""

    def __init__(self, gate: Gate, threads: int, decoders: Decoders) -> None:
        self.gate, self.threads, self.decoders = gate, threads, decoders
        self.loading: asyncio.Task[object] | None = None

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        self.loading = asyncio.create_task(asyncio.to_thread(load, DEFAULT, threads=self.threads))
        await asyncio.to_thread(self.decoders.begin)
        yield
        self.gate.close()
        self.decoders.end()

    def missing(self) -> str | None:
        """What is missing; None where the server is ready."""
        if self.loading is None or not self.loading.done():
            return f"the model {DEFAULT} is being loaded"
        if error := self.loading.exception():
            return f"the model {DEFAULT} cannot be loaded: {error}"
        return None
