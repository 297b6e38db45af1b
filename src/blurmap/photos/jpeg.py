"""How often a JPEG goes over its pixels: scans counted by its markers, before anything is decoded."""

import re
from collections.abc import Mapping
from typing import IO, Any

from PIL import Image

from blurmap.errors import PhotoTooLarge

MOST_SCANS, MOST_SCANNED = 20, 3_000_000_000  # and pixels in all of them; cameras go over a photo ten times at most
MARKER = re.compile(rb"\xff+([^\x00\xff])")  # filling bytes may stand before it
SCAN, END = 0xDA, 0xD9
ALONE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})  # markers without a segment; those of restarts lie within a scan
# of TIFF
COMPRESSION, OFFSETS, COUNTS, TILE_OFFSETS, TILE_COUNTS = 259, 273, 279, 324, 325
JPEG = (6, 7, 34892, 33007)  # kinds of compression


def check_scans(file: IO[bytes], image: Image.Image, name: str) -> None:
    """Refuse a JPEG, or a TIFF of JPEGs, that goes over its pixels hundreds of times."""
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    if image.format not in ("JPEG", "MPO") and tags.get(COMPRESSION) not in JPEG:
        return
    place = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(place)
    if image.format == "TIFF":
        starts, sizes = tags.get(TILE_OFFSETS, tags.get(OFFSETS)), tags.get(TILE_COUNTS, tags.get(COUNTS))
        pieces = zip(_several(starts), _several(sizes), strict=False)
        counts = [scans(content[start : start + size]) for start, size in pieces]
    else:
        counts = [scans(content)]
    most, megapixels = max(counts, default=0), image.width * image.height / 1e6
    if most > MOST_SCANS and most * megapixels * 1e6 > MOST_SCANNED:
        raise PhotoTooLarge(f"{name}: goes over its {megapixels:.0f} megapixels {most} times")


def scans(content: bytes) -> int:
    """Scans of a JPEG, up to its end: what a camera appends, such as a video, is none of it."""
    count = place = 0
    while found := MARKER.search(content, place):
        kind, place = found[1][0], found.end()
        if kind == END:
            break
        if kind not in ALONE:
            count += kind == SCAN
            place += int.from_bytes(content[place : place + 2], "big")
    return count


def without_filling(content: bytes) -> bytes:
    """A JPEG without what may lie between the segments of its head: libjpeg passes over it, Pillow does not."""
    kept, place = [content[:2]], 2
    while found := MARKER.search(content, place):
        kind, place = found[1][0], found.end()
        if kind in ALONE:
            continue
        if kind in (SCAN, END):
            kept.append(b"\xff" + content[place - 1 :])
            break
        end = place + int.from_bytes(content[place : place + 2], "big")
        kept.append(b"\xff" + content[place - 1 : end])
        place = end
    return b"".join(kept)


def _several(value: Any) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)
