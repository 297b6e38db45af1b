"""What can be read is found in folders, by one list of endings."""

import io
from pathlib import Path

import pytest
from PIL import Image

from blurmap.photos.decoding import PHOTO_FORMATS
from blurmap.photos.endings import PHOTO_ENDINGS
from blurmap.photos.photo import open_photo
from blurmap.photos.sources import find_photos
from tests.support import textured


def test_all_endings_of_what_pillow_decodes_here_are_in_the_list() -> None:
    Image.init()
    of = {ending for ending, kind in Image.registered_extensions().items() if kind in (*PHOTO_FORMATS, "MPO")}
    assert of <= PHOTO_ENDINGS
    assert all(ending == ending.lower() and ending.startswith(".") for ending in PHOTO_ENDINGS)


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("ppm", "PPM"),
        ("insp", "JPEG"),
        ("THM", "JPEG"),
        ("jps", "JPEG"),
        ("dib", "BMP"),
        ("apng", "PNG"),
        ("j2c", "JPEG2000"),
    ],
)
def test_what_is_read_is_found(ending: str, kind: str, tmp_path: Path) -> None:
    photo = tmp_path / f"a.{ending}"
    buffer = io.BytesIO()
    Image.fromarray(textured(40, 60)).save(buffer, kind)
    photo.write_bytes(buffer.getvalue())
    assert open_photo(photo).size == (60, 40)
    assert [source.path for source in find_photos([str(tmp_path)], print)] == [str(photo)]


def test_a_bitmap_without_the_head_of_its_file_is_read(tmp_path: Path) -> None:
    """As a clipboard holds it, and ``.dib`` files may."""
    buffer = io.BytesIO()
    picture = Image.fromarray(textured(40, 60))
    picture.save(buffer, "DIB")
    assert open_photo(buffer.getvalue()).tobytes() == picture.tobytes()
