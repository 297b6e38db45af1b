"""What a scan writes is never what it reads, and never replaces what no scan wrote; and all is said beforehand."""

import subprocess
import sys
from pathlib import Path

import pytest

from blurmap.errors import TableError
from blurmap.fields import COLUMNS
from blurmap.models import MODELS
from blurmap.photos.sources import Source
from blurmap.scanning import run as scan_run
from blurmap.scanning.inspection import Inspection
from blurmap.scanning.results import scan
from blurmap.scanning.store import store_path
from blurmap.scanning.table import read_table, write_table
from tests.support import EXAMPLES


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No photo is looked at, all are sharp; returns the paths of those that would have been."""
    seen: list[str] = []

    class Workers:
        def __init__(self, count: int, model: str, weights: str, *folders: Path | None) -> None:
            self.model, self.weights = model, weights

        def inspect(self, photo: Source) -> Inspection:
            seen.append(photo.path)
            return Inspection(photo.row(self.model, self.weights) | {"verdict": "sharp"})

        def end(self) -> None: ...

    monkeypatch.setattr(scan_run, "Workers", Workers)
    return seen


def command(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    code = "from blurmap.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_a_photo_is_not_written_over(tmp_path: Path) -> None:
    """``scan --csv p/*.jpg`` as a shell expands it, and outputs that are named as photos."""
    for name in ("a.jpg", "b.jpg", "c.csv"):
        (tmp_path / name).write_text(name)
    for arguments in (("--csv", "a.jpg", "b.jpg"), ("--jsonl", "a.jpg", "b.jpg"), ("--out", "a.jpg", "b.jpg"),
                      ("c.csv", "--out", "c.csv"), ("b.jpg", "--csv", "c.csv"), ("@c.csv", "--csv", "c.csv"),
                      ("b.jpg", "--out", "t.csv", "--csv", "t.csv")):  # fmt: skip
        done = command("scan", *arguments, cwd=tmp_path)
        assert done.returncode == 1, arguments
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {n: n for n in ("a.jpg", "b.jpg", "c.csv")}


def test_what_no_scan_wrote_stays(tmp_path: Path, quick: list[str]) -> None:
    for name, text in (("my.csv", "a,b\n1,2\n"), ("empty.csv", ""), ("my.jsonl", "[1]\n"), ("my.parquet", "x")):
        (tmp_path / name).write_text(text)
        with pytest.raises(TableError, match="not replaced"):
            scan(EXAMPLES, tmp_path / name)
        assert (tmp_path / name).read_text() == text
    (tmp_path / "t.csv.store").write_text("mine")
    with pytest.raises(TableError, match="store"):
        scan(EXAMPLES, tmp_path / "t.csv")
    assert (tmp_path / "t.csv.store").read_text() == "mine"
    assert not quick


def test_pyarrow_is_asked_for_before_any_photo(
    tmp_path: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"--out results\.csv"):
        scan(EXAMPLES, tmp_path / "t.parquet")
    assert not quick
    assert not list(tmp_path.iterdir())
    assert scan(EXAMPLES, tmp_path / "results.csv").done == 4  # the advice works


def test_new_weights_look_again(tmp_path: Path, quick: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "t.jsonl"
    scan(EXAMPLES, table)
    assert scan(EXAMPLES, table).skipped == 4
    monkeypatch.setattr(scan_run, "weights_of", lambda model: "1" * 64)
    assert scan(EXAMPLES, table).done == 4
    assert {row["weights"] for row in read_table(table)} == {"1" * 64}


def test_raw_and_jpeg_have_one_verdict(tmp_path: Path, quick: list[str]) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.jpg", "a.CR2", "b.png", "b.jpg", "c.nef"):
        (photos / name).write_text(name)
    assert scan(photos, tmp_path / "t.jsonl").done == 5
    assert sorted(Path(path).name for path in quick) == ["a.jpg", "b.jpg", "b.png", "c.nef"]
    rows = {Path(row["path"]).name: row for row in read_table(tmp_path / "t.jsonl")}
    assert rows["a.CR2"]["verdict"] == rows["a.jpg"]["verdict"] == "sharp"
    assert (rows["a.CR2"]["format"], rows["a.CR2"]["bytes"]) == ("RAW", 5)
    (photos / "a.jpg").write_text("changed")
    assert scan(photos, tmp_path / "t.jsonl").done == 2  # both files of the shot


def test_kept_masks_are_no_photos(tmp_path: Path, quick: list[str]) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.jpg.mask.png").touch()
    scan(tmp_path, tmp_path / "t.csv")
    assert [Path(path).name for path in quick] == ["a.jpg"]


def test_models_without_verdicts_are_refused_by_name(tmp_path: Path, quick: list[str]) -> None:
    with pytest.raises(ValueError, match="use default or default-int8"):
        scan(EXAMPLES, tmp_path / "t.csv", "paper")
    assert {name for name, model in MODELS.items() if model.capabilities.verdicts} == {"default", "default-int8"}


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_stops_nothing(tmp_path: Path) -> None:
    """As ``blurmap scan ... --move sorted --apply | head -1``."""
    (tmp_path / "a.jpg").write_bytes((EXAMPLES / "cat.jpg").read_bytes())
    path = str(tmp_path / "a.jpg")
    write_table([dict.fromkeys(COLUMNS) | {"path": path, "model": "default", "verdict": "sharp"}], tmp_path / "t.csv")
    code = "from blurmap.cli import main; main()"
    arguments = ["scan", path, "--out", "t.csv", "--move", "sorted", "--apply"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), complaint) == (0, b"")
    assert len(list((tmp_path / "sorted").rglob("a.jpg"))) == 1
    assert store_path(tmp_path / "t.csv").exists()
