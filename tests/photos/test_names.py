"""Names of any bytes: written as text, taken back exactly, and found again by all that reads a table."""

import os
import sys
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blurmap.culling import filing, sidecar
from blurmap.culling.report import write_report
from blurmap.culling.taking_back import take_back
from blurmap.culling.undo_list import UndoList
from blurmap.photos.names import file_name, written
from blurmap.photos.sources import find_photos
from blurmap.scanning.results import scan
from blurmap.scanning.table import read_table
from tests.support import EXAMPLES

LATIN = b"caf\xe9.jpg"


@given(st.binary())
@example(rb"\xe9")
@example(b"\\\xe9")
@example(b"\\x5c\xe9x41")
@example("é \\ x41 %41".encode())
def test_any_name_is_taken_back(name: bytes) -> None:
    text = written(os.fsdecode(name))
    assert os.fsencode(file_name(text)) == name
    text.encode()  # or no table could hold it


def test_usual_names_stay_as_they_are() -> None:
    for name in ("/photos/é 100%.jpg", "https://example.org/a%20b.jpg", r"C:\photos\a.jpg"):
        assert written(name) == name


@pytest.mark.parametrize("name", [r"D:\xa9\x41.jpg", r"D:\photos\x5c\a.jpg", r"\\server\x20\é.jpg"])
def test_a_path_of_windows_is_written_as_it_is(name: str) -> None:
    """There ``\xa9`` is a folder, and ``\x5cxa9`` would be another."""
    path = PureWindowsPath(name)
    text = written(path, windows=True)
    assert text == name
    assert PureWindowsPath(file_name(text, windows=True)) == path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are UTF-8 there")
@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl"])
def test_a_name_that_is_not_text_has_a_row_and_is_found(tmp_path: Path, ending: str) -> None:
    photo = Path(os.fsdecode(os.fsencode(tmp_path) + b"/photos/" + LATIN))
    photo.parent.mkdir()
    photo.write_bytes((EXAMPLES / "cat.jpg").read_bytes())
    table = tmp_path / f"t{ending}"
    scan(photo.parent, table, masks=tmp_path / "masks", previews=False)
    assert scan(photo.parent, table, masks=tmp_path / "masks", previews=False).skipped == 1
    (row,) = read_table(table)
    assert row["path"].endswith(r"caf\xe9.jpg")
    assert row["error"] is None
    assert not write_report(table, tmp_path / "r.html")[1]
    for line in (bytes(photo), row["path"].encode()):  # as find prints it, as the report exports it
        (tmp_path / "list").write_bytes(line)
        assert find_photos([f"@{tmp_path / 'list'}"], print)[0].size == photo.stat().st_size
    assert sidecar.write_sidecars(sidecar.verdict_properties([row])) == (1, [])
    with UndoList(tmp_path / "sorted", [tmp_path]) as undo:
        assert not filing.carry_out(filing.plan(filing.verdicts([row]), tmp_path / "sorted"), "move", undo)
    assert bytes(tmp_path / "sorted" / row["verdict"]) + b"/" + LATIN + b".xmp" in {
        bytes(path) for path in (tmp_path / "sorted").rglob("*")
    }
    assert not list(take_back(undo.path))
    assert photo.exists()
