"""Processes that inspect photos: one that crashes costs its photo a row with an error, and the scan nothing.

They are plain child processes and not of ``multiprocessing``, which would run a caller's script again in each of
them: ``blurmap.scan(...)`` may stand in any script. What goes over their pipes is pickled; a child whose parent was
killed reads the end of its input, and ends.
"""

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from blurmap.models import load
from blurmap.photos.sources import Source
from blurmap.scanning.inspection import Inspection, inspect

PATIENCE = 0.5  # seconds that a worker may outlive the scan
SLOWEST = 600.0  # seconds that one photo may take before its process is ended


class Worker:
    """A process with the model loaded, which inspects one photo at a time.

    Raises
    ------
    WeightsError
        If the model cannot be loaded.
    RuntimeError
        If the process does not start.
    """

    def __init__(self, model: str, masks: Path | None) -> None:
        code = f"import sys; sys.path[:] = {sys.path!r}; from blurmap.scanning.workers import work; work()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            process_group=0 if os.name == "posix" else None,  # Ctrl-C is for the scan, which ends its workers itself
        )  # fmt: skip
        self._process_send((model, masks))
        self._ready = False

    def inspect(self, photo: Source) -> Inspection:
        """Inspection at a photo.

        Raises
        ------
        EOFError
            If the process crashes over it, or takes more than ten minutes.
        BrokenPipeError
            If the process was gone before.
        """
        if not self._ready:
            self._wait_until_ready()
        self._process_send(photo)
        alarm = threading.Timer(SLOWEST, self._process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            answer: Inspection = pickle.load(_open(self._process.stdout))
            return answer
        except pickle.UnpicklingError:
            raise EOFError from None  # it ended in the middle of an answer
        finally:
            alarm.cancel()

    def end(self) -> int:
        """End the process, in the middle of a photo if need be; returns its exit status."""
        self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what the dead process did not read is of no use
                _open(pipe).close()
        return status

    def exit_status(self) -> int:
        """Exit status of a process that ended by itself."""
        return self._process.wait()

    def _wait_until_ready(self) -> None:
        try:
            problem = pickle.load(_open(self._process.stdout))
        except (EOFError, pickle.UnpicklingError):
            raise RuntimeError(f"a worker of the scan does not start (exit status {self.exit_status()})") from None
        if problem:
            raise problem
        self._ready = True

    def _process_send(self, item: object) -> None:
        pipe = _open(self._process.stdin)
        pickle.dump(item, pipe)
        pipe.flush()


class Workers:
    """As many workers as asked for; ``inspect`` may be called from as many threads."""

    def __init__(self, count: int, model: str, weights: str, masks: Path | None = None) -> None:
        self._model, self._weights, self._masks = model, weights, masks
        self._all = {Worker(model, masks) for _ in range(count)}
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._ended = False
        for worker in self._all:
            self._idle.put(worker)

    def inspect(self, photo: Source) -> Inspection:
        """Inspection at a photo in an idle worker; if the worker dies over it, another takes its place."""
        worker = self._idle.get()
        try:
            try:
                return worker.inspect(photo)
            except BrokenPipeError:  # it died between two photos, as when the system is out of memory
                worker = self._another(worker)
                return worker.inspect(photo)
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

    def _another(self, dead: Worker) -> Worker:
        dead.end()
        self._all.discard(dead)
        if self._ended:
            return dead
        worker = Worker(self._model, self._masks)
        self._all.add(worker)
        return worker


def work() -> None:
    """The child's side: a model's name first, then a photo at a time until the input ends."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    photos, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    try:
        name, masks = pickle.load(photos)
        model = load(name, threads=1)  # a process per core keeps them busier than several threads on one photo
    except Exception as error:
        _answer(answers, error)
        return
    _answer(answers, None)
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent has no more photos, or is gone
        while True:
            _answer(answers, inspect(model, pickle.load(photos), masks))


def _end_with_parent(parent: int) -> None:
    """End this process, in the middle of a photo, once its parent is gone: killed, it cannot end its workers."""
    while os.getppid() == parent:
        time.sleep(PATIENCE)
    os._exit(1)


def _answer(pipe: IO[bytes], answer: object) -> None:
    pickle.dump(answer, pipe)
    pipe.flush()


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # both are pipes: see Popen above
    return pipe
