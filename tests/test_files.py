"""Files are whole or not there, whatever their names."""

import os
import time
from pathlib import Path

import pytest

from blurmap import files
from blurmap.files import TEMPORARY, copy_file, open_regular, remove_leftovers, write_text


@pytest.mark.parametrize("name", ["🦊" * 60 + ".txt", "a" * 251 + ".txt", "é" * 120])
def test_long_names_are_written(tmp_path: Path, name: str) -> None:
    write_text(tmp_path / name, "text")
    assert (tmp_path / name).read_text() == "text"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_a_kill_left_goes_and_what_is_being_written_stays(tmp_path: Path) -> None:
    left, new = tmp_path / f".a.jpg.x{TEMPORARY}", tmp_path / f".b.jpg.y{TEMPORARY}"
    for path in (left, new):
        path.write_text("half")
    os.utime(left, (time.time() - 3600,) * 2)
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [new.name]


@pytest.mark.skipif(os.name != "posix", reason="locks as POSIX has them")
def test_a_file_that_is_written_for_hours_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "OLD", -1.0)

    def write(file: object) -> None:
        remove_leftovers(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1

    files.write_file(tmp_path / "a.txt", write)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("a")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(OSError, match="No space"):
        copy_file(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_folders_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)
