"""How large a photo may be: told by its header, before anything of it is decoded."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from blurmap.errors import PhotoError, PhotoTooLarge

MAX_PIXELS = 150_000_000  # the largest cameras made have about as many; SECURITY.md says what memory they take
BYTES = 16  # a pixel, of any number of channels: four of 32 bits
PIECE, SMALL_PIECE = 3, 64_000_000  # bytes of a strip or tile, a pixel of the largest photo; what is always allowed

# tags of TIFF
WIDTH, LENGTH, BITS, COMPRESSION, SAMPLES, ROWS, DEPTH = 256, 257, 258, 259, 277, 278, 32997
TILE_WIDTH, TILE_LENGTH, TILE_DEPTH, STRIP_COUNTS, TILE_COUNTS = 322, 323, 32998, 279, 325
PLAIN = 1  # compression


def check_size(width: int, height: int, name: str, largest: int) -> None:
    """Refuse a photo of more pixels than ``largest``, or of none."""
    if width * height > largest:
        raise PhotoTooLarge(too_large(name, width * height, largest))
    if width * height == 0:
        raise PhotoError(f"{name}: has no pixels")


def check_bytes(count: int, name: str, largest: int) -> None:
    """Refuse what would take more memory, or time, once decoded, than photos of ``largest`` pixels do."""
    if count > largest * BYTES:
        raise PhotoTooLarge(
            f"{name}: takes {count / 1e6:.0f} MB when it is decoded, more than the {largest * BYTES / 1e6:.0f} MB that "
            "are allowed; make it smaller first, or store fewer bits or channels"
        )


def check_tiff(told: Mapping[int, Any], name: str, largest: int) -> None:
    """Refuse a TIFF by the tags of its directory: too many pixels, or bytes, or too many bytes in one piece."""
    bits, samples = np.max(told.get(BITS, 1)), int(told.get(SAMPLES, 1))
    layers = int(told.get(DEPTH, 1))
    width, length = int(told[WIDTH]), int(told[LENGTH])
    check_size(width, length, name, largest)
    if layers > 1:
        raise PhotoError(f"{name}: holds {layers} layers of a volume, not a photo; save one layer by itself")
    each = samples * max(int(bits), 8) // 8  # bytes of a pixel
    check_bytes(width * length * each, name, largest)
    check_bytes(int(np.sum(told.get(TILE_COUNTS, told.get(STRIP_COUNTS, 0)), dtype=float)), name, largest)
    if TILE_WIDTH in told:
        piece = int(told[TILE_WIDTH]) * int(told[TILE_LENGTH]) * int(told.get(TILE_DEPTH, 1))
    elif told.get(COMPRESSION, PLAIN) == PLAIN and bits in (8, 16, 32, 64):
        return  # read by rows
    else:
        piece = width * min(int(told.get(ROWS, length)), length)
    if piece * each > max(largest * PIECE, SMALL_PIECE):
        raise PhotoTooLarge(
            f"{name}: its pixels are packed in pieces of {piece * each / 1e6:.0f} MB, more than the "
            f"{largest * PIECE / 1e6:.0f} MB that are allowed; write it anew in smaller strips or tiles"
        )


def too_large(name: str, pixels: int | None = None, largest: int = MAX_PIXELS) -> str:
    size = f"{pixels / 1e6:.0f} megapixels, " if pixels else ""
    return f"{name}: {size}more than the {largest / 1e6:g} megapixels that are allowed; make it smaller first"
