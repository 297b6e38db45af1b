"""Files written whole or not at all: to a temporary name in the same folder, then moved; never over a file unasked.

What a kill leaves of a temporary file is removed by the next run that writes into its folder.
"""

import contextlib
import csv
import errno
import filecmp
import functools
import io
import json
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TEMPORARY = ".blurmap-part"  # ending of temporary files
LONGEST = 150  # bytes of a file's own name that its temporary name holds; systems allow 255 in all
# How cells begin that spreadsheets run; also behind apostrophes, so that one that was put there can be told.
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
OLD = 60.0  # seconds after which a temporary file that nobody holds was left by a kill


def write_image(picture: NDArray[np.uint8], path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a picture (H x W grey, H x W x 3 RGB or H x W x 4 RGBA uint8) in the format of the path's ending.

    Raises
    ------
    FileExistsError
        If the file is there and ``overwrite`` is false.
    ValueError
        If the ending is that of no image format, or of one that cannot hold the picture.
    """
    path = Path(path)
    if not path.suffix:
        path = path.with_suffix(".png")
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind is None or kind not in Image.SAVE:
        raise ValueError(f"{path}: {path.suffix} is not an image format that can be written; use .png")
    image = Image.fromarray(picture)
    if image.mode == "RGBA" and kind in ("JPEG", "BMP"):
        raise ValueError(f"{path}: {kind} has no transparency; use .png")
    options = {"PNG": {"compress_level": 1}, "JPEG": {"quality": 90}}.get(kind, {})
    return write_file(path, lambda file: image.save(file, kind, **options), overwrite=overwrite)


def write_text(path: Path, text: str, *, overwrite: bool = False) -> Path:
    """Write text as UTF-8, see ``write_file``."""
    return write_bytes(path, text.encode(), overwrite=overwrite)


def write_bytes(path: Path, content: bytes, *, overwrite: bool = False) -> Path:
    """Write a file's content, see ``write_file``."""
    return write_file(path, lambda file: file.write(content), overwrite=overwrite)


def write_csv(path: Path, columns: Iterable[str], rows: Iterable[dict[str, Any]], *, overwrite: bool = False) -> Path:
    """Write rows as CSV, a line of column names first; what is not known (None) is empty, a list is written as JSON.

    Text that a spreadsheet would take for a formula has an apostrophe before it, which ``text_of_cell`` takes away.
    """
    text, columns = io.StringIO(newline=""), list(columns)
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return write_text(path, text.getvalue(), overwrite=overwrite)


def _cell(value: Any) -> Any:
    if isinstance(value, str) and FORMULA.match(value):
        return "'" + value
    return "" if value is None else json.dumps(value) if isinstance(value, list) else value


def text_of_cell(text: str) -> str:
    """The text that ``write_csv`` wrote into a cell."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def write_file(path: Path, write: Callable[[IO[bytes]], object], *, overwrite: bool = False) -> Path:
    """Call ``write`` with a temporary binary file beside ``path``, then move it there.

    A file that is replaced keeps its mode, and a link to it stays a link.

    Raises
    ------
    FileExistsError
        If the file is there and ``overwrite`` is false.
    PermissionError
        If it is there and may only be read.
    """
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} is there already")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _temporary_for(Path(os.path.realpath(path))) as (file, temporary, real):
        write(file)
        _close(file)
        temporary.chmod(_mode(real))
        os.replace(temporary, real)
    return path


def copy_file(source: Path, target: Path) -> None:
    """Copy a file whole or not at all; one that is at ``target`` is not replaced. It is on the disk when this returns.

    Raises
    ------
    FileExistsError
        If ``target`` is there.
    """
    if os.path.lexists(target):
        raise FileExistsError(f"{target} is there already")
    with source.open("rb") as content, _temporary_for(target) as (file, temporary, _):
        shutil.copyfileobj(content, file, 1 << 20)
        _close(file)
        shutil.copystat(source, temporary)
        try:
            os.link(temporary, target)  # fails where the target exists, which a rename would replace
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            if os.path.lexists(target):
                raise FileExistsError(f"{target} is there already") from None
            temporary.rename(target)
    sync_folder(target.parent)


def same_content(one: Path, other: Path) -> bool:
    """Whether two regular files, of which neither is a link, hold the same bytes."""
    regular = all(os.path.lexists(path) and stat.S_ISREG(path.lstat().st_mode) for path in (one, other))
    return regular and filecmp.cmp(one, other, shallow=False)


def open_regular(path: str | Path) -> IO[bytes]:
    """Open a file to read; what is none, such as a pipe, which would hold the reader, or a device without end, is not.

    Raises
    ------
    OSError
        If it cannot be opened, or is no regular file.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    # a pipe that nobody writes into would hold even the opening
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "is not a regular file", os.fspath(path))
    return os.fdopen(handle, "rb")


def sync_folder(folder: Path) -> None:
    """Put a folder's list of names on the disk, where the system can."""
    with contextlib.suppress(OSError):  # Windows, and some network disks, cannot
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed runs left of temporary files in a folder; what another run is writing stays."""
    with contextlib.suppress(OSError):  # a folder that cannot be read or written has its own error later
        for entry in os.scandir(folder):
            if entry.name.endswith(TEMPORARY) and entry.stat().st_mtime < time.time() - OLD:
                with contextlib.suppress(OSError):
                    with open(entry.path, "rb") as file:
                        abandoned = _locked(file)
                    if abandoned:
                        os.unlink(entry.path)


_remove_leftovers_once = functools.cache(remove_leftovers)  # a folder of 10,000 photos is listed once


@contextlib.contextmanager
def _temporary_for(path: Path) -> Iterator[tuple[IO[bytes], Path, Path]]:
    """A file beside ``path``, locked while it is written; its name, and ``path``. It is removed if it stays there."""
    _remove_leftovers_once(path.parent)
    own = path.name.encode(errors="surrogateescape")[:LONGEST].decode(errors="ignore")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{own}.", suffix=TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as file:
            _locked(file)
            yield file, Path(name), path
    finally:
        Path(name).unlink(missing_ok=True)


def _close(file: IO[bytes]) -> None:
    """Put all of a file on the disk, and close it: open files cannot be renamed everywhere."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


def _locked(file: IO[bytes]) -> bool:
    """Lock a file for this process; False where another has it. Where there are no such locks, open files are held."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network disk without locks: leave what is there
        return False
    return True


def _mode(path: Path) -> int:
    """The mode of the file that is there, else that of a new one (``mkstemp`` makes files only for their owner)."""
    if path.exists():
        mode = stat.S_IMODE(path.stat().st_mode)
        if not mode & 0o222:
            raise PermissionError(f"{path}: may only be read, and is left as it is")
        return mode
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
