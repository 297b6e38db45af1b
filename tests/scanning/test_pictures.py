"""Large pictures of photos that browsers do not show: kept by the scan, made anew, and removed with their photo."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.culling.report import write_report
from blurmap.fields import COLUMNS, Row
from blurmap.photos.sources import find_photos
from blurmap.scanning.pictures import (
    MOST,
    SIDE,
    keep_picture,
    kept_picture,
    make_picture,
    picture_path,
    pictures_folder,
    remove_other_pictures,
)
from blurmap.scanning.results import scan
from blurmap.scanning.table import read_table, write_table
from tests.support import pyramid, textured

ROW: Row = dict.fromkeys(COLUMNS) | {
    "path": "/trip/a.nef", "bytes": 3, "mtime": 1.0, "format": "RAW", "model": "default", "verdict": "sharp",
}  # fmt: skip


def test_a_picture_is_2048_pixels_long_and_bounded() -> None:
    content = make_picture(pyramid(np.repeat(np.repeat(textured(300, 500), 6, 0), 6, 1)))
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (SIDE, 1229)
    assert len(content) <= MOST


def test_a_picture_of_noise_is_bounded_too() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1200, 3), np.uint8)
    assert len(make_picture(pyramid(noise))) <= MOST


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    problem = keep_picture(pyramid(textured(20, 30)), tmp_path / "file" / "a.jpg")
    assert problem
    assert "the large picture is not written" in problem


def test_a_photo_that_has_changed_has_another_picture(tmp_path: Path) -> None:
    rows = [ROW, ROW | {"path": "/trip/b.nef"}, ROW | {"bytes": 4}, ROW | {"mtime": 2.0}]
    assert len({picture_path(tmp_path, row) for row in rows}) == 4


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_every_table_tells_where_a_picture_is(tmp_path: Path, ending: str) -> None:
    rows = [ROW, ROW | {"path": "/trip/\u00e9.nef", "mtime": 1764557921.123456789, "bytes": 2**40}]
    write_table(rows, tmp_path / f"t{ending}")
    assert [picture_path(tmp_path, row) for row in read_table(tmp_path / f"t{ending}")] == [
        picture_path(tmp_path, row) for row in rows
    ]


def test_nothing_is_written_or_read_through_a_link(tmp_path: Path) -> None:
    """As in a folder of pictures that came with a table from somebody else."""
    precious, folder = tmp_path / "precious", pictures_folder(tmp_path / "t.jsonl")
    precious.write_text("secret")
    folder.mkdir()
    path = picture_path(folder, ROW)
    path.symlink_to(precious)
    write_table([ROW], tmp_path / "t.jsonl")
    page, _ = write_report(tmp_path / "t.jsonl", tmp_path / "t.html", large=True)
    assert 'id="large0"' not in page.read_text(encoding="utf-8")
    assert keep_picture(pyramid(textured(20, 30)), path) is None
    assert precious.read_text() == "secret"
    assert kept_picture(ROW, folder) == path
    page, _ = write_report(tmp_path / "t.jsonl", tmp_path / "t.html", large=True, overwrite=True)
    assert 'id="large0"' in page.read_text(encoding="utf-8")


def test_only_pictures_that_no_photo_has_are_removed(tmp_path: Path) -> None:
    """Whatever left them: a table that is gone, a scan that was killed; a file of a person's own stays."""
    folder = tmp_path / "t.jsonl.pictures"
    jpeg_now = ROW | {"path": "/trip/b.tif", "format": "JPEG"}  # another format under the same name
    broken = ROW | {"path": "/trip/c.nef", "error": "c.nef: is damaged"}
    for row in (ROW, ROW | {"mtime": 2.0}, jpeg_now, broken):
        keep_picture(pyramid(textured(20, 30)), picture_path(folder, row))
    (folder / ".a.blurmap-part").touch()
    os.utime(folder / ".a.blurmap-part", (1, 1))
    (folder / "mine.jpg").touch()
    remove_other_pictures(folder, [ROW, jpeg_now, broken])
    assert set(folder.iterdir()) == {picture_path(folder, ROW), folder / "mine.jpg"}
    (folder / "mine.jpg").unlink()
    remove_other_pictures(folder, [])
    assert not folder.exists()


@pytest.mark.slow
def test_a_scan_keeps_them_as_long_as_the_photo_is_there(tmp_path: Path) -> None:
    folder, table = tmp_path / "photos", tmp_path / "photos/t.jsonl"
    pictures = pictures_folder(table)

    def wanted() -> set[Path]:
        return {picture_path(pictures, row) for row in read_table(table) if row["format"] == "TIFF"}

    folder.mkdir()
    photo = Image.fromarray(textured(120, 160))
    for name in ("a.tif", "b.tif", "c.jpg"):
        photo.save(folder / name)
    scan(folder, table)
    assert set(pictures.iterdir()) == wanted()
    assert len(wanted()) == 2
    assert [Path(found.path).name for found in find_photos([str(folder)], lambda problem: None)] == [
        "a.tif", "b.tif", "c.jpg",
    ]  # fmt: skip
    assert scan(folder, table).done == 0
    next(pictures.iterdir()).unlink()  # as after a scan by an older version
    assert scan(folder, table).done == 1
    assert set(pictures.iterdir()) == wanted()
    (folder / "a.tif").unlink()
    scan(folder, table)
    assert set(pictures.iterdir()) == wanted()
    assert len(wanted()) == 1
    Image.fromarray(textured(130, 160)).save(folder / "b.tif")
    scan(folder, table)
    assert set(pictures.iterdir()) == wanted()
    photo.save(folder / "b.tif")
    scan(folder, table, previews=False)
    assert not pictures.exists()
