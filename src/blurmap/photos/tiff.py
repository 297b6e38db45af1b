"""TIFFs that Pillow does not read, or not with all their bits: by tifffile, or by libtiff, which makes RGB of odd ones.

What none of them reads is named; a file that is whole is never called damaged.
"""

import io
from typing import IO, Any

import numpy as np
from PIL import Image

from blurmap.errors import PhotoError
from blurmap.photos.limits import check_tiff
from blurmap.photos.orientation import turned
from blurmap.photos.tiff_page import SEPARATE, is_readable, lying, read_page

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
ORIENTATION, PLANAR = 274, 284  # tags
YCBCR, LOG_L, LOG_LUV = 6, 32844, 32845  # photometric interpretations
PLAIN = 1  # compression
UPRIGHT = 1


def deep_tiff(file: IO[bytes], name: str, largest: int) -> tuple[Image.Image, int] | None:
    """A TIFF that Pillow would not read with all its bits, and its orientation; None: Pillow is to read it.

    Raises
    ------
    PhotoError
        If only tifffile reads it, and that is not installed; if its header tells too much.
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
    try:
        tiff = tifffile.TiffFile(file, name=name)
        page: Any = tiff.pages.first
        told = {tag.code: tag.value for tag in page.tags}
    except Exception:  # it raises many things on odd directories: Pillow may read it, or says what is wrong
        return None
    with tiff:
        check_tiff(told, name, largest)
        if _is_for_libtiff(page):
            file.seek(0)
            return _by_libtiff(file.read(), page, name), lying(told)
        if _is_plain(page) or not is_readable(page, told):
            return None
        return read_page(page, told, name), lying(told)


def _is_for_libtiff(page: Any) -> bool:
    """Whether Pillow would take it for another kind: a colour for several pixels, or light as logarithms."""
    subsampled = page.photometric == YCBCR and page.compression == PLAIN and page.is_subsampled
    return bool(subsampled or page.photometric in (LOG_L, LOG_LUV))


def _by_libtiff(content: bytes, page: Any, name: str, error: PhotoError | None = None) -> Image.Image:
    """The first page of a file as libtiff makes RGB of it, as it lies.

    Raises
    ------
    PhotoError
        That it is of a kind that is not supported, where its pixels are there; else ``error``.
    """
    import imagecodecs

    tag = page.tags.get(ORIENTATION)
    if tag is not None:  # libtiff would go half the way: it mirrors, and does not turn
        one = UPRIGHT.to_bytes(2, "little" if page.parent.byteorder == "<" else "big")
        content = content[: tag.valueoffset] + one + content[tag.valueoffset + 2 :]
    try:
        pixels = imagecodecs.tiff_decode(content, asrgb=True)
    except Exception as problem:  # the binding raises many things
        if not _is_whole(page):
            raise error or PhotoError(f"{name}: is damaged or cut off ({problem})") from None
        kind = f"{getattr(page.photometric, 'name', page.photometric)}, {page.bitspersample} bits"
        raise PhotoError(
            f"{name}: is a TIFF of a kind that blurmap does not read ({kind}, {page.samplesperpixel} samples); "
            "write it anew as RGB with another program"
        ) from None
    return Image.fromarray(np.ascontiguousarray(pixels[..., :3]))


def odd_tiff(content: bytes, name: str, largest: int, error: PhotoError) -> Image.Image:
    """A TIFF that Pillow refuses with ``error``, upright.

    Raises
    ------
    PhotoError
        That it is of a kind that is not supported, where its pixels are there; else ``error``.
    """
    try:
        import tifffile
    except ImportError:
        raise PhotoError(f"{name}: is damaged, or a TIFF of a kind that blurmap reads with its extra 'tiff'") from None
    try:
        tiff = tifffile.TiffFile(io.BytesIO(content), name=name)
        page: Any = tiff.pages.first
        told = {tag.code: tag.value for tag in page.tags}
    except Exception as problem:  # whatever its parser raises on damaged directories
        raise PhotoError(f"{name}: is damaged or cut off ({problem})") from None
    with tiff:
        check_tiff(told, name, largest)
        image = read_page(page, told, name) if is_readable(page, told) else _by_libtiff(content, page, name, error)
    return turned(image, lying(told))


def _is_whole(page: Any) -> bool:
    """Whether all strips and tiles that the header tells of lie within the file, and are as long as they have to be.

    They are not decoded: codecs that are given what they are not made for may crash.
    """
    end, places = page.parent.filehandle.size, list(zip(page.dataoffsets, page.databytecounts, strict=False))
    if not places or len(places) < np.prod(page.chunked) or any(start + size > end for start, size in places):
        return False
    return page.compression != PLAIN or page.is_subsampled or sum(size for _, size in places) >= page.nbytes


def _is_plain(page: Any) -> bool:
    """Whether Pillow reads it as it is: 8 bits side by side, or few bits of grey or of a palette."""
    if page.parent.is_bigtiff:
        return False
    if page.bitspersample < 8:
        return page.samplesperpixel == 1 and page.bitspersample in (1, 2, 4)
    return page.dtype == np.uint8 and page.bitspersample == 8 and page.planarconfig != SEPARATE


def _refuse_without_tifffile(file: IO[bytes], name: str, head: bytes) -> None:
    if head[2:3] == b"+" and head.startswith(b"MM"):
        raise PhotoError(f"{name}: is a TIFF of a kind that blurmap reads with its extra 'tiff'")
    file.seek(0)
    try:
        with Image.open(file, formats=["TIFF"]) as image:
            tags = image.tag_v2  # type: ignore[attr-defined]
            bits = max(tags.get(258, (1,)))
            planes = tags.get(PLANAR, 1) == 2
            shared = tags.get(262) == YCBCR and tags.get(259) == PLAIN and tags.get(530, (2, 2)) != (1, 1)
    except Exception:  # whatever is wrong with it, Pillow says when it is decoded
        return
    if shared:
        raise PhotoError(f"{name}: has colours of several pixels at once, which blurmap reads with its extra 'tiff'")
    if planes and bits > 8:
        raise PhotoError(f"{name}: has {bits} bits in planes, which blurmap reads with its extra 'tiff'")
