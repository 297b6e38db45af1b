"""Large pictures of photos that browsers do not show (RAW, HEIC, TIFF, JPEG XL), kept in ``TABLE.pictures``.

They are files and not in the store, since the report's page shows them from where they lie: 5,000 RAWs take some
900 MB, which nobody wants a second time in the page.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from blurmap.errors import in_words
from blurmap.fields import Row
from blurmap.files import remove_leftovers, write_bytes
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit
from blurmap.photos.sources import PICTURE_ENDING
from blurmap.scanning.previews import QUALITIES, jpeg

SIDE = 2048  # pixels, long side
SIDES = (SIDE, 1448, 1024, 724)  # smaller of photos full of grain, whose JPEG would show its own blocks
MOST = 250_000  # bytes; about 180,000 of most photos
BROWSERS_SHOW = frozenset({"JPEG", "MPO", "PNG", "WEBP", "GIF", "AVIF", "BMP"})  # formats, as tables name them
NAME = re.compile("[0-9a-f]{24}" + re.escape(PICTURE_ENDING))


def pictures_folder(table: Path) -> Path:
    return table.with_name(table.name + ".pictures")


def picture_path(folder: Path, row: Row) -> Path:
    """Where the large picture of a row's photo is kept.

    The name fits any system whatever the photo is called, and is another one once the photo has changed: no page shows
    the new photo beside what was said of the old one.
    """
    photo = json.dumps([row["path"], row["bytes"], row["mtime"]])
    return folder / f"{hashlib.sha256(photo.encode()).hexdigest()[:24]}{PICTURE_ENDING}"


def wants_picture(row: Row) -> bool:
    """Whether browsers do not show this photo."""
    return not row["error"] and row["format"] is not None and row["format"] not in BROWSERS_SHOW


def kept_picture(row: Row, folder: Path) -> Path | None:
    """The large picture of a row's photo; None where none is wanted, or kept. A link is not taken for one."""
    path = picture_path(folder, row)
    return path if wants_picture(row) and path.is_file() and not path.is_symlink() else None


def make_picture(photo: Pyramid) -> bytes:
    """JPEG of the photo, its long side at most ``SIDE``, of at most ``MOST`` bytes."""
    for side in SIDES:
        content = jpeg(photo.picture(fit(photo.shape, side)), MOST, (*QUALITIES, 40, 25))
        if len(content) <= MOST:
            break
    return content


def keep_picture(photo: Pyramid, path: Path) -> str | None:
    """Write the large picture; what is wrong with that is said, and costs the photo no answer."""
    try:
        path.unlink(missing_ok=True)  # if it were a link, what it leads to would be written over
        write_bytes(path, make_picture(photo))
    except OSError as error:
        return f"{path}: the large picture is not written ({in_words(error).lower()})"
    return None


def remove_other_pictures(folder: Path, rows: Iterable[Row]) -> None:
    """Remove the large pictures of photos that are gone or have changed, and the folder once nothing is in it.

    The whole folder is looked through: a scan that was killed may have left what no table knows.
    """
    if not folder.is_dir():
        return
    wanted = {picture_path(folder, row).name for row in rows if wants_picture(row)}
    remove_leftovers(folder)
    for path in list(folder.iterdir()):
        if NAME.fullmatch(path.name) and path.name not in wanted:
            with contextlib.suppress(OSError):  # one that stays is only not needed
                path.unlink()
    with contextlib.suppress(OSError):  # others are in it
        folder.rmdir()
