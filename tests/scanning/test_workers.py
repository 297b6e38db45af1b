"""A scan survives whatever one photo does to the process that looks at it."""

import shutil
from pathlib import Path

import pytest

from blurmap.models import load
from blurmap.photos.shots import Shot
from blurmap.photos.sources import Source
from blurmap.scanning import memory, run, workers
from blurmap.scanning.inspection import Inspection, inspect
from blurmap.scanning.results import scan
from blurmap.scanning.table import read_table
from tests.support import EXAMPLES

DNG = Path(__file__).parent.parent / "data" / "photo.dng"
SICK = """
import os, signal, sys, time
LibRawError = RuntimeError
def imread(file):
    {what}
"""  # stands in for the decoder of camera RAW


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("os.abort()", "crashed (signal 6)"),
        ("os._exit(3)", "crashed (exit status 3)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed (signal 11)"),
        pytest.param("time.sleep(9999)", "crashed (signal 9)", marks=pytest.mark.slow),
    ],
)
def test_a_photo_that_ends_the_process_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, error: str
) -> None:
    (tmp_path / "rawpy.py").write_text(SICK.format(what=what))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(workers, "SLOWEST", 12.0)
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.jpg", "c.jpg"):
        shutil.copy(EXAMPLES / "cat.jpg", photos / name)
    shutil.copy(DNG, photos / "b.dng")
    progress = scan(photos, tmp_path / "t.jsonl", workers=1)
    rows = {Path(row["path"]).name: row for row in read_table(tmp_path / "t.jsonl")}
    assert error in rows["b.dng"]["error"]
    assert rows["a.jpg"]["verdict"] == rows["c.jpg"]["verdict"] == "selective"
    assert rows["a.jpg"]["model"] == "default"
    assert progress.verdicts == {"selective": 2, "error": 1}


def test_any_exception_becomes_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def detect(photo: object) -> None:
        raise ZeroDivisionError("by nought")

    model = load("default", threads=1)
    monkeypatch.setattr(model, "detect", detect)
    path = str(EXAMPLES / "cat.jpg")
    row = inspect(model, Source(path, None, None)).row
    assert row["error"] == "cat.jpg: cannot be looked at (its content is not what was expected)"


@pytest.mark.slow
def test_a_script_without_a_guard_may_scan(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = tmp_path / "script.py"
    script.write_text(f"import blurmap\nprint(blurmap.scan({str(EXAMPLES)!r}, 't.csv', workers=1).done)\n")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "4\n"


def test_no_more_workers_than_fit_into_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    container, unlimited = tmp_path / "memory.max", tmp_path / "max"
    container.write_text("3221225472\n")
    unlimited.write_text("max\n")
    monkeypatch.setattr(memory, "_system", lambda: 64 * 2**30)
    assert memory.workers_that_fit(16, (unlimited, tmp_path / "missing")) == 16
    assert memory.workers_that_fit(16, (unlimited, container)) == 3
    assert memory.workers_that_fit(2, (container,)) == 2
    monkeypatch.setattr(memory, "_system", lambda: 2**29)
    assert memory.workers_that_fit(16, (container,)) == 1


def test_the_system_tells_its_memory() -> None:
    assert memory.memory(()) > 2**28


def test_a_scan_asks_how_many_workers_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Counted:
        def __init__(self, count: int, *more: object) -> None:
            asked.append(count)

        def inspect(self, photo: Source) -> Inspection:
            return Inspection(photo.row("default", ""))

        def end(self) -> None:
            pass

    monkeypatch.setattr(run, "Workers", Counted)
    monkeypatch.setattr(run, "workers_that_fit", lambda cores: 3)
    todo: list[Shot] = [(Source(f"/{number}.jpg", None, None),) for number in range(9)]
    for workers_asked in (None, 5):
        assert len(list(run.inspections_of(todo, run.Options(workers=workers_asked), ""))) == 9
    assert asked == [3, 5]
