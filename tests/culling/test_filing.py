"""Photos sorted into folders: nothing is replaced, all is taken back."""

from pathlib import Path

import pytest

from blurmap.culling import filing
from blurmap.culling.filing import Step
from blurmap.culling.taking_back import take_back
from blurmap.culling.undo_list import UndoList
from blurmap.errors import TableError
from blurmap.fields import COLUMNS


def row(path: Path, verdict: str = "sharp") -> dict[str, object]:
    return dict.fromkeys(COLUMNS) | {"path": str(path), "verdict": verdict, "reason": 'sharp <all> "over"'}


def plan(rows: list[dict[str, object]], folder: Path) -> list[Step]:
    return filing.plan(filing.verdicts(rows), folder)


def test_filing_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "out/sharp").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    for name, content in (("a.jpg", "1"), ("b/a.jpg", "2"), ("out/sharp/a.jpg", "mine")):
        (tmp_path / name).write_text(content)
    steps = plan([row(tmp_path / "a.jpg"), row(tmp_path / "b/a.jpg")], tmp_path / "out")
    assert [step.target.name for step in steps] == ["a-2.jpg", "a-3.jpg"]
    (tmp_path / "out/sharp/a-3.jpg").write_text("came meanwhile")
    with UndoList(tmp_path / "out", [tmp_path]) as undo:
        problems = filing.carry_out(steps, "move", undo)
    assert len(problems) == 1
    assert (tmp_path / "out/sharp/a-3.jpg").read_text() == "came meanwhile"
    assert (tmp_path / "b/a.jpg").read_text() == "2"
    assert (tmp_path / "out/sharp/a.jpg").read_text() == "mine"
    assert not (tmp_path / "a.jpg").exists()
    problems = list(take_back(undo.path))
    assert (tmp_path / "a.jpg").read_text() == "1"
    assert (tmp_path / "out/sharp/a-3.jpg").read_text() == "came meanwhile"


def test_undoing_a_copy_keeps_what_was_changed(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_text(name)
    steps = plan([row(tmp_path / "a.jpg"), row(tmp_path / "b.jpg")], tmp_path / "out")
    with UndoList(tmp_path / "out", [tmp_path]) as undo:
        filing.carry_out(steps, "copy", undo)
    (tmp_path / "out/sharp/b.jpg").write_text("edited")
    problems = list(take_back(undo.path))
    assert len(problems) == 1
    assert not (tmp_path / "out/sharp/a.jpg").exists()
    assert (tmp_path / "out/sharp/b.jpg").read_text() == "edited"


def test_raw_and_jpeg_of_one_shot_go_together(tmp_path: Path) -> None:
    """By the JPEG's verdict, with their sidecar, under one new name; another picture of that name is not theirs."""
    (tmp_path / "out/sharp").mkdir(parents=True)
    for name in ("a.JPG", "a.CR2", "a.xmp", "a.png", "out/sharp/a.CR2"):
        (tmp_path / name).write_text(name)
    rows = [row(tmp_path / "a.CR2", "motion"), row(tmp_path / "a.JPG", "sharp"), row(tmp_path / "a.png", "motion")]
    steps = plan(rows, tmp_path / "out")
    assert {(step.source.name, str(step.target.relative_to(tmp_path / "out"))) for step in steps} == {
        ("a.JPG", "sharp/a-2.JPG"),
        ("a.CR2", "sharp/a-2.CR2"),
        ("a.xmp", "sharp/a-2.xmp"),
        ("a.png", "motion/a.png"),
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"x": 1}',
        "[1]",
        "no json",
        '{"how": "burn", "source": "a", "target": "b"}',
        '{"how": "sidecar", "source": "a", "target": "b", "before": "%", "after": "QQ=="}',
    ],
)
def test_other_files_are_no_undo_lists(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.jsonl").write_text(text)
    with pytest.raises(TableError, match="is not an undo list"):
        list(take_back(tmp_path / "list.jsonl"))
