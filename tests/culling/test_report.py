"""The report of a real scan: what its one file holds."""

import base64
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from blurmap.culling import report
from blurmap.culling.report import write_report
from blurmap.errors import TableError
from blurmap.fields import COLUMNS
from blurmap.scanning.ray import Parts
from blurmap.scanning.results import scan
from blurmap.scanning.table import read_table, write_table
from tests.conftest import EXAMPLES, textured


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "photos/more").mkdir(parents=True)
    for path in EXAMPLES.glob("*.jpg"):
        shutil.copy(path, folder / "photos")
    for i in range(8):
        Image.fromarray(textured(90, 120, i)).save(folder / f"photos/more/{i}.png")
    (folder / "photos/<b>odd & bad.jpg").write_bytes(b"no photo")
    scan(folder / "photos", folder / "r.parquet")
    return folder / "r.parquet"


def entries(page: Path) -> list[dict[str, Any]]:
    text = page.read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(
        text.split('<script type="application/json" id="words">')[1].split("</script>")[0]
    )
    return found


def pictures(page: Path, kind: str) -> dict[int, bytes]:
    """What is in the elements ``whole0``, ``whole1``... (or ``crop``) of the page, by number."""
    pattern = rf'<script type="text/plain" id="{kind}(\d+)"[^>]*>(.*?)</script>'
    found = re.findall(pattern, page.read_text(encoding="utf-8"))
    return {int(number): content.encode() for number, content in found}


@pytest.mark.slow
def test_the_page_holds_every_photo_and_nothing_from_elsewhere(scanned: Path, tmp_path: Path) -> None:
    page, problems = write_report(scanned, tmp_path / "r.html")
    assert not problems
    photos = entries(page)
    assert len(photos) == 13
    assert {photo["folder"] for photo in photos} == {".", "more"}
    whole, crops = pictures(page, "whole"), pictures(page, "crop")
    assert set(whole) == set(crops) == {number for number, photo in enumerate(photos) if not photo["error"]}
    assert all(len(content.split(b" ")) == 2 for content in whole.values())  # the photo, and its tint
    text = page.read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
    assert "<b>odd" not in text
    with pytest.raises(FileExistsError, match="--overwrite"):
        write_report(scanned, page)
    write_report(scanned, page, overwrite=True)


def test_without_previews_the_photos_are_read_again(scanned: Path, tmp_path: Path) -> None:
    rows = read_table(scanned)
    rows.append(dict.fromkeys(COLUMNS) | {"path": str(tmp_path / "gone.jpg"), "model": "default", "verdict": "sharp"})
    write_table(rows, tmp_path / "t.jsonl")
    page, problems = write_report(tmp_path / "t.jsonl", tmp_path / "t.html")
    assert len(problems) == 1
    assert "gone.jpg" in problems[0]
    assert len(entries(page)) == 14
    assert len(pictures(page, "whole")) == len(pictures(page, "crop")) == 12
    assert all(content.endswith(b" ") for content in pictures(page, "whole").values())  # without a tint


def test_the_page_shows_the_photos_own_pixels_and_where_they_are(scanned: Path, tmp_path: Path) -> None:
    page, _ = write_report(scanned, tmp_path / "r.html")
    (number, photo) = next((i, photo) for i, photo in enumerate(entries(page)) if photo["name"] == "astronaut.jpg")
    assert photo["file"] == Path(photo["path"]).as_uri()
    text = page.read_text(encoding="utf-8")
    left, top, right, bottom = map(int, re.findall(rf'id="crop{number}" data-box="(.*?)"', text)[0].split(","))
    crop = np.asarray(Image.open(io.BytesIO(base64.b64decode(pictures(page, "crop")[number]))), np.float32)
    own = np.asarray(Image.open(photo["path"]), np.float32)[top:bottom, left:right]
    assert np.abs(crop - own).mean() < 8


def test_the_size_is_said_before_anything_is_written(scanned: Path, tmp_path: Path) -> None:
    said: dict[bool, int] = {}
    for loupes in (True, False):
        out = tmp_path / f"{loupes}.html"

        def expect(photos: int, size: int, loupes: bool = loupes, out: Path = out) -> None:
            assert photos == 13
            assert not out.exists()
            said[loupes] = size

        write_report(scanned, out, loupes=loupes, expect=expect)
        own = sum(map(len, report.page_parts("")))
        assert 0.8 < said[loupes] / (out.stat().st_size - own) < 1.25
    assert said[False] < said[True]
    assert not pictures(tmp_path / "False.html", "crop")


def test_the_title_is_the_folders_and_the_files_of_a_shot_are_one_photo(tmp_path: Path) -> None:
    row = dict.fromkeys(COLUMNS) | {"model": "default", "verdict": "sharp", "error": "gone", "bytes": 3}
    names = ("trip/a.CR2", "trip/a.jpg", "trip/b.jpg")
    write_table([row | {"path": f"/nowhere/{name}"} for name in names], tmp_path / "e.jsonl")
    path, _ = write_report(tmp_path / "e.jsonl", tmp_path / "e.html")
    first, second = entries(path)
    assert (first["name"], second["name"]) == ("a.jpg", "b.jpg")
    assert first["also"] == [{"path": "/nowhere/trip/a.CR2", "bytes": 3}]
    assert "<title>trip: 2 photos</title>" in path.read_text(encoding="utf-8")
    write_table([row | {"path": "https://nowhere.example/a.jpg"}], tmp_path / "e.jsonl")
    path, _ = write_report(tmp_path / "e.jsonl", tmp_path / "e.html", overwrite=True)
    assert "<title>e: 1 photo</title>" in path.read_text(encoding="utf-8")
    assert "file" not in entries(path)[0]


def test_only_reports_are_replaced(scanned: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    (tmp_path / "photo.jpg").write_text("a photo")
    for name in ("mine.html", "photo.jpg", "new.txt"):
        with pytest.raises(TableError):
            write_report(scanned, tmp_path / name, overwrite=True)
    assert (tmp_path / "mine.html").read_text() == "<p>mine</p>"
    assert (tmp_path / "photo.jpg").read_text() == "a photo"
    assert not (tmp_path / "new.txt").exists()


def test_a_folder_of_parts_has_a_report(tmp_path: Path) -> None:
    parts = Parts(str(tmp_path / "parts"))
    row = dict.fromkeys(COLUMNS) | {"model": "default", "verdict": "sharp", "error": "gone"}
    for name in ("a.jpg", "b.jpg"):
        parts.write([row | {"path": f"/nowhere/{name}"}])
    path, _ = write_report(tmp_path / "parts", tmp_path / "parts.html")
    assert [photo["name"] for photo in sorted(entries(path), key=lambda p: str(p["name"]))] == ["a.jpg", "b.jpg"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(TableError, match="folder without parts"):
        write_report(tmp_path / "empty", tmp_path / "empty.html")


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_tables_of_older_versions_have_reports(tmp_path: Path, ending: str) -> None:
    table = tmp_path / f"old{ending}"
    old = {"path": "/nowhere/a.jpg", "verdict": "sharp", "model": "default", "error": "gone"}
    if ending == ".csv":
        table.write_text(",".join(old) + "\n" + ",".join(old.values()) + "\n")
    elif ending == ".jsonl":
        table.write_text(json.dumps(old) + "\n")
    else:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([old]), table)
    (photo,) = entries(write_report(table, tmp_path / "old.html")[0])
    assert photo["error"] == "gone"
    assert photo["sharp_size"] is None
