"""A child process that answers one question at a time: it may crash, or be ended, and its parent goes on.

It is a plain process and not one of ``multiprocessing``, which would run a caller's script again in each:
``blurmap.scan(...)`` may stand in any script. What goes over its pipes is pickled. A child ends with its parent,
however that ends.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import IO, Any

PATIENCE = 0.5  # seconds that a child may outlive its parent


class Child:
    """A child that has called ``make(*arguments)`` and answers with what that returned.

    Parameters
    ----------
    make : callable
        A function at the top of a module: it returns the function that answers.
    *arguments
    """

    def __init__(self, make: Callable[..., Callable[..., Any]], *arguments: object) -> None:
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from blurmap.child import answer_parent; "
            f"answer_parent({make.__module__!r}, {make.__name__!r})"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            process_group=0 if os.name == "posix" else None,  # Ctrl-C is for the parent, which ends its children itself
        )  # fmt: skip
        self._send(arguments)
        self._ready = False

    def ask(self, *question: object, seconds: float) -> Any:
        """The answer to a question.

        Raises
        ------
        EOFError
            If the child crashes over it, or takes longer than that.
        BrokenPipeError
            If the child was gone before.
        RuntimeError
            If it does not start.
        Exception
            What ``make`` raised.
        """
        if not self._ready:
            self._wait_until_ready()
        self._send(question)
        alarm = threading.Timer(seconds, self._process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            return pickle.load(_open(self._process.stdout))
        except pickle.UnpicklingError:
            raise EOFError from None  # it ended in the middle of an answer
        finally:
            alarm.cancel()

    def end(self) -> int:
        """End it, in the middle of an answer if need be; returns its exit status."""
        self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what the dead process did not read is of no use
                _open(pipe).close()
        return status

    def exit_status(self) -> int:
        """Exit status of a child that ended by itself."""
        return self._process.wait()

    def _wait_until_ready(self) -> None:
        try:
            problem = pickle.load(_open(self._process.stdout))
        except (EOFError, pickle.UnpicklingError):
            raise RuntimeError(f"a process of blurmap does not start (exit status {self.exit_status()})") from None
        if problem:
            raise problem
        self._ready = True

    def _send(self, item: object) -> None:
        pipe = _open(self._process.stdin)
        pickle.dump(item, pipe)
        pipe.flush()


def answer_parent(module: str, name: str) -> None:
    """The child's side: arguments of the function first, then a question at a time until the input ends."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    try:
        answer = getattr(import_module(module), name)(*pickle.load(questions))
    except Exception as error:
        _send(answers, error)
        return
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent has no more questions, or is gone
        _send(answers, None)
        for stream in (1, 2):  # decoders write there and name no file; what is wrong is raised
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        while True:
            _send(answers, answer(*pickle.load(questions)))


def _end_with_parent(parent: int) -> None:
    """End this process, in the middle of an answer, once its parent is gone: killed, it cannot end its children."""
    while os.getppid() == parent:
        time.sleep(PATIENCE)
    os._exit(1)


def _send(pipe: IO[bytes], answer: object) -> None:
    pickle.dump(answer, pipe, protocol=5)
    pipe.flush()


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # both are pipes: see Popen above
    return pipe
