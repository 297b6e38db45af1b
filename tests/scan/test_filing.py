"""Photos sorted into folders: nothing is replaced, all is taken back."""

from pathlib import Path

import pytest

from blurmap.errors import TableError
from blurmap.scan import filing
from blurmap.scan.table import COLUMNS


def row(path: Path, verdict: str = "sharp") -> dict[str, object]:
    return dict.fromkeys(COLUMNS) | {"path": str(path), "verdict": verdict, "reason": 'sharp <all> "over"'}


def test_filing_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "out/sharp").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    for name, content in (("a.jpg", "1"), ("b/a.jpg", "2"), ("out/sharp/a.jpg", "mine")):
        (tmp_path / name).write_text(content)
    steps = filing.plan([row(tmp_path / "a.jpg"), row(tmp_path / "b/a.jpg")], tmp_path / "out")
    assert [step.target.name for step in steps] == ["a-2.jpg", "a-3.jpg"]
    (tmp_path / "out/sharp/a-3.jpg").write_text("came meanwhile")
    undo, problems = filing.carry_out(steps, "move", tmp_path / "out")
    assert len(problems) == 1
    assert (tmp_path / "out/sharp/a-3.jpg").read_text() == "came meanwhile"
    assert (tmp_path / "b/a.jpg").read_text() == "2"
    assert (tmp_path / "out/sharp/a.jpg").read_text() == "mine"
    assert not (tmp_path / "a.jpg").exists()
    problems = list(filing.undo(undo))
    assert (tmp_path / "a.jpg").read_text() == "1"
    assert (tmp_path / "out/sharp/a-3.jpg").read_text() == "came meanwhile"


def test_undoing_a_copy_keeps_what_was_changed(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_text(name)
    steps = filing.plan([row(tmp_path / "a.jpg"), row(tmp_path / "b.jpg")], tmp_path / "out")
    undo, _ = filing.carry_out(steps, "copy", tmp_path / "out")
    (tmp_path / "out/sharp/b.jpg").write_text("edited")
    problems = list(filing.undo(undo))
    assert len(problems) == 1
    assert not (tmp_path / "out/sharp/a.jpg").exists()
    assert (tmp_path / "out/sharp/b.jpg").read_text() == "edited"
