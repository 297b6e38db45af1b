"""One run at a time files into a folder or takes back from it: a lock there, which the system lifts when a run ends."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from blurmap.photos.names import written

LOCK = ".blurmap-undo.lock"


@contextlib.contextmanager
def locked(folders: Iterable[Path], tell: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Hold the locks of folders; another run that holds one is waited for, and ``tell`` is told so.

    Folders that are not there, or may not be written to, have no lock: nothing can be moved into them or out of them.

    Raises
    ------
    FileExistsError
        If a link, or what is no file, stands where a lock is to be.
    """
    with contextlib.ExitStack() as held:
        # in one order, so that no two runs wait for each other
        for folder in sorted({Path(os.path.realpath(folder)) for folder in folders}):
            path = folder / LOCK
            if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
                raise FileExistsError(f"{written(path)}: is no lock of blurmap; take it away")
            if os.access(folder, os.W_OK):
                lock = FileLock(path)
                try:
                    lock.acquire(timeout=0)
                except Timeout:
                    tell(f"waiting for another run that files into {written(folder)} or takes back from it")
                    lock.acquire()
                except NotImplementedError:  # a network disk without locks
                    continue
                held.callback(lock.release)
        yield
