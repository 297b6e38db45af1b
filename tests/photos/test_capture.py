"""When a photo was taken and by what: from EXIF of any format, whole, partial, or nonsense."""

import io
import struct
from pathlib import Path

import pytest
from PIL import Image

from blurmap.photos.capture import captured
from tests.support import textured

MAKE, MODEL, CAPTURE = 0x010F, 0x0110, 0x8769
ORIGINAL, PART, OFFSET = 0x9003, 0x9291, 0x9011
DATA = Path(__file__).parent.parent / "data"


def exif(**tags: str) -> Image.Exif:
    made = Image.Exif()
    made[MAKE], made[MODEL] = tags.get("make", "Canon"), tags.get("model", "Canon EOS R6")
    inner = made.get_ifd(CAPTURE)
    for name, tag in (("original", ORIGINAL), ("part", PART), ("offset", OFFSET)):
        if name in tags:
            inner[tag] = tags[name]
    return made


def encoded(format: str, **tags: str) -> bytes:
    content = io.BytesIO()
    Image.fromarray(textured(24, 32)).save(content, format, exif=exif(**tags).tobytes())
    return content.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_of_every_format(format: str) -> None:
    content = encoded(format, original="2026:11:25 09:00:01", part="25", offset="+01:00")
    assert captured(content, "a") == ("2026-11-25T09:00:01.250+01:00", "Canon EOS R6")


@pytest.mark.parametrize(
    ("tags", "taken"),
    [
        ({}, None),
        ({"original": "2026:11:25 09:00:01"}, "2026-11-25T09:00:01"),
        ({"original": "2026:11:25 09:00:01", "part": "123456"}, "2026-11-25T09:00:01.123"),
        ({"original": "2026:11:25 09:00:01", "part": "  ", "offset": "Z"}, "2026-11-25T09:00:01"),
        ({"original": "2026:11:25 09:00:01", "offset": "+99:00"}, None),
        ({"original": "0000:00:00 00:00:00"}, None),
        ({"original": "2026:13:25 09:00:01"}, None),
        ({"original": "yesterday"}, None),
    ],
)
def test_times(tags: dict[str, str], taken: str | None) -> None:
    assert captured(encoded("JPEG", **tags), "a.jpg")[0] == taken


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON Z 6", "NIKON Z 6"),
        ("OLYMPUS IMAGING CORP.", "E-M1", "OLYMPUS E-M1"),
        ("", "", None),
        ("Canon", "EOS\x07R6\0rest", "Canon EOS R6"),
    ],
)
def test_cameras(make: str, model: str, camera: str | None) -> None:
    assert captured(encoded("JPEG", make=make, model=model), "a.jpg")[1] == camera


def test_raw_files() -> None:
    whole = exif(original="2026:11:25 09:00:01", part="5").tobytes().removeprefix(b"Exif\0\0")
    told = ("2026-11-25T09:00:01.500", "Canon EOS R6")
    assert captured(whole, "a.cr2") == told
    assert captured(b"IIRO" + whole[4:] if whole.startswith(b"II") else b"MMOR" + whole[4:], "a.orf") == told
    preview = encoded("JPEG", original="2026:11:25 09:00:01", part="5")
    assert captured(b"FUJIFILMCCD-RAW".ljust(84) + struct.pack(">2I", 92, len(preview)) + preview, "a.raf") == told
    first, inner = Image.Exif(), Image.Exif()
    first[MAKE], first[MODEL], inner[ORIGINAL] = "Canon", "EOS R5", "2026:11:25 09:00:01"
    boxes = [mark + part.tobytes().removeprefix(b"Exif\0\0") for mark, part in ((b"CMT1", first), (b"CMT2", inner))]
    assert captured(b"\0\0\0\x18ftypcrx " + b"".join(boxes), "a.cr3") == ("2026-11-25T09:00:01", "Canon EOS R5")


def test_what_tells_nothing_or_is_damaged() -> None:
    for name in ("photo.dng", "photo.heic"):
        assert captured((DATA / name).read_bytes(), name)[0] is None
    whole = encoded("JPEG", original="2026:11:25 09:00:01")
    for content in (b"", b"no photo", whole[:60], b"II*\0\xff\xff\xff\xff", b"FUJIFILMCCD-RAW"):
        assert captured(content, "a.nef") == (None, None)
