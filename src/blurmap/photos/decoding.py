"""Files decoded, each by the library that reads its kind; whatever that raises is an error that names the file."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from PIL import Image, UnidentifiedImageError

from blurmap.errors import PhotoError, PhotoTooLarge, in_words
from blurmap.photos.camera_raw import develop, is_raw
from blurmap.photos.deep import deep_png, is_jxl, jxl
from blurmap.photos.jpeg import without_filling
from blurmap.photos.limits import MAX_PIXELS, check_size, too_large
from blurmap.photos.orientation import orientation, turned
from blurmap.photos.repair import rows_there, with_one_association, without_ancillary
from blurmap.photos.rgb import to_rgb, upright_rgb
from blurmap.photos.tiff import TIFF_STARTS, deep_tiff, odd_tiff

# Of Pillow's decoders those of photos (MPO comes with JPEG); some of the others start programs (EPS: Ghostscript).
PHOTO_FORMATS = ("AVIF", "BMP", "DIB", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def decode(file: IO[bytes], name: str, largest: int) -> tuple[Image.Image, str]:
    if not file.seekable():
        file = io.BytesIO(file.read())
    head = file.read(12)
    if not head:
        raise PhotoError(f"{name}: is empty")
    with decoding(name):
        raw = is_raw(file, name)
    if raw:
        with decoding(name, "is damaged, or of a camera that is not supported"):
            image = develop(file, name, lambda width, height: check_size(width, height, name, largest))
            return upright_rgb(image, name, largest), "RAW"
    if deep := _by_others(file, name, largest):
        return deep
    formats: tuple[str, ...] = PHOTO_FORMATS
    if head[4:8] == b"ftyp" and head[8:] in HEIC_BRANDS:
        _register_heic(name)
        formats = (*PHOTO_FORMATS, "HEIF")
    try:
        return _by_pillow(file, name, largest, formats)
    except PhotoTooLarge:
        raise
    except PhotoError as error:
        file.seek(0)
        return _repaired(file.read(), name, largest, error)


def _by_others(file: IO[bytes], name: str, largest: int) -> tuple[Image.Image, str] | None:
    """The photo where another library than Pillow reads more of it, see ``blurmap.photos.tiff`` and ``.deep``."""
    file.seek(0)
    head = file.read(32)
    with decoding(name, largest=largest):
        if is_jxl(head):
            file.seek(0)
            return to_rgb(jxl(file.read(), name, largest)), "JXL"
        if tiff := deep_tiff(file, name, largest):
            return to_rgb(turned(*tiff)), "TIFF"
        if head.startswith(b"\x89PNG") and head[24:25] == b"\x10":  # 16 bits
            file.seek(0)
            content = file.read()
            try:
                picture = deep_png(content, name, largest)
            except PhotoError:
                raise
            except Exception:  # a damaged one: Pillow says what is wrong with it, or reads it all the same
                return None
            if picture is not None:
                with Image.open(io.BytesIO(content), formats=["PNG"]) as told:
                    return to_rgb(turned(picture, orientation(told))), "PNG"
    return None


def _by_pillow(file: IO[bytes], name: str, largest: int, formats: tuple[str, ...]) -> tuple[Image.Image, str]:
    file.seek(0)
    with decoding(name, largest=largest), Image.open(file, formats=formats) as image:
        return upright_rgb(image, name, largest), str(image.format)


def _repaired(content: bytes, name: str, largest: int, error: PhotoError) -> tuple[Image.Image, str]:
    """A photo all of whose pixels are there, though Pillow refuses the file for something else in it.

    Raises
    ------
    PhotoError
        ``error``, or one that says more.
    """
    if content.startswith(b"\x89PNG"):
        return _tried(without_ancillary(content), name, largest, error)
    if content[4:12] in (b"ftypavif", b"ftypavis"):
        place = content.find(b"ispe")
        if place > 0 and len(content) >= place + 16:
            width, height = struct.unpack(">II", content[place + 8 : place + 16])
            check_size(width, height, name, largest)
        older = PhotoError(f"{name}: is an AVIF photo of an older kind, or damaged: write it anew with another program")
        # EXIF that cannot be read is left out
        return _tried(with_one_association(content.replace(b"Exif", b"free")), name, largest, older)
    if content.startswith(TIFF_STARTS):
        with decoding(name, largest=largest):
            return to_rgb(odd_tiff(content, name, largest, error)), "TIFF"
    if content.startswith(b"\xff\xd8") and (plain := without_filling(content)) != content:
        return _tried(plain, name, largest, error)
    if content.startswith(b"\xff\xd8") and "truncated" in str(error):
        with decoding(name, largest=largest):
            whole, share = rows_there(content)
            if share == 1:
                return upright_rgb(whole, name, largest), "JPEG"
        told = f"{int(100 * share)} % of its rows are there" if share else "it ends before its last scan"
        raise PhotoError(f"{name}: is damaged or cut off: {told}") from None
    raise error


def _tried(content: bytes, name: str, largest: int, error: PhotoError) -> tuple[Image.Image, str]:
    try:
        return _by_pillow(io.BytesIO(content), name, largest, PHOTO_FORMATS)
    except PhotoError:
        raise error from None


@contextmanager
def decoding(name: str, otherwise: str = "is damaged or cut off", largest: int = MAX_PIXELS) -> Iterator[None]:
    """Whatever is raised within becomes a PhotoError: bindings of decoders raise anything on damaged files.

    (Pillow's AVIF decoder a RuntimeError, rawpy a TypeError.) MemoryError passes: the photo may be whole.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata of a readable photo is no news to the user
            yield
    except (PhotoError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise PhotoError(f"{name}: is not an image, or of a format that is not supported") from None
    except Image.DecompressionBombError:
        raise PhotoTooLarge(too_large(name, largest=largest)) from None
    except Exception as error:
        raise PhotoError(f"{name}: {otherwise} ({in_words(error)})") from error


def _register_heic(name: str) -> None:
    try:
        import pi_heif
    except ImportError:
        raise PhotoError(f"{name}: is a HEIC photo: install blurmap with its extra 'heic' to read it") from None
    pi_heif.register_heif_opener()
