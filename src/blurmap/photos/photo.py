"""Photo in: anything a user has, to H x W x 3 RGB uint8, upright, with clear errors for what cannot be read."""

import io
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from blurmap.errors import PhotoError, PhotoTooLarge
from blurmap.files import open_regular
from blurmap.photos.arrays import Channels, from_array, is_array
from blurmap.photos.camera_raw import RAW_ENDINGS, develop, is_raw
from blurmap.photos.deep import deep_png, deep_tiff, is_jxl, jxl, rows_there, without_ancillary
from blurmap.photos.depth import scaled, white_and_black

# NDArray stands for arrays of any library and for tensors, which have no type in common.
Photo = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image.Image | NDArray[Any]

HEIC_ENDINGS = frozenset({".heic", ".heif", ".hif"})
PHOTO_ENDINGS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".avifs",
    ".jp2", ".j2k", ".jxl", *HEIC_ENDINGS, *RAW_ENDINGS,
})  # fmt: skip
# Of Pillow's decoders those of photos (MPO comes with JPEG); some of the others start programs (EPS: Ghostscript).
PHOTO_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
ORIENTATION = 0x0112  # in EXIF; 1 is upright
SAYING_HOW_IT_LIES = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")  # of what Pillow knows of an image
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
GIVEN_PIPES = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")  # what a shell hands over: <(curl ...)
STRIP = 4_000_000  # pixels that are converted at a time
MOST_SCANS, MOST_SCANNED = 20, 3_000_000_000  # of a JPEG, and pixels in all of them
MAX_PIXELS = 150_000_000  # a decoded 150-megapixel photo takes 450 MB; the largest cameras made have about as many


def read_photo(photo: Photo, *, channels: Channels = "rgb") -> NDArray[np.uint8]:
    """Decode a photo to H x W x 3 RGB uint8; see ``open_photo`` for what it takes, does and raises."""
    return _pixels(photo, channels) if is_array(photo) else np.asarray(open_photo(photo, channels=channels))


def open_photo(photo: Photo, name: str | None = None, *, channels: Channels = "rgb") -> Image.Image:
    """Decode a photo to an upright RGB image.

    The first frame of an animation is taken, EXIF orientation is applied, transparency is laid over white, 16-bit and
    float greys are scaled to 8 bits. Camera RAW photos are known by their content, or by the ending of their name.

    Parameters
    ----------
    photo : path, URL, bytes, binary file object, PIL image, array or tensor
        A URL is of a kind that fsspec knows: ``https://``, ``s3://``. For arrays see
        ``blurmap.photos.arrays.from_array``: uint8, uint16 or float in [0, 1]; H x W x 3, 4 or 1, or H x W; a
        PyTorch tensor C x H x W.
    name : str, optional
        What errors call it; its path, or what kind of thing it is, if not given.
    channels : {"rgb", "bgr"}
        Order of an array's colours; OpenCV's is ``"bgr"``.

    Returns
    -------
    PIL image of mode RGB

    Raises
    ------
    PhotoError
        If it is missing, empty, damaged, not an image, or of a wrong type.
    PhotoTooLarge
        If it has more than ``MAX_PIXELS`` pixels; a PhotoError too.
    ValueError
        If ``channels`` is neither, or is given for what is no array.
    """
    if is_array(photo):
        return Image.fromarray(_pixels(photo, channels))
    if channels != "rgb":
        raise ValueError("channels is for arrays and tensors: files and PIL images say themselves what they hold")
    if isinstance(photo, Image.Image):
        name = name or "the image"
        with _decoding(name):
            return _upright(photo, name, MAX_PIXELS)
    if isinstance(photo, str | os.PathLike):
        path = os.fsdecode(photo)
        with _opened(path, name or path) as file:
            return _decode(file, name or path, MAX_PIXELS)[0]
    if isinstance(photo, bytes | bytearray | memoryview):
        return open_described(bytes(photo), name or "the given bytes")[0]
    if hasattr(photo, "read"):
        file = cast(IO[bytes], photo)
        return _decode(file, name or str(getattr(file, "name", "the given file")), MAX_PIXELS)[0]
    raise PhotoError(
        f"a photo must be a path, URL, bytes, a file, a PIL image, an array or a tensor, not {type(photo).__name__}"
    )


def _pixels(photo: Photo, channels: Channels) -> NDArray[np.uint8]:
    if channels not in get_args(Channels):
        raise ValueError(f"channels must be rgb or bgr, not {channels!r}")
    pixels = from_array(photo, channels)
    if pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        raise PhotoTooLarge(_too_large("the array", pixels.shape[0] * pixels.shape[1]))
    return pixels


def open_described(content: bytes, name: str, largest: int = MAX_PIXELS) -> tuple[Image.Image, str]:
    """The photo in a file's content, as ``open_photo`` gives it, and its format ("JPEG", "HEIF", "RAW", ...).

    ``name`` is for the errors. A photo whose header tells more than ``largest`` pixels is not decoded.
    """
    return _decode(io.BytesIO(content), name, largest)


def file_content(path: Path) -> bytes:
    """All bytes of a file.

    Raises
    ------
    PhotoError
        If it cannot be read.
    """
    with _opened(str(path), str(path)) as file:
        return file.read()


def _opened(path: str, name: str) -> IO[bytes]:
    if "://" in path:
        return _fetched(path, name)
    try:
        if path.startswith(GIVEN_PIPES):
            return open(path, "rb")
        return open_regular(path)
    except FileNotFoundError:
        raise PhotoError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise PhotoError(f"{name}: is a folder, not a photo") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise PhotoError(f"{name}: cannot be opened ({getattr(error, 'strerror', None) or error})") from None


def _fetched(url: str, name: str) -> IO[bytes]:
    """The content behind a URL."""
    try:
        import fsspec

        with fsspec.open(url, "rb") as file:
            return io.BytesIO(file.read())
    except ImportError as error:
        missing = "fsspec: install blurmap with its extra 'scan'" if error.name == "fsspec" else f"more: {error}"
        raise PhotoError(f"{name}: a URL needs {missing}") from None
    except FileNotFoundError:
        raise PhotoError(f"{name}: nothing is there, or no server answers") from None
    except Exception as error:  # every file system has errors of its own
        raise PhotoError(f"{name}: cannot be fetched ({type(error).__name__}: {error})") from None


def _decode(file: IO[bytes], name: str, largest: int) -> tuple[Image.Image, str]:
    if not file.seekable():
        file = io.BytesIO(file.read())
    head = file.read(12)
    if not head:
        raise PhotoError(f"{name}: is empty")
    with _decoding(name):
        raw = is_raw(file, name)
    if raw:
        with _decoding(name, "is damaged, or of a camera that is not supported"):
            image = develop(file, name, lambda width, height: _check_size(width, height, name, largest))
            return _upright(image, name, largest), "RAW"
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
    """The photo where another library than Pillow reads more of it, see ``blurmap.photos.deep``."""

    def check_size(width: int, height: int) -> None:
        _check_size(width, height, name, largest)

    file.seek(0)
    head = file.read(32)
    with _decoding(name, largest=largest):
        if is_jxl(head):
            file.seek(0)
            return jxl(file.read(), name, check_size), "JXL"
        if tiff := deep_tiff(file, name, check_size):
            return turned(*tiff), "TIFF"
        if head.startswith(b"\x89PNG") and head[24:25] == b"\x10":  # 16 bits
            file.seek(0)
            content = file.read()
            try:
                picture = deep_png(content, check_size)
            except PhotoError:
                raise
            except Exception:  # a damaged one: Pillow says what is wrong with it, or reads it all the same
                return None
            if picture is not None:
                with Image.open(io.BytesIO(content), formats=["PNG"]) as told:
                    return turned(picture, orientation(told)), "PNG"
    return None


def _by_pillow(file: IO[bytes], name: str, largest: int, formats: tuple[str, ...]) -> tuple[Image.Image, str]:
    file.seek(0)
    with _decoding(name, largest=largest), Image.open(file, formats=formats) as image:
        if image.info.get("progressive"):
            _check_scans(file, image, name)
        return _upright(image, name, largest), str(image.format)


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
            _check_size(width, height, name, largest)
        older = PhotoError(f"{name}: is an AVIF photo of an older kind, or damaged: write it anew with another program")
        return _tried(content.replace(b"Exif", b"free"), name, largest, older)  # EXIF that cannot be read is left out
    if content.startswith(b"\xff\xd8") and "truncated" in str(error):
        with _decoding(name, largest=largest):
            whole, share = rows_there(content)
            if share == 1:
                return _upright(whole, name, largest), "JPEG"
        told = f"{int(100 * share)} % of its rows are there" if share else "it ends before its last scan"
        raise PhotoError(f"{name}: is damaged or cut off: {told}") from None
    raise error


def _tried(content: bytes, name: str, largest: int, error: PhotoError) -> tuple[Image.Image, str]:
    try:
        return _by_pillow(io.BytesIO(content), name, largest, PHOTO_FORMATS)
    except PhotoError:
        raise error from None


@contextmanager
def _decoding(name: str, otherwise: str = "is damaged or cut off", largest: int = MAX_PIXELS) -> Iterator[None]:
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
        raise PhotoTooLarge(_too_large(name, largest=largest)) from None
    except Exception as error:
        raise PhotoError(f"{name}: {otherwise} ({error})") from error


def _register_heic(name: str) -> None:
    try:
        import pi_heif
    except ImportError:
        raise PhotoError(f"{name}: is a HEIC photo: install blurmap with its extra 'heic' to read it") from None
    pi_heif.register_heif_opener()


def _upright(image: Image.Image, name: str, largest: int) -> Image.Image:
    """The first frame, upright, over white, RGB, loaded."""
    _check_size(*image.size, name, largest)
    if image.tell() != 0:
        image.seek(0)
    image = turned(image, orientation(image))
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    if image.has_transparency_data:
        image = _over_white(image)
    if image.mode != "RGB":
        return image.convert("RGB")
    image.load()  # its file may be closed next
    return image


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where EXIF cannot be read: it never costs the photo."""
    try:
        told = image.getexif().get(ORIENTATION, 1)
    except Exception:  # parsers of damaged directories raise anything
        return 1
    return told if isinstance(told, int) else 1


def turned(image: Image.Image, told: int) -> Image.Image:
    """The image upright, by its EXIF orientation; it says no more how it lies, or it would be turned again."""
    if told not in TURNS:
        return image
    upright = image.transpose(TURNS[told])
    for name in SAYING_HOW_IT_LIES:
        upright.info.pop(name, None)
    return upright


def _strips(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of a few megapixels that cover an image: what is made of each beside it is small."""
    rows = max(STRIP // image.width, 1)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def _over_white(image: Image.Image) -> Image.Image:
    """What can be seen of an image with transparency before white, RGB."""
    image.load()
    result = Image.new("RGB", image.size)
    for box in _strips(image):
        strip = image.crop(box).convert("RGBA")
        white = Image.new("RGBA", strip.size, "white")
        result.paste(Image.alpha_composite(white, strip).convert("RGB"), box)
    return result


def _check_scans(file: IO[bytes], image: Image.Image, name: str) -> None:
    """Refuse a progressive JPEG that goes over its pixels thousands of times: cameras do ten times."""
    file.seek(0)
    scans = file.read().count(b"\xff\xda")  # within the data of a scan these bytes do not follow each other
    if scans > MOST_SCANS and scans * image.width * image.height > MOST_SCANNED:
        raise PhotoTooLarge(f"{name}: goes over its {image.width * image.height / 1e6:.0f} megapixels {scans} times")


def _check_size(width: int, height: int, name: str, largest: int) -> None:
    if width * height > largest:
        raise PhotoTooLarge(_too_large(name, width * height, largest))
    if width * height == 0:
        raise PhotoError(f"{name}: has no pixels")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits to 8, see ``blurmap.photos.depth.white_and_black``."""
    image.load()
    boxes = list(_strips(image))
    ranges = [(float(strip.min()), float(strip.max())) for strip in (_values(image, box) for box in boxes)]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    declared = 1.0 if image.mode == "F" and low >= 0 and high <= 1 else None
    black, white = white_and_black(low, high, declared)
    result = Image.new("L", image.size)
    for box in boxes:
        result.paste(Image.fromarray(scaled(_values(image, box), black, white)), box)
    return result


def _values(image: Image.Image, box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    return np.nan_to_num(np.asarray(image.crop(box), np.float32))


def _too_large(name: str, pixels: int | None = None, largest: int = MAX_PIXELS) -> str:
    size = f"{pixels / 1e6:.0f} megapixels, " if pixels else ""
    return f"{name}: {size}more than the {largest / 1e6:g} megapixels that are allowed; make it smaller first"
