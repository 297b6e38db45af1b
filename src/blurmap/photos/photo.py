"""Photo in: anything a user has, to H x W x 3 RGB uint8, upright, with clear errors for what cannot be read."""

import io
import os
from pathlib import Path
from typing import IO, Any, cast, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.errors import PhotoError, PhotoTooLarge, in_words
from blurmap.files import open_regular
from blurmap.photos.arrays import Channels, from_array, is_array
from blurmap.photos.decoding import decode, decoding
from blurmap.photos.limits import MAX_PIXELS, too_large
from blurmap.photos.rgb import upright_rgb

# NDArray stands for arrays of any library and for tensors, which have no type in common.
Photo = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image.Image | NDArray[Any]

GIVEN_PIPES = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")  # what a shell hands over: <(curl ...)


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
        with decoding(name):
            return upright_rgb(photo, name, MAX_PIXELS)
    if isinstance(photo, str | os.PathLike):
        path = os.fsdecode(photo)
        with _opened(path, name or path) as file:
            return decode(file, name or path, MAX_PIXELS)[0]
    if isinstance(photo, bytes | bytearray | memoryview):
        return open_described(bytes(photo), name or "the given bytes")[0]
    if hasattr(photo, "read"):
        file = cast(IO[bytes], photo)
        return decode(file, name or str(getattr(file, "name", "the given file")), MAX_PIXELS)[0]
    raise PhotoError(
        f"a photo must be a path, URL, bytes, a file, a PIL image, an array or a tensor, not {type(photo).__name__}"
    )


def _pixels(photo: Photo, channels: Channels) -> NDArray[np.uint8]:
    if channels not in get_args(Channels):
        raise ValueError(f"channels must be rgb or bgr, not {channels!r}")
    pixels = from_array(photo, channels)
    if pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        raise PhotoTooLarge(too_large("the array", pixels.shape[0] * pixels.shape[1]))
    return pixels


def open_described(content: bytes, name: str, largest: int = MAX_PIXELS) -> tuple[Image.Image, str]:
    """The photo in a file's content, as ``open_photo`` gives it, and its format ("JPEG", "HEIF", "RAW", ...).

    ``name`` is for the errors. A photo whose header tells more than ``largest`` pixels is not decoded.
    """
    return decode(io.BytesIO(content), name, largest)


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
        raise PhotoError(f"{name}: cannot be opened ({in_words(error)})") from None


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
        raise PhotoError(f"{name}: cannot be fetched ({in_words(error)})") from None
