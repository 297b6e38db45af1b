"""The pixels of a TIFF's page by tifffile, a few megapixels at a time, brought to 8 bits.

tifffile and what it decodes with, imagecodecs, are an extra.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.errors import PhotoError
from blurmap.photos.depth import black_and_white, scaled
from blurmap.photos.rgb import STRIP

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, INKS, CIELAB = 0, 1, 2, 3, 5, 8  # photometric interpretations
MODES = {WHITE_IS_ZERO: "L", BLACK_IS_ZERO: "L", RGB: "RGB", PALETTE: "P", INKS: "CMYK", CIELAB: "LAB"}
ORIENTATION, LARGEST_VALUE, COLOURS, INK_SET = 274, 281, 320, 332  # tags
ALPHA = (1, 2)  # kinds of extra samples
SEPARATE = 2  # planar configuration
WRONG_SIGN = 0x80  # of the colours of CIELAB, which Pillow keeps without


class Piece(NamedTuple):
    """Some rows of a strip or tile: their place, and values H x W x samples; of one sample where samples lie apart."""

    plane: int
    top: int
    left: int
    values: NDArray[Any]


def lying(told: dict[int, Any]) -> int:
    orientation = told.get(ORIENTATION, 1)
    return orientation if isinstance(orientation, int) else 1


def is_readable(page: Any, told: dict[int, Any]) -> bool:
    """Whether ``read_page`` knows what the samples of a page mean."""
    if page.dtype is None or page.dtype.kind not in "uif" or page.photometric not in MODES or page.is_subsampled:
        return False
    mode = MODES[page.photometric]
    if mode == "P":
        return page.dtype.kind == "u" and COLOURS in told
    if mode == "LAB" and page.dtype not in (np.uint8, np.int8, np.uint16, np.int16):
        return False
    return page.samplesperpixel >= Image.getmodebands(mode) and told.get(INK_SET, 1) == 1


def read_page(page: Any, told: dict[int, Any], name: str) -> Image.Image:
    """A page's pixels, of 8 bits: grey, RGB, CMYK or CIELAB, with transparency or without, as it lies."""
    mode = MODES[page.photometric]
    if mode == "P":
        return _coloured(page, told, name)
    count = Image.getmodebands(mode)
    if mode in ("L", "RGB") and page.samplesperpixel > count and int((page.extrasamples or (0,))[0]) in ALPHA:
        mode += "A"
    if mode == "LAB":
        edges = 0.0, 255.0 if page.dtype.itemsize == 1 else 65535.0
    else:
        colour = (
            piece.values[..., : 1 if _apart(page) else count] for piece in _pieces(page, name) if piece.plane < count
        )
        edges = black_and_white(colour, grey=count == 1, white=_white(page, told))

    def band(values: NDArray[Any], number: int) -> Image.Image:
        if mode == "LAB" and number:
            high = (values >> 8 * (values.dtype.itemsize - 1)).astype(np.uint8)
            return Image.fromarray(high ^ np.uint8(WRONG_SIGN))
        if number == count:  # transparency
            full = 1.0 if values.dtype.kind == "f" else float(_white(page, {}) or np.iinfo(values.dtype).max)
            return Image.fromarray(scaled(values, 0.0, full))
        shades = scaled(values, *edges)
        return Image.fromarray(255 - shades if page.photometric == WHITE_IS_ZERO else shades)

    bands = Image.getmodebands(mode)
    size = page.imagewidth, page.imagelength
    if _apart(page):
        planes = [Image.new("L", size) for _ in range(bands)]
        for piece in _pieces(page, name):
            if piece.plane >= bands:
                break
            planes[piece.plane].paste(band(piece.values[..., 0], piece.plane), (piece.left, piece.top))
        return Image.merge(mode, planes) if bands > 1 else planes[0]
    result = Image.new(mode, size)
    for piece in _pieces(page, name):
        parts = [band(np.ascontiguousarray(piece.values[..., number]), number) for number in range(bands)]
        result.paste(Image.merge(mode, parts) if bands > 1 else parts[0], (piece.left, piece.top))
    return result


def _coloured(page: Any, told: dict[int, Any], name: str) -> Image.Image:
    """A page of numbers of colours."""
    colours = np.asarray(told[COLOURS]).reshape(3, -1)
    table = (colours >> 8 if colours.max() > 255 else colours).astype(np.uint8).T
    result = Image.new("RGB", (page.imagewidth, page.imagelength))
    for piece in _pieces(page, name):
        numbers = np.minimum(piece.values[..., 0], len(table) - 1)
        result.paste(Image.fromarray(table[numbers]), (piece.left, piece.top))
    return result


def _pieces(page: Any, name: str) -> Iterator[Piece]:
    """All pixels of a page, in pieces of a few megapixels."""
    width, length = page.imagewidth, page.imagelength
    samples = 1 if _apart(page) else page.samplesperpixel
    rows = max(STRIP // width, 1)
    if (
        page.is_final and not page.is_tiled
    ):  # one after the other, as they are: of one strip no more is read than needed
        file, kind = page.parent.filehandle, np.dtype(page.dtype).newbyteorder(page.parent.byteorder)
        for plane in range(page.samplesperpixel // samples):
            for top in range(0, length, rows):
                count = min(rows, length - top)
                file.seek(page.dataoffsets[0] + (plane * length + top) * width * samples * kind.itemsize)
                content = file.read(count * width * samples * kind.itemsize)
                if len(content) < count * width * samples * kind.itemsize:
                    raise PhotoError(
                        f"{name}: is damaged or cut off: {int(100 * top / length)} % of its rows are there"
                    )
                values = np.frombuffer(content, kind).astype(page.dtype, copy=False)
                yield Piece(plane, top, 0, values.reshape(count, width, samples))
        return
    if len(page.dataoffsets) < np.prod(page.chunked):
        raise PhotoError(f"{name}: is damaged or cut off: it lacks strips or tiles that it tells of")
    for data, (plane, _, top, left, _), shape in page.segments(maxworkers=1, buffersize=1):
        high, wide = min(shape[1], length - top), min(shape[2], width - left)
        values = np.zeros(shape, page.dtype)[0] if data is None else data[0]
        if values.shape[0] < high or values.shape[1] < wide:
            raise PhotoError(f"{name}: is damaged or cut off: a strip or tile has fewer pixels than it tells")
        for row in range(0, high, rows):
            yield Piece(plane, top + row, left, values[row : min(row + rows, high), :wide])


def _apart(page: Any) -> bool:
    return bool(page.planarconfig == SEPARATE and page.samplesperpixel > 1)


def _white(page: Any, told: dict[int, Any]) -> float | None:
    """The largest value, where a tag says it, or an odd number of bits per sample (10, 12, 14, 24; 2, 4, 6)."""
    largest = told.get(LARGEST_VALUE)
    if largest is not None and np.max(largest) > 255:
        return float(np.max(largest))
    bits = page.bitspersample
    return float(2**bits - 1) if page.dtype.kind == "u" and bits not in (16, 32) else None
