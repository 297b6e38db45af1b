"""What ``blurmap.scan(...)`` gives: rows while photos are looked at, tables of all of them."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import blurmap
from blurmap.fields import COLUMNS
from blurmap.photos.shots import Shot
from blurmap.scanning import results as scan_results
from blurmap.scanning import run as scan_run
from blurmap.scanning.inspection import Inspection
from blurmap.scanning.results import ScanResults, scan
from blurmap.scanning.run import Options, Progress
from blurmap.scanning.table import schema
from tests.support import EXAMPLES, textured


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No photo is looked at, all are sharp but ``b.jpg``, the last ones come first; returns their names, when asked."""
    seen: list[str] = []

    def inspections_of(
        todo: list[Shot], options: Options, weights: str, pictures: Path | None = None
    ) -> Iterator[list[Inspection]]:
        for (photo,) in todo[::-1]:
            seen.append(Path(photo.path).name)
            error = "b.jpg: is <empty>" if photo.path.endswith("b.jpg") else None
            verdict = {"verdict": None if error else "sharp", "subject": None if error else [1, 2, 3, 4]}
            yield [Inspection(photo.row("default", weights, error) | verdict)]

    monkeypatch.setattr(scan_results, "inspections_of", inspections_of)
    monkeypatch.setattr(scan_run, "inspections_of", inspections_of)
    return seen


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "Fotos vom Süden"
    folder.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (folder / name).touch()
    return folder


def names(rows: Any) -> list[str]:
    return [Path(str(row["path"])).name for row in rows]


def test_photos_are_looked_at_while_rows_are_asked_for(photos: Path, looked: list[str]) -> None:
    found = blurmap.scan(photos)
    assert isinstance(found, ScanResults)
    assert (len(found), found.done, looked) == (3, 0, [])
    rows = iter(found)
    assert names([next(rows)]) == looked == ["c.jpg"]
    assert (found.done, found.verdicts) == (1, {"sharp": 1})
    assert names(found) == ["c.jpg", "b.jpg", "a.jpg"]  # from the first again, nothing twice
    assert names(rows) == ["b.jpg", "a.jpg"]
    assert names(found.rows()) == ["a.jpg", "b.jpg", "c.jpg"]
    assert looked == ["c.jpg", "b.jpg", "a.jpg"]
    assert found.verdicts == {"sharp": 2, "error": 1}
    assert [path.name for path in photos.parent.iterdir()] == [photos.name]  # nothing is written


def test_tables(photos: Path, looked: list[str]) -> None:
    pytest.importorskip("pyarrow")
    found = scan([photos / "a.jpg", photos / "b.jpg"])
    table = found.to_arrow()
    assert table.schema == schema()
    assert names(table.to_pylist()) == ["a.jpg", "b.jpg"]
    pandas = pytest.importorskip("pandas")
    frame = found.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame) == list(COLUMNS)
    assert list(frame[frame.error.isna()].verdict) == ["sharp"]
    polars = pytest.importorskip("polars")
    assert found.to_polars().filter(polars.col("verdict") == "sharp").height == 1


def test_what_a_table_needs_is_named(photos: Path, looked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = scan(photos)
    for library, make in (("pyarrow", found.to_arrow), ("pandas", found.to_pandas), ("polars", found.to_polars)):
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, library, None)
            with pytest.raises(ImportError, match=f"pip install .*{'scan' if library == 'pyarrow' else library}"):
                make()


def test_with_a_table_all_is_done_at_once(photos: Path, looked: list[str], tmp_path: Path) -> None:
    found = blurmap.scan(photos, tmp_path / "t.jsonl", watch=(told := list[Progress]()).append)
    assert (found.total, found.done, found.skipped, len(told)) == (3, 3, 0, 4)
    assert names(found) == ["a.jpg", "b.jpg", "c.jpg"]
    again = blurmap.scan(photos / "a.jpg", tmp_path / "t.jsonl")
    assert (again.total, again.done, again.skipped) == (1, 0, 1)
    assert names(again) == ["a.jpg"]  # not what the table has of other photos


def test_a_notebook_shows_counts_and_first_rows(photos: Path, looked: list[str]) -> None:
    found = scan(photos)
    assert repr(found) == "<ScanResults: 0 of 3 photos>"
    assert "<table" not in found._repr_html_()
    found.rows()
    assert repr(found) == "<ScanResults: 3 of 3 photos, error 1, sharp 2>"
    assert "is &lt;empty&gt;" in found._repr_html_()
    assert found._repr_html_().count("<tr>") == 4


def test_help_and_completion_know_the_function() -> None:
    assert inspect.signature(blurmap.scan) == inspect.signature(scan)
    assert "to_pandas" in (blurmap.scan.__doc__ or "")


def test_problems_are_kept_and_errors_told_at_once(tmp_path: Path) -> None:
    assert scan(str(tmp_path)).problems == [f"{tmp_path}: no photos there"]
    with pytest.raises(ValueError, match="passes no verdicts"):
        scan(EXAMPLES, model="paper")


@pytest.mark.slow
def test_rows_of_true_photos(tmp_path: Path) -> None:
    Image.fromarray(textured(60, 80)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    rows = {Path(row["path"]).name: row for row in scan(tmp_path, workers=1)}
    assert rows["a.png"]["error"] is None
    assert (rows["a.png"]["width"], rows["a.png"]["format"]) == (80, "PNG")
    assert rows["b.png"]["error"] == "b.png: is empty"
