"""Files written whole or not at all: to a temporary name in the same folder, then moved; never over a file unasked."""

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


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
    """Write rows as CSV, a line of column names first; what is not known (None) is empty, a list is written as JSON."""
    text, columns = io.StringIO(newline=""), list(columns)
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        cells = [row.get(name) for name in columns]
        writer.writerow(["" if c is None else json.dumps(c) if isinstance(c, list) else c for c in cells])
    return write_text(path, text.getvalue(), overwrite=overwrite)


def write_file(path: Path, write: Callable[[IO[bytes]], object], *, overwrite: bool = False) -> Path:
    """Call ``write`` with a temporary binary file beside ``path``, then move it there."""
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} is there already")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)  # mkstemp makes files that only their owner can read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def move_file(source: Path, target: Path) -> None:
    """Move a file; one that has come to ``target`` meanwhile is not replaced.

    Raises
    ------
    FileExistsError
        If ``target`` is there.
    """
    try:
        os.link(source, target)  # fails where the target exists, which a rename would replace
        source.unlink()
    except FileExistsError:
        raise
    except OSError:  # another disk, or a file system without links
        copy_file(source, target)
        source.unlink()


def copy_file(source: Path, target: Path) -> None:
    """Copy a file whole or not at all; one that is at ``target`` is not replaced.

    Raises
    ------
    FileExistsError
        If ``target`` is there.
    """
    with target.open("xb") as out:
        try:
            with source.open("rb") as content:
                shutil.copyfileobj(content, out)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    shutil.copystat(source, target)
