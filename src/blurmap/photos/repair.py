"""Photos all of whose pixels are there, though Pillow refuses their files for something else in them."""

import contextlib
import io
import struct

import numpy as np
from PIL import Image

WAITING = 24  # rows of a JPEG that wait for its end marker: one of blocks, and what its neighbour needs of it


def without_ancillary(content: bytes) -> bytes:
    """A PNG without what is no pixels, colour or transparency: texts, profiles and EXIF that cannot be read."""
    kept, place = [content[:8]], 8
    while place + 12 <= len(content):
        length = struct.unpack(">I", content[place : place + 4])[0]
        kind = content[place + 4 : place + 8]
        if kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            kept.append(content[place : place + 12 + length])
        place += 12 + length
    if not kept[-1].endswith(b"IEND\xaeB`\x82"):
        kept.append(b"\0\0\0\0IEND\xaeB`\x82")
    return b"".join(kept)


def with_one_association(content: bytes) -> bytes:
    """An AVIF whose boxes ``ipma`` are one: older programs wrote one for each item, which libavif refuses."""
    start = content.find(b"ipma") - 4
    if start < 0:
        return content
    heads, entries, place, count = content[start + 4 : start + 12], b"", start, 0
    while content[place + 4 : place + 12] == heads:  # of one version
        size = struct.unpack(">I", content[place : place + 4])[0]
        if size < 16 or place + size > len(content):
            return content
        count += struct.unpack(">I", content[place + 12 : place + 16])[0]
        entries += content[place + 16 : place + size]
        place += size
    box = struct.pack(">I", place - start) + heads + struct.pack(">I", count) + entries
    return content[:start] + box.ljust(place - start, b"\0") + content[place:]


def rows_there(content: bytes) -> tuple[Image.Image, float]:
    """A JPEG that ends before its end marker: as far as it goes, and the share of its rows that are there.

    Of a progressive one, which goes over its rows several times, none is there for sure.
    """
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as cut:
        with contextlib.suppress(OSError):  # what was decoded before is there, black is what was not
            cut.load()
        decoded = np.asarray(Image.Image.convert(_loaded(cut), "L"))
    whole = Image.open(io.BytesIO(content + b"\xff\xd9"), formats=["JPEG"])
    whole.load()
    there = np.flatnonzero(decoded.any(axis=1))
    filled_rows = np.flatnonzero(np.asarray(whole.convert("L")).any(axis=1))
    if not len(filled_rows):
        return whole, 1.0
    last = int(there[-1]) + 1 if len(there) else 0
    missing = int(filled_rows[-1]) + 1 - last
    return whole, 1.0 if missing <= WAITING else last / whole.height


def _loaded(image: Image.Image) -> Image.Image:
    """The pixels that are there, without another try to decode them."""
    there = Image.new(image.mode, image.size)
    there.im.paste(image.im, (0, 0, *image.size))
    return there
