"""Large pictures of photos that browsers do not show (RAW, HEIC, TIFF, JPEG XL), kept in ``TABLE.pictures``.

They are files and not in the store, since the report's page shows them from where they lie: 5,000 RAWs take some
900 MB, which nobody wants a second time in the page.
"""

import contextlib
import hashlib
from collections.abc import Iterable
from pathlib import Path

from blurmap.fields import Row
from blurmap.files import write_bytes
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit
from blurmap.photos.sources import PICTURE_ENDING
from blurmap.scanning.previews import QUALITIES, jpeg

SIDE = 2048  # pixels, long side
MOST = 250_000  # bytes; about 180,000 of most photos
BROWSERS_SHOW = frozenset({"JPEG", "MPO", "PNG", "WEBP", "GIF", "AVIF", "BMP"})  # formats, as tables name them


def pictures_folder(table: Path) -> Path:
    return table.with_name(table.name + ".pictures")


def picture_path(folder: Path, path: str) -> Path:
    """Where a photo's large picture is kept, under a name that fits any system whatever the photo is called."""
    return folder / f"{hashlib.sha256(path.encode()).hexdigest()[:24]}{PICTURE_ENDING}"


def wants_picture(row: Row) -> bool:
    """Whether browsers do not show this photo."""
    return not row["error"] and row["format"] is not None and row["format"] not in BROWSERS_SHOW


def make_picture(photo: Pyramid) -> bytes:
    """JPEG of the photo, its long side at most ``SIDE``; of at most ``MOST`` bytes, but for photos of noise."""
    return jpeg(photo.picture(fit(photo.shape, SIDE)), MOST, (*QUALITIES, 40, 25))


def keep_picture(photo: Pyramid, path: Path) -> str | None:
    """Write the large picture; what is wrong with that is said, and costs the photo no answer."""
    try:
        write_bytes(path, make_picture(photo), overwrite=True)
    except OSError as error:
        remove_pictures([path])  # it may be of the photo as it was before
        return f"{path}: the large picture is not written ({(error.strerror or str(error)).lower()})"
    return None


def remove_pictures(paths: Iterable[Path]) -> None:
    """Remove large pictures of photos that are gone, and their folder where it is empty then."""
    folders = set()
    for path in paths:
        with contextlib.suppress(OSError):  # one that stays is only not needed
            path.unlink()
            folders.add(path.parent)
    for folder in folders:
        with contextlib.suppress(OSError):  # others are in it
            folder.rmdir()
