"""Large pictures of photos that browsers do not show: kept by the scan, made anew, and removed with their photo."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.photos.sources import find_photos
from blurmap.scanning.pictures import MOST, SIDE, keep_picture, make_picture, picture_path, pictures_folder
from blurmap.scanning.results import scan
from tests.support import pyramid, textured


def test_a_picture_is_2048_pixels_long_and_bounded() -> None:
    content = make_picture(pyramid(np.repeat(np.repeat(textured(300, 500), 6, 0), 6, 1)))
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (SIDE, 1229)
    assert len(content) <= MOST


def test_what_cannot_be_written_is_said_and_no_older_picture_stays(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    problem = keep_picture(pyramid(textured(20, 30)), tmp_path / "file" / "a.jpg")
    assert problem
    assert "the large picture is not written" in problem


@pytest.mark.slow
def test_a_scan_keeps_them_as_long_as_the_photo_is_there(tmp_path: Path) -> None:
    folder, table = tmp_path / "photos", tmp_path / "photos/t.jsonl"
    folder.mkdir()
    photo = Image.fromarray(textured(120, 160))
    for name in ("a.tif", "b.tif", "c.jpg"):
        photo.save(folder / name)
    scan(folder, table)
    pictures = pictures_folder(table)
    kept = {picture_path(pictures, str(folder / name)) for name in ("a.tif", "b.tif")}
    assert set(pictures.iterdir()) == kept
    assert [Path(found.path).name for found in find_photos([str(folder)], lambda problem: None)] == [
        "a.tif", "b.tif", "c.jpg",
    ]  # fmt: skip
    assert scan(folder, table).done == 0
    picture_path(pictures, str(folder / "a.tif")).unlink()  # as after a scan by an older version
    assert scan(folder, table).done == 1
    assert set(pictures.iterdir()) == kept
    (folder / "a.tif").unlink()
    scan(folder, table)
    assert list(pictures.iterdir()) == [picture_path(pictures, str(folder / "b.tif"))]
    Image.fromarray(textured(130, 160)).save(folder / "b.tif")
    scan(folder, table, previews=False)
    assert not pictures.exists()
