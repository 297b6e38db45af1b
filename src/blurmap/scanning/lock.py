"""One scan per table: a lock beside it, ``.TABLE.lock``, which the system lifts when its holder ends in any way."""

import contextlib
import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from blurmap.errors import TableError


@contextlib.contextmanager
def locked(table: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a table.

    Parameters
    ----------
    table : Path
    wait : bool
        Wait for another scan to end; else it is an error.

    Raises
    ------
    TableError
        If another scan holds it.
    """
    real = Path(os.path.realpath(table))
    real.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(real.with_name(f".{real.name}.lock"))
    holder = real.with_name(f".{real.name}.lock.holder")
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise TableError(
            f"{table}: another scan writes it{_told(holder)}; give --wait to go on after it, or another --out"
        ) from None
    try:
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        with contextlib.suppress(OSError):  # it only tells people who it is
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()}, since {started}", encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            holder.unlink()
        lock.release()


def _told(holder: Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        return f" ({holder.read_text(encoding='utf-8')[:200]})"
    return ""
