"""Processes that inspect photos: one that crashes costs its photo a row with an error, and the scan nothing."""

import os
import queue
from collections.abc import Callable
from pathlib import Path

from blurmap.child import Child
from blurmap.models import load
from blurmap.photos.sources import Source
from blurmap.scanning.inspection import Inspection, inspect

SLOWEST = 600.0  # seconds that one photo may take before its process is ended


def inspector(model: str, masks: Path | None, pictures: Path | None) -> Callable[[Source], Inspection]:
    """What a worker answers with: ``inspect`` by a model that is loaded once."""
    loaded = load(model, threads=1)  # a process per core keeps them busier than several threads on one photo
    return lambda photo: inspect(loaded, photo, masks, pictures)


class Workers:
    """As many workers as asked for; ``inspect`` may be called from as many threads.

    Raises what loading the model raises, at the first photo.
    """

    def __init__(
        self, count: int, model: str, weights: str, masks: Path | None = None, pictures: Path | None = None
    ) -> None:
        self._model, self._weights, self._masks, self._pictures = model, weights, masks, pictures
        self._all = {Child(inspector, model, masks, pictures) for _ in range(count)}
        self._idle: queue.SimpleQueue[Child] = queue.SimpleQueue()
        self._ended = False
        for worker in self._all:
            self._idle.put(worker)

    def inspect(self, photo: Source) -> Inspection:
        """Inspection at a photo in an idle worker; if the worker dies over it, another takes its place."""
        worker = self._idle.get()
        try:
            try:
                return self._asked(worker, photo)
            except BrokenPipeError:  # it died between two photos, as when the system is out of memory
                worker = self._another(worker)
                return self._asked(worker, photo)
        except (EOFError, BrokenPipeError):
            status = worker.exit_status()
            worker = self._another(worker)
            reason = f"signal {-status}" if status < 0 else f"exit status {status}"
            error = f"{os.path.basename(photo.path)}: the process that looked at it crashed ({reason})"
            return Inspection(photo.row(self._model, self._weights, error))
        finally:
            self._idle.put(worker)

    def end(self) -> None:
        """End all processes at once."""
        self._ended = True
        for worker in list(self._all):
            worker.end()

    def _asked(self, worker: Child, photo: Source) -> Inspection:
        inspection: Inspection = worker.ask(photo, seconds=SLOWEST)
        return inspection

    def _another(self, dead: Child) -> Child:
        dead.end()
        self._all.discard(dead)
        if self._ended:
            return dead
        worker = Child(inspector, self._model, self._masks, self._pictures)
        self._all.add(worker)
        return worker
