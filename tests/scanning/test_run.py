"""Scans as users meet them: mixed folders, kills, second runs, tables in three formats, sorting, sidecars."""

import csv
import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.errors import TableError
from blurmap.fields import COLUMNS
from blurmap.imaging.pyramid import Pyramid
from blurmap.maps import Maps
from blurmap.photos.sources import Source, find_photos
from blurmap.scanning.inspection import Inspection
from blurmap.scanning.previews import make_preview
from blurmap.scanning.results import scan
from blurmap.scanning.run import table_of_store, unchanged
from blurmap.scanning.store import Store, store_path
from blurmap.scanning.table import read_table, write_table
from tests.cli.command import quick
from tests.conftest import EXAMPLES, textured
from tests.scanning.test_outputs import command

MANY = 150  # photos: seconds of work


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Formats of all kinds in nested folders, two of them broken."""
    root = tmp_path / "photos"
    (root / "inner").mkdir(parents=True)
    picture = Image.fromarray(textured(120, 160))
    for name in ("a.jpg", "b.png", "c.webp", "d.tif", "e.avif", "f.gif", "inner/a.jpg"):
        picture.save(root / name)
    deep = (textured(120, 160).astype(np.uint16) * 257)[..., 0]
    Image.fromarray(deep).save(root / "sixteen.tif")
    (root / "broken.jpg").write_bytes((root / "a.jpg").read_bytes()[:500])
    (root / "empty.png").touch()
    (root / "notes.txt").write_text("no photo")
    return root


def told(path: Path) -> list[dict[str, object]]:
    """The table without what a second run cannot repeat."""
    return [{k: v for k, v in row.items() if k != "seconds"} for row in read_table(path)]


@pytest.mark.slow
def test_a_row_for_each_photo_whatever_is_wrong_with_it(folder: Path, tmp_path: Path) -> None:
    progress = scan(folder, tmp_path / "t.parquet")
    rows = {os.path.relpath(row["path"], folder): row for row in read_table(tmp_path / "t.parquet")}
    assert sorted(rows) == sorted(["a.jpg", "b.png", "c.webp", "d.tif", "e.avif", "f.gif", "inner/a.jpg", "sixteen.tif",
                                   "broken.jpg", "empty.png"])  # fmt: skip
    assert list(rows["a.jpg"]) == list(COLUMNS)
    assert (rows["a.jpg"]["width"], rows["a.jpg"]["height"], rows["a.jpg"]["format"]) == (160, 120, "JPEG")
    assert rows["a.jpg"]["bytes"] == (folder / "a.jpg").stat().st_size
    assert rows["a.jpg"]["verdict"] in ("sharp", "selective", "defocused", "motion")
    assert rows["a.jpg"]["defocus"] + rows["a.jpg"]["motion"] == pytest.approx(rows["a.jpg"]["blurred"], abs=3e-4)
    assert rows["a.jpg"]["error"] is None
    assert rows["e.avif"]["format"] == "AVIF"
    assert "damaged" in rows["broken.jpg"]["error"]
    assert "empty" in rows["empty.png"]["error"]
    assert rows["broken.jpg"]["verdict"] is None
    assert progress.verdicts["error"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".t.parquet.lock",
        "photos",
        "t.parquet",
        "t.parquet.pictures",
        "t.parquet.store",
    ]


@pytest.mark.slow
def test_only_what_is_new_is_looked_at(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.jsonl"
    scan(folder, table)
    first = told(table)
    progress = scan(folder, table)
    assert (progress.skipped, progress.done) == (8, 2)  # the broken ones are tried again
    assert told(table) == first
    Image.fromarray(textured(90, 90)).save(folder / "b.png")
    (folder / "c.webp").unlink()
    progress = scan(folder, table)
    assert progress.done == 3
    rows = {Path(str(row["path"])).name: row for row in told(table)}
    assert rows["b.png"]["width"] == 90
    assert "c.webp" not in rows
    progress = scan(folder, table, "default-int8")
    assert progress.done == 9
    assert {row["model"] for row in told(table)} == {"default-int8"}


def many_photos(folder: Path, count: int = MANY) -> Path:
    """So many that a scan of them can be stopped in the middle."""
    folder.mkdir()
    content = io.BytesIO()
    Image.fromarray(textured(200, 260)).save(content, "JPEG")
    for i in range(count):
        (folder / f"{i:03}.jpg").write_bytes(content.getvalue())
    return folder


def start(photos: Path, table: Path) -> subprocess.Popen[str]:
    """The command in a process of its own; what a shell runs in the background would be deaf to interrupts."""
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); import blurmap.cli as c; c.main()"
    command = [sys.executable, "-c", code, "scan", str(photos), "--out", str(table)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def rows_in_store(table: Path) -> int:
    """How many rows a scan that goes on, or was stopped, has kept so far."""
    try:
        with closing(sqlite3.connect(f"file:{store_path(table)}?mode=ro", uri=True)) as base:
            return int(base.execute("select count(*) from looks where row is not null").fetchone()[0])
    except sqlite3.Error:  # it is not there yet
        return 0


def wait_for_rows(table: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while rows_in_store(table) < count and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_scan_goes_on_and_gives_the_table_of_a_clean_one(tmp_path: Path) -> None:
    photos, table = many_photos(tmp_path / "photos"), tmp_path / "t.parquet"
    process = start(photos, table)
    wait_for_rows(table, 12)
    process.kill()
    process.communicate()
    assert not table.exists()
    done_before = rows_in_store(table)
    assert 10 <= done_before < MANY
    copied = tmp_path / "killed.parquet"
    for file in tmp_path.glob("t.parquet.store*"):  # with what SQLite keeps beside it
        shutil.copy(file, tmp_path / file.name.replace("t.", "killed.", 1))
    assert table_of_store(copied)  # as 'report' does
    assert len(read_table(copied)) == done_before
    assert not table_of_store(copied)
    progress = scan(photos, table)
    assert progress.skipped == done_before
    scan(photos, tmp_path / "clean.parquet")
    assert told(table) == told(tmp_path / "clean.parquet")


@pytest.mark.slow
def test_kills_at_any_moment_lose_and_double_nothing(tmp_path: Path) -> None:
    photos = many_photos(tmp_path / "photos", 24)
    began = time.monotonic()
    clean = start(photos, tmp_path / "clean.jsonl")
    clean.communicate()
    taken, random = time.monotonic() - began, np.random.default_rng()
    for i in range(8):
        table = tmp_path / f"{i}.jsonl"
        moment = random.uniform(0, 1.1 * taken)
        process = start(photos, table)
        time.sleep(moment)
        process.kill()
        process.communicate()
        scan(photos, table)
        assert told(table) == told(tmp_path / "clean.jsonl"), f"killed after {moment} s"
        assert not list(tmp_path.glob(f"{i}.jsonl.store-*"))


def test_a_scan_of_nothing_makes_no_table(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for sources, told in ((["empty"], "empty: no photos there"), (["a", "b.jpg"], "b.jpg: no such file or folder")):
        done = quick("scan", *(tmp_path / source for source in sources), "--out", tmp_path / "t.csv")
        assert done.status == 1
        assert "no table is written" in done.stderr
        assert told in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


@pytest.mark.slow
def test_interrupt_stops_cleanly(tmp_path: Path) -> None:
    photos, table = many_photos(tmp_path / "photos"), tmp_path / "t.parquet"
    process = start(photos, table)
    wait_for_rows(table, 5)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "goes on from here" in complaint
    assert "Traceback" not in complaint
    rows = read_table(table)  # of what was looked at, with no row waiting to be written
    assert 3 < len(rows) < MANY
    assert all(row["verdict"] for row in rows)
    assert rows_in_store(table) == 0
    progress = scan(photos, table)
    assert (progress.skipped, progress.total) == (len(rows), MANY)


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl"])
def test_tables_keep_every_value(tmp_path: Path, ending: str) -> None:
    full = {
        "path": "/a/ü,\"x\".jpg", "bytes": 2**40, "mtime": 1.5e9 + 0.123456, "width": 6000, "height": 4000,
        "format": "JPEG", "verdict": "selective", "confidence": 0.91, "reason": "a\r\nb \u2028",
        "blurred": 0.5,
        "defocus": 0.25, "motion": 0.25, "subject": [1, 2, 3, 4], "subject_sharpness": 0.8, "sharp_size": 3000,
        "soft": True, "model": "default", "weights": "ab12", "error": None, "seconds": 0.1,
        "taken": "2026-05-01T10:00:00.5+02:00",
        "camera": "Made Up X1", "burst": "b1", "rank": 2,
    }  # fmt: skip
    empty = dict.fromkeys(COLUMNS) | {"path": "b.jpg", "model": "default", "error": "b.jpg: is empty"}
    write_table([full, empty], tmp_path / f"t{ending}")
    assert read_table(tmp_path / f"t{ending}") == [full, empty]


def test_other_files_are_not_taken_for_tables(tmp_path: Path) -> None:
    for name, content in (("a.csv", "x,y\n1,2\n"), ("a.jsonl", '{"x": 1}\n'), ("a.parquet", "text"), ("a.txt", "")):
        (tmp_path / name).write_text(content)
        with pytest.raises(TableError, match="table of a scan"):
            read_table(tmp_path / name)
        assert (tmp_path / name).read_text() == content
    done = command("scan", EXAMPLES, "--out", "a.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "a.csv: is not the table of a scan" in done.stderr
    assert (tmp_path / "a.csv").read_text() == "x,y\n1,2\n"


def test_sources(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems: list[str] = []

    def names(*sources: str) -> list[str]:
        return [os.path.relpath(photo.path, folder) for photo in find_photos(sources, problems.append)]

    assert names(str(folder / "*.jpg")) == ["a.jpg", "broken.jpg"]
    assert names(str(folder / "**/a.jpg")) == ["a.jpg", "inner/a.jpg"]
    assert names(str(folder / "a.jpg"), str(folder / "a.jpg")) == ["a.jpg"]
    (tmp_path / "list").write_text(f"{folder}/b.png\n\n{folder}/a.jpg\n")
    assert names(f"@{tmp_path / 'list'}") == ["a.jpg", "b.png"]
    with (tmp_path / "list").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert names("-") == ["a.jpg", "b.png"]
    urls = [photo.path for photo in find_photos([f"file://{folder}/inner"], problems.append)]
    assert urls == [f"file://{folder}/inner/a.jpg"]
    assert not problems
    (tmp_path / "nothing").mkdir()
    assert names(str(tmp_path / "nothing"), "@missing", "nonsense://x/y.jpg") == []
    assert len(problems) >= 3


def test_photos_behind_urls_are_read(folder: Path, tmp_path: Path) -> None:
    photos = f"file://{folder}/inner"
    scan(photos, tmp_path / "t.jsonl")
    (row,) = read_table(tmp_path / "t.jsonl")
    assert row["width"] == 160
    assert row["path"].startswith("file://")
    assert scan(photos, tmp_path / "t.jsonl").skipped == 1


@pytest.mark.parametrize(
    ("size", "mtime", "kept"),
    [(10, 5.0, True), (10, 6.0, False), (11, 5.0, False), (None, 5.0, True), (None, 6.0, False), (None, None, True)],
)
def test_what_a_server_tells_decides_whether_to_look_again(size: int | None, mtime: float | None, kept: bool) -> None:
    row = {"error": None, "weights": "one", "bytes": 10, "mtime": 5.0}
    assert unchanged(Source("https://example.org/a.jpg", size, mtime), row, "one") is kept
    assert not unchanged(Source("https://example.org/a.jpg", size, mtime), row, "other")
    assert not unchanged(Source("https://example.org/a.jpg", size, mtime), row | {"weights": None}, "one")
    assert not unchanged(Source("https://example.org/a.jpg", size, mtime), None, "one")


@pytest.mark.slow
def test_a_full_disk_loses_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, real, written = tmp_path / "t.jsonl", Store.add, 0

    def add(self: Store, inspections: list[Inspection]) -> None:
        nonlocal written
        written += 1
        if written > 4:
            raise OSError(28, "No space left on device")
        real(self, inspections)

    monkeypatch.setattr(Store, "add", add)
    with pytest.raises(OSError, match="No space"):
        scan(folder, table)
    monkeypatch.setattr(Store, "add", real)
    assert rows_in_store(table) == 4
    scan(folder, table)
    assert len(read_table(table)) == 10


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads every folder")
def test_an_unreadable_folder_is_reported(folder: Path) -> None:
    (folder / "inner").chmod(0)
    problems: list[str] = []
    photos = find_photos([str(folder)], problems.append)
    (folder / "inner").chmod(0o755)
    assert len(photos) == 9
    assert "inner: folder cannot be read" in problems[0]


@pytest.mark.slow
def test_the_command_from_photos_to_sorted_folders_and_back(folder: Path, tmp_path: Path) -> None:
    done = command("scan", folder, "--out", "t.parquet", "--csv", "t.csv", "--jsonl", "t.jsonl", "--masks", "masks",
               "--move", "sorted", "--xmp", cwd=tmp_path)  # fmt: skip
    assert "10 photos, 10 looked at" in done.stdout
    assert "would move" in done.stdout
    assert "nothing was changed" in done.stdout
    assert "broken.jpg: " in done.stderr
    assert not (tmp_path / "sorted").exists()
    assert not list(folder.rglob("*.xmp"))
    with (tmp_path / "t.csv").open(newline="") as file:
        assert list(next(csv.reader(file))) == list(COLUMNS)
    assert len((tmp_path / "t.jsonl").read_text().splitlines()) == 10
    assert len(list((tmp_path / "masks").rglob("*.mask.png"))) == 8
    before = sorted(folder.rglob("*"))
    done = command("scan", folder, "--out", "t.parquet", "--move", "sorted", "--yes", cwd=tmp_path)
    moved = [path for path in (tmp_path / "sorted").rglob("*") if path.is_file() and "undo" not in path.name]
    assert len(moved) == 8
    assert not (folder / "a.jpg").exists()
    assert (folder / "broken.jpg").exists()
    undo = next((tmp_path / "sorted").glob("undo-*.jsonl"))
    command("undo", undo, cwd=tmp_path)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.slow
def test_masks_are_kept_for_each_photo(folder: Path, tmp_path: Path) -> None:
    scan(folder, tmp_path / "t.jsonl", masks=tmp_path / "masks")
    masks = list((tmp_path / "masks").rglob("*.mask.png"))
    assert len(masks) == 8
    assert set(np.unique(np.asarray(Image.open(masks[0])))) <= {0, 255}
    masks[0].unlink()
    assert scan(folder, tmp_path / "t.jsonl", masks=tmp_path / "masks").done == 3  # two of them are broken


def test_previews_survive_and_are_forgotten(tmp_path: Path) -> None:
    blurred = np.zeros((30, 40), np.float32)
    blurred[:, 20:] = 1
    preview = make_preview(Pyramid(Image.fromarray(textured(300, 400))), Maps(blurred, np.zeros_like(blurred)))
    store = Store(tmp_path / "t.parquet")
    store.add([Inspection({"path": "a"}, preview), Inspection({"path": "b"}, preview), Inspection({"path": "c"})])
    assert [row["path"] for row in store.rows()] == ["a", "b", "c"]
    store.empty(["b", "c"])
    store.close()
    again = Store(tmp_path / "t.parquet", read_only=True)
    assert not again.rows()
    assert again.preview("a") is None
    assert again.preview("b") == preview
    again.close()
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet.store"]


def test_a_store_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = store_path(tmp_path / "t.csv")
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("create table looks (path text primary key, row text, photo blob, tint blob)")
        base.execute("pragma user_version = 1")
    before = path.read_bytes()
    for read_only in (True, False):
        with pytest.raises(TableError, match="is not the store of a scan; move it"):
            Store(tmp_path / "t.csv", read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.slow
def test_heic_and_raw_have_rows_too(tmp_path: Path) -> None:
    data = Path(__file__).parent.parent / "data"
    shutil.copy(data / "photo.heic", tmp_path / "one.heic")
    shutil.copy(data / "photo.dng", tmp_path / "other.dng")  # of one name they would be one shot
    scan(tmp_path, tmp_path / "t.jsonl")
    assert {(row["format"], row["width"], row["error"]) for row in read_table(tmp_path / "t.jsonl")} == {
        ("HEIF", 96, None),
        ("RAW", 48, None),
    }
