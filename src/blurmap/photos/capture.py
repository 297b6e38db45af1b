"""When a photo was taken, and by which camera, from its EXIF; camera RAW files are read without developing them."""

import io
import re
import struct
import warnings
from datetime import datetime

from PIL import ExifTags, Image

from blurmap.photos.camera_raw import is_raw
from blurmap.photos.decoding import PHOTO_FORMATS

BASE, EXIF = ExifTags.Base, ExifTags.IFD.Exif
DATE = re.compile(r"(\d{4})\D(\d\d)\D(\d\d)\D(\d\d)\D(\d\d)\D(\d\d)")
OFFSET = re.compile(r"[+-]\d\d:\d\d")
TIFF_HEAD = {b"IIRO": b"II*\0", b"IIRS": b"II*\0", b"IIU\0": b"II*\0", b"MMOR": b"MM\0*"}  # Olympus, Panasonic
RAF_PREVIEW = 84  # Fujifilm: where the place of the JPEG within is written
LONGEST = 100  # characters of a camera's name


def captured(content: bytes, name: str) -> tuple[str | None, str | None]:
    """When a photo was taken, and by which camera; None where its file does not tell, or tells nonsense.

    Parameters
    ----------
    content : bytes
        The photo's file.
    name : str
        Its ending tells what the content leaves open.

    Returns
    -------
    taken : str or None
        ISO 8601 from ``DateTimeOriginal``, with milliseconds (``SubSecTimeOriginal``) and an offset from UTC
        (``OffsetTimeOriginal``) where the file has them: ``2026-11-25T09:00:01.250+01:00``.
    camera : str or None
        Make and model: ``Canon EOS R6``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first, inner = _directories(content, name)
        return _time(inner), _camera(first)
    except Exception:  # parsers of damaged directories raise anything; the photo itself may be whole
        return None, None


def _directories(content: bytes, name: str) -> tuple[dict[int, object], dict[int, object]]:
    """The first directory of the EXIF, and the one of the capture."""
    if is_raw(io.BytesIO(content), name):
        return _raw_directories(content)
    formats = [*PHOTO_FORMATS, *(name for name in ("HEIF",) if name in Image.OPEN)]  # known once one was decoded
    with Image.open(io.BytesIO(content), formats=formats) as image:
        exif = image.getexif()
        return dict(exif), exif.get_ifd(EXIF)


def _raw_directories(content: bytes) -> tuple[dict[int, object], dict[int, object]]:
    if content.startswith(b"FUJIFILMCCD-RAW"):
        start, size = struct.unpack(">2I", content[RAF_PREVIEW : RAF_PREVIEW + 8])
        return _directories(content[start : start + size], "preview.jpg")
    if content[4:12] == b"ftypcrx ":  # Canon CR3: a TIFF for each directory
        first, inner = (content.index(box, 0, 65536) + 4 for box in (b"CMT1", b"CMT2"))
        return dict(_tiff(content[first : first + 65536])), dict(_tiff(content[inner : inner + 65536]))
    exif = _tiff(TIFF_HEAD.get(content[:4], content[:4]) + content[4:])
    return dict(exif), exif.get_ifd(EXIF)


def _tiff(content: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(content)
    return exif


def _time(inner: dict[int, object]) -> str | None:
    match = DATE.match(_text(inner.get(BASE.DateTimeOriginal)))
    if not match:
        return None
    moment = datetime(*map(int, match.groups()))  # type: ignore[arg-type]
    part = re.match(r"\d+", _text(inner.get(BASE.SubsecTimeOriginal)))
    offset = OFFSET.fullmatch(_text(inner.get(BASE.OffsetTimeOriginal)))
    taken = moment.isoformat() + (f".{part[0][:3]:0<3}" if part else "") + (offset[0] if offset else "")
    datetime.fromisoformat(taken)  # an offset of 99 hours is no time
    return taken


def _camera(first: dict[int, object]) -> str | None:
    make, model = _text(first.get(BASE.Make)), _text(first.get(BASE.Model))
    short = make.split(" ")[0]
    name = model if model.lower().startswith(short.lower()) else f"{short} {model}"
    return name.strip()[:LONGEST] or None


def _text(value: object) -> str:
    """What a tag says, in one line of printable characters."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    return " ".join("".join(c if c.isprintable() else " " for c in text.split("\0")[0]).split())
