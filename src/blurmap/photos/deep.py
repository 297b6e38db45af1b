"""JPEG XL and PNGs of 16 bits, by imagecodecs, an extra. What it gives is checked against what the header says."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.errors import PhotoError
from blurmap.photos.depth import black_and_white, scaled
from blurmap.photos.jxl_header import check_jxl
from blurmap.photos.limits import check_size
from blurmap.photos.rgb import STRIP

JXL_STARTS = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # modes by their number of samples


def is_jxl(head: bytes) -> bool:
    return head.startswith(JXL_STARTS)


def jxl(content: bytes, name: str, largest: int) -> Image.Image:
    """A JPEG XL photo, upright; the first frame of several."""
    try:
        import imagecodecs
    except ImportError:
        raise PhotoError(f"{name}: is a JPEG XL photo: install blurmap with its extra 'tiff' to read it") from None
    check_jxl(content, name, largest)
    return _image(imagecodecs.jpegxl_decode(content, index=0))


def deep_png(content: bytes, name: str, largest: int) -> Image.Image | None:
    """A PNG of 16 bits; None where imagecodecs is not installed: Pillow takes the upper 8 bits."""
    try:
        import imagecodecs
    except ImportError:
        return None
    width, height = struct.unpack(">II", content[16:24])
    check_size(width, height, name, largest)
    pixels = imagecodecs.png_decode(content)
    return _image(pixels, _significant(content)) if pixels.shape[:2] == (height, width) else None


def _image(pixels: NDArray[Any], white: float | None = None) -> Image.Image:
    """An image of grey or RGB, with transparency or without, of 8 bits.

    It is made from the last row to the first, and ``pixels`` gives back its memory on the way: both at once would take
    twice as much.
    """
    if pixels.ndim == 2:
        if pixels.flags.owndata:
            pixels.resize((*pixels.shape, 1), refcheck=False)
        else:
            pixels = pixels[..., None]
    height, width, samples = pixels.shape
    colours = 3 if samples >= 3 else 1
    bands = min(samples, colours + 1)
    mode, rows = MODES[bands], max(STRIP // width, 1)
    tops = range(0, height, rows)
    edges = black_and_white((pixels[top : top + rows, :, :colours] for top in tops), grey=colours == 1, white=white)
    full = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
    result = Image.new(mode, (width, height), None)
    for top in reversed(tops):
        parts = [scaled(pixels[top:, :, band], *edges) for band in range(colours)]
        parts += [scaled(pixels[top:, :, band], 0.0, full) for band in range(colours, bands)]
        result.paste(Image.fromarray(np.dstack(parts) if bands > 1 else parts[0]), (0, top))
        if pixels.flags.owndata:
            pixels.resize((top, width, samples), refcheck=False)
    return result


def _significant(content: bytes) -> float | None:
    """The largest value by the chunk ``sBIT`` of a PNG."""
    place = content.find(b"sBIT", 8, 4096)
    if place < 0:
        return None
    bits = content[place + 4]
    # values are scaled up to all 16 bits, says the standard; cameras of science write them as they are
    return None if not 8 < bits < 16 else float(2**bits - 1)
