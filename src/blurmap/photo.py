"""Photo in: anything a user has, to H x W x 3 RGB uint8, upright, with clear errors for what cannot be read."""

import io
import warnings
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from blurmap.errors import PhotoError, PhotoTooLarge

Photo = str | Path | bytes | bytearray | IO[bytes] | Image.Image | NDArray[np.uint8]

HEIC_ENDINGS = frozenset({".heic", ".heif", ".hif"})
RAW_ENDINGS = frozenset(
    {".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".sr2", ".srw"}
)
PHOTO_ENDINGS = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", *HEIC_ENDINGS, *RAW_ENDINGS}
)
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
ORIENTATION = 0x0112  # in EXIF; 1 is upright
MAX_PIXELS = 150_000_000  # a decoded 150-megapixel photo takes 450 MB; the largest cameras made have about as many


def read_photo(photo: Photo) -> NDArray[np.uint8]:
    """Decode a photo to H x W x 3 RGB uint8; see :func:`open_photo` for what it takes, does and raises."""
    if isinstance(photo, np.ndarray):
        return _from_array(photo)
    return np.asarray(open_photo(photo))


def open_photo(photo: Photo) -> Image.Image:
    """Decode a photo to an upright RGB image.

    The first frame of an animation is taken, EXIF orientation is applied, transparency is laid over white, 16-bit and
    float greys are scaled to 8 bits.

    Parameters
    ----------
    photo : path, bytes, binary file object, PIL image, or array
        An array must be uint8, H x W x 3 RGB or H x W grey.

    Returns
    -------
    PIL image of mode RGB

    Raises
    ------
    PhotoError
        If it is missing, empty, damaged, not an image, of a wrong type, or has more than ``MAX_PIXELS`` pixels.
    """
    if isinstance(photo, np.ndarray):
        return Image.fromarray(_from_array(photo))
    if isinstance(photo, Image.Image):
        return _from_image(photo, "the image")
    if isinstance(photo, str | Path):
        name = str(photo)
        try:
            file: Any = Path(photo).open("rb")  # noqa: SIM115 - closed below
        except FileNotFoundError:
            raise PhotoError(f"{name}: no such file") from None
        except IsADirectoryError:
            raise PhotoError(f"{name}: is a folder, not a photo") from None
        except OSError as error:
            raise PhotoError(f"{name}: cannot be opened ({error.strerror or error})") from None
        with file:
            return _decode(file, name)[0]
    if isinstance(photo, bytes | bytearray):
        return _decode(io.BytesIO(photo), "the given bytes")[0]
    if hasattr(photo, "read"):
        return _decode(photo, str(getattr(photo, "name", "the given file")))[0]
    raise PhotoError(f"a photo must be a path, bytes, a file, a PIL image or a uint8 array, not {type(photo).__name__}")


def open_described(content: bytes, name: str) -> tuple[Image.Image, str]:
    """The photo in a file's content, as :func:`open_photo` gives it, and its format ("JPEG", "HEIF", "RAW", ...).

    ``name`` is for the errors; its ending tells camera RAW from TIFF.
    """
    return _decode(io.BytesIO(content), name)


def _decode(file: IO[bytes], name: str) -> tuple[Image.Image, str]:
    if not file.seekable():
        file = io.BytesIO(file.read())
    start = file.tell()
    if not file.read(1):
        raise PhotoError(f"{name}: is empty")
    file.seek(start)
    if Path(name).suffix.lower() in RAW_ENDINGS:
        return _from_raw(file, name), "RAW"
    if (head := file.read(12))[4:8] == b"ftyp" and head[8:] in HEIC_BRANDS:
        _register_heic(name)
    file.seek(start)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged metadata of a readable photo is no news to the user
            with Image.open(file) as image:
                return _from_image(image, name), str(image.format)
    except UnidentifiedImageError:
        raise PhotoError(f"{name}: is not an image, or of a format that is not supported") from None
    except Image.DecompressionBombError:
        raise PhotoTooLarge(_too_large(name)) from None
    except PhotoError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError, OverflowError) as error:
        # what Pillow's decoders raise on damaged files; MemoryError and programming errors are not among them
        raise PhotoError(f"{name}: is damaged or cut off ({error})") from None


def check_pixels(content: bytes, largest: int) -> bytes:
    """The content, if the size that its header tells is at most ``largest`` pixels; nothing is decoded.

    Raises
    ------
    PhotoError
        If there are more.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content)) as image:
                width, height = image.size
    except Image.DecompressionBombError:
        raise PhotoTooLarge(_too_large("the photo", None, largest)) from None
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, OverflowError, EOFError, IndexError):
        return content  # of another format, or damaged: reading it says so
    if width * height > largest:
        raise PhotoTooLarge(_too_large("the photo", width * height, largest))
    return content


def _register_heic(name: str) -> None:
    try:
        import pi_heif
    except ImportError:
        raise PhotoError(f"{name}: is a HEIC photo: install blurmap with its extra 'heic' to read it") from None
    pi_heif.register_heif_opener()


def _from_raw(file: IO[bytes], name: str) -> Image.Image:
    """A camera RAW photo: its embedded preview if at least half as large as the sensor, else developed at half size."""
    try:
        import rawpy
    except ImportError:
        raise PhotoError(f"{name}: is a camera RAW photo: install blurmap with its extra 'raw' to read it") from None
    try:
        with rawpy.imread(io.BytesIO(file.read())) as raw:
            if raw.sizes.width * raw.sizes.height > MAX_PIXELS:
                raise PhotoTooLarge(_too_large(name, raw.sizes.width * raw.sizes.height))
            try:
                preview = raw.extract_thumb()
            except rawpy.LibRawError:
                preview = None
            if preview is not None and preview.format == rawpy.ThumbFormat.JPEG:
                with Image.open(io.BytesIO(bytes(preview.data))) as image:
                    if 2 * max(image.size) >= max(raw.sizes.width, raw.sizes.height):
                        return _from_image(image, name)
            return Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
    except rawpy.LibRawError as error:
        raise PhotoError(f"{name}: is damaged, or of a camera that is not supported ({error})") from None


def _from_image(image: Image.Image, name: str) -> Image.Image:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PhotoTooLarge(_too_large(name, width * height))
    if width * height == 0:
        raise PhotoError(f"{name}: has no pixels")
    image.seek(0) if getattr(image, "n_frames", 1) > 1 else None
    if image.getexif().get(ORIENTATION, 1) != 1:  # the function copies even what is upright
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    if image.mode != "RGB":
        return image.convert("RGB")
    image.load()  # its file may be closed next
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits to 8: by 257 if it looks like 16-bit data, else by its own range."""
    values = np.nan_to_num(np.asarray(image, np.float32))
    low, high = float(values.min()), float(values.max())
    if image.mode != "F" and low >= 0 and high <= 65535:
        values = values / 257.0 if high > 255 else values
    elif image.mode == "F" and low >= 0 and high <= 1:
        values = values * 255.0
    elif low < 0 or high > 255:
        values = (values - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray((np.clip(values, 0, 255) + 0.5).astype(np.uint8))


def _from_array(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype != np.uint8:
        raise PhotoError(f"an array must be uint8 with values 0 to 255, not {array.dtype}")
    if array.ndim == 2:
        array = np.repeat(array[:, :, None], 3, axis=2)
    if array.ndim != 3 or array.shape[2] != 3:
        raise PhotoError(f"an array must be H x W x 3 RGB, not {' x '.join(map(str, array.shape))}")
    if array.size == 0:
        raise PhotoError("an array must have at least one pixel")
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise PhotoTooLarge(_too_large("the array", array.shape[0] * array.shape[1]))
    return array


def _too_large(name: str, pixels: int | None = None, largest: int = MAX_PIXELS) -> str:
    size = f"{pixels / 1e6:.0f} megapixels, " if pixels else ""
    return f"{name}: {size}more than the {largest / 1e6:g} megapixels that are allowed; make it smaller first"
