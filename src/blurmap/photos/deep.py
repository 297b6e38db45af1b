"""Files that Pillow does not read, or not with all their bits: TIFF by tifffile, JPEG XL and 16-bit PNG by imagecodecs.

Both are extras. What they give is checked against what the header says.
"""

import struct
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.errors import PhotoError
from blurmap.photos.arrays import from_array
from blurmap.photos.depth import eight_bits

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
JXL_STARTS = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2  # photometric interpretations that are read here
LARGEST_VALUE, PLANAR = 281, 284  # tags
ALPHA = (1, 2)  # kinds of extra samples


def is_jxl(head: bytes) -> bool:
    return head.startswith(JXL_STARTS)


def jxl(content: bytes, name: str, check_size: Any) -> Image.Image:
    """A JPEG XL photo, upright."""
    try:
        import imagecodecs
    except ImportError:
        raise PhotoError(f"{name}: is a JPEG XL photo: install blurmap with its extra 'tiff' to read it") from None
    pixels = imagecodecs.jpegxl_decode(content)
    check_size(pixels.shape[1], pixels.shape[0])
    return _decoded(pixels)


def deep_tiff(file: IO[bytes], name: str, check_size: Any) -> tuple[Image.Image, int] | None:
    """A TIFF of grey or RGB with more than 8 bits, or in planes, and its orientation; None: Pillow is to read it.

    Raises
    ------
    PhotoError
        If only tifffile reads it, and that is not installed.
    """
    file.seek(0)
    head = file.read(8)
    if not head.startswith(TIFF_STARTS):
        return None
    try:
        import tifffile
    except ImportError:
        _refuse_without_tifffile(file, name, head)
        return None
    file.seek(0)
    with tifffile.TiffFile(file, name=name) as tiff:
        page: Any = tiff.pages.first
        tags = {tag.code: tag.value for tag in page.tags}
        plain = page.bitspersample == 8 and page.planarconfig != 2 and head[2:3] == b"*" and page.dtype == np.uint8
        if plain or page.photometric not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB) or page.dtype is None:
            return None
        if page.bitspersample < 8:
            return None
        check_size(page.imagewidth, page.imagelength)
        pixels = page.asarray()
        axes = page.axes
    if "S" in axes:
        pixels = np.moveaxis(pixels, axes.index("S"), -1)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape[:2] != (page.imagelength, page.imagewidth):
        raise PhotoError(
            f"{name}: holds {pixels.shape} values, not the {page.imagewidth} x {page.imagelength} it tells"
        )
    samples = 3 if page.photometric == RGB else 1
    has_alpha = pixels.shape[2] > samples and tuple(page.extrasamples[:1]) and int(page.extrasamples[0]) in ALPHA
    largest = tags.get(LARGEST_VALUE)
    white = float(np.max(largest)) if largest is not None and np.max(largest) > 255 else _white_of(page)
    colour = eight_bits(pixels[..., :samples], white)
    if page.photometric == WHITE_IS_ZERO:
        colour = 255 - colour
    alpha = pixels[..., samples : samples + 1] if has_alpha else None
    orientation = tags.get(274, 1)
    return _image(colour, alpha), int(orientation) if isinstance(orientation, int) else 1


def deep_png(content: bytes, check_size: Any) -> Image.Image | None:
    """A PNG of 16 bits; None where imagecodecs is not installed: Pillow takes the upper 8 bits."""
    try:
        import imagecodecs
    except ImportError:
        return None
    width, height = struct.unpack(">II", content[16:24])
    check_size(width, height)
    pixels = imagecodecs.png_decode(content)
    if pixels.shape[:2] != (height, width):
        return None
    return _decoded(pixels, _significant(content))


def _decoded(pixels: NDArray[Any], white: float | None = None) -> Image.Image:
    """An image of grey or RGB, with transparency or without."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    samples = 3 if pixels.shape[2] >= 3 else 1
    alpha = pixels[..., samples : samples + 1] if pixels.shape[2] > samples else None
    return _image(eight_bits(pixels[..., :samples], white), alpha)


def _image(colour: NDArray[np.uint8], alpha: NDArray[Any] | None) -> Image.Image:
    """RGB of H x W x 1 or 3 uint8, before white where transparency of any type, H x W x 1, lets it through."""
    if alpha is not None:
        full = 1.0 if alpha.dtype.kind == "f" else float(np.iinfo(alpha.dtype).max)
        colour = np.concatenate([np.broadcast_to(colour, (*colour.shape[:2], 3)), eight_bits(alpha, full)], axis=2)
    return Image.fromarray(from_array(colour))


def _white_of(page: Any) -> float | None:
    """The largest value of files of 10, 12, 14, 24 and 32 bits per sample, which say it by that."""
    bits = page.bitspersample
    return float(2**bits - 1) if page.dtype.kind == "u" and bits not in (8, 16, 32) else None


def _significant(content: bytes) -> float | None:
    """The largest value by the chunk ``sBIT`` of a PNG."""
    place = content.find(b"sBIT", 8, 4096)
    if place < 0:
        return None
    bits = content[place + 4]
    # values are scaled up to all 16 bits, says the standard; cameras of science write them as they are
    return None if not 8 < bits < 16 else float(2**bits - 1)


def _refuse_without_tifffile(file: IO[bytes], name: str, head: bytes) -> None:
    if head[2:3] == b"+" and head.startswith(b"MM"):
        raise PhotoError(f"{name}: is a TIFF of a kind that blurmap reads with its extra 'tiff'")
    file.seek(0)
    try:
        with Image.open(file, formats=["TIFF"]) as image:
            tags = image.tag_v2  # type: ignore[attr-defined]
            bits = max(tags.get(258, (1,)))
            planes = tags.get(PLANAR, 1) == 2
    except Exception:  # whatever is wrong with it, Pillow says when it is decoded
        return
    if planes and bits > 8:
        raise PhotoError(f"{name}: has {bits} bits in planes, which blurmap reads with its extra 'tiff'")
