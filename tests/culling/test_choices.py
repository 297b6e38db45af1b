"""``blurmap apply``: what was chosen on the report's page is said first, then done, and can be taken back."""

import json
import sys
from pathlib import Path

import pytest

from blurmap.culling.choices import read_choices
from blurmap.culling.lock import LOCK
from blurmap.culling.plan import by_verdicts
from blurmap.culling.taking_back import take_back
from blurmap.culling.trash import plan_trash, trash
from blurmap.culling.undo_list import UndoList
from blurmap.errors import TableError
from blurmap.fields import COLUMNS
from tests.culling.test_sidecar import LIGHTROOM, values
from tests.scanning.test_outputs import command


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A shot of two files and a photo with a sidecar that are rejected, one that is kept, one undecided."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.jpg", "a.CR2", "b.jpg", "c.jpg", "d.jpg"):
        (folder / name).write_text(name)
    (folder / "b.jpg.xmp").write_text(LIGHTROOM.format(rating=5))
    chosen = {"a.jpg": "reject", "a.CR2": "reject", "b.jpg": "reject", "c.jpg": "keep"}
    write(tmp_path, [{"path": str(folder / name), "choice": choice, "bytes": 5} for name, choice in chosen.items()])
    return folder


@pytest.fixture
def own_trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's trash is the folder ``trash``."""
    pytest.importorskip("send2trash")
    if sys.platform != "linux":
        pytest.skip("the trash of this system is the user's own")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "trash"))


def write(folder: Path, entries: object) -> None:
    (folder / "choices.json").write_text(json.dumps({"made_by": "blurmap report", "version": 1, "choices": entries}))


def files(folder: Path) -> dict[str, str]:
    found = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    ours = (LOCK, "undo", "choices", "trash")
    return {name: text for name, text in found.items() if not name.startswith(ours)}


@pytest.mark.slow
def test_nothing_is_done_before_it_is_said(photos: Path, tmp_path: Path) -> None:
    before = files(tmp_path)
    done = command("apply", "choices.json", "--move", "out", "--xmp", "--trash", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for text in ("files kept: 1, rejected: 3", "c.jpg  -> ", "would put into the trash", "b.jpg.xmp", "give --yes"):
        assert text in done.stdout
    assert files(tmp_path) == before
    assert not list(tmp_path.glob("undo*"))
    assert "--copy DIR" in command("apply", "choices.json", cwd=tmp_path).stderr


@pytest.mark.slow
@pytest.mark.parametrize("how", ["copy", "move"])
def test_folders_and_sidecars_and_back(photos: Path, tmp_path: Path, how: str) -> None:
    before = files(tmp_path)
    done = command("apply", "choices.json", f"--{how}", "out", "--xmp", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    names = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    assert names - {path.name for path in (tmp_path / "out").glob("*undo*")} == {
        "keep/c.jpg", "keep/c.jpg.xmp", "reject/a.jpg", "reject/a.CR2", "reject/a.xmp", "reject/b.jpg",
        "reject/b.jpg.xmp",
    }  # fmt: skip
    assert values((tmp_path / "out/reject/b.jpg.xmp").read_bytes())["Rating"] == "-1"
    assert (photos / "c.jpg").exists() == (how == "copy")
    assert (photos / "d.jpg").exists()
    (undo,) = (tmp_path / "out").glob("undo*")
    assert undo.name in done.stdout
    taken = command("undo", undo, cwd=tmp_path)
    assert (taken.returncode, taken.stderr) == (0, "")
    undo.unlink()
    (tmp_path / "out" / LOCK).unlink()
    assert files(tmp_path) == before


@pytest.mark.slow
def test_rejected_photos_go_into_the_systems_trash(photos: Path, tmp_path: Path, own_trash: None) -> None:
    done = command("apply", "choices.json", "--trash", "--move", "out", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"files moved: 1", "files put into the trash: 4"} <= set(done.stdout.splitlines())
    assert sorted(path.name for path in photos.iterdir()) == ["d.jpg"]
    assert (tmp_path / "out/keep/c.jpg").read_text() == "c.jpg"
    in_trash = {path.name: path.read_text() for path in (tmp_path / "trash").rglob("files/*")}
    assert in_trash == {"a.jpg": "a.jpg", "a.CR2": "a.CR2", "b.jpg": "b.jpg", "b.jpg.xmp": LIGHTROOM.format(rating=5)}
    (undo,) = (tmp_path / "out").glob("undo*")
    taken = command("undo", undo, cwd=tmp_path)
    assert taken.returncode == 1
    assert len([line for line in taken.stderr.splitlines() if "put it back from there" in line]) == 4
    assert (photos / "c.jpg").exists()  # what was moved is back


def test_a_sidecar_that_is_written_goes_into_the_trash_with_its_photo(
    photos: Path, tmp_path: Path, own_trash: None
) -> None:
    done = command("apply", "choices.json", "--xmp", "--trash", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "trash").rglob("files/*")} >= {"a.jpg", "a.CR2", "a.xmp", "b.jpg.xmp"}
    assert sorted(path.name for path in photos.iterdir()) == ["c.jpg", "c.jpg.xmp", "d.jpg"]


def test_a_scan_writes_sidecars_that_can_be_taken_back(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_text("a")
    row = dict.fromkeys(COLUMNS) | {"path": str(photo), "verdict": "sharp", "reason": "sharp all over"}
    plan = by_verdicts([row], None, None, xmp=True)
    assert list(plan.describe()) == ["sidecars to write: 1"]
    with UndoList(tmp_path, [tmp_path]) as undo:
        assert list(plan.carry_out(undo)) == ["sidecars written: 1"]
    assert (tmp_path / "a.jpg.xmp").exists()
    assert list(take_back(undo.path)) == []
    assert not (tmp_path / "a.jpg.xmp").exists()


def test_a_raw_that_was_not_rejected_is_not_thrown_away(photos: Path, tmp_path: Path) -> None:
    write(tmp_path, [{"path": str(photos / name), "choice": "reject", "bytes": 5} for name in ("a.jpg", "b.jpg")])
    chosen, _ = read_choices(tmp_path / "choices.json")
    trashed, problems = plan_trash(chosen)
    assert [path.name for path in trashed] == ["b.jpg", "b.jpg.xmp"]
    assert "a.CR2 of the same shot is not rejected" in problems[0]


def test_what_must_be_left_alone(photos: Path, tmp_path: Path) -> None:
    (photos / "notes.txt").touch()
    (photos / "d.jpg").write_text("another photo by now")
    entries = [
        {"path": str(photos / "c.jpg"), "choice": "keep"}, {"path": str(photos / "gone.jpg"), "choice": "reject"},
        {"path": str(photos / "notes.txt"), "choice": "reject"}, {"path": "c.jpg", "choice": "reject"},
        {"path": "https://nowhere.example/x.jpg", "choice": "reject"}, {"path": str(photos), "choice": "reject"},
        {"path": str(photos / "d.jpg"), "choice": "reject", "bytes": 5},
        {"path": str(photos / "a.jpg"), "choice": "reject"}, {"path": str(photos / "a.CR2"), "choice": "keep"},
    ]  # fmt: skip
    write(tmp_path, entries)
    chosen, problems = read_choices(tmp_path / "choices.json")
    assert chosen == {photos / "c.jpg": "keep"}
    assert len(problems) == 7
    assert "has changed since the scan" in problems[5]
    assert "one file is kept and one rejected" in problems[6]


@pytest.mark.parametrize(
    "entries",
    [None, {}, [1], [{"path": "/a.jpg"}], [{"path": 1, "choice": "keep"}], [{"path": "/a.jpg", "choice": "burn"}],
     [{"path": "/a.jpg", "choice": "keep"}, {"path": "/a.jpg", "choice": "reject"}]],
)  # fmt: skip
def test_other_files_are_no_choices(tmp_path: Path, entries: object) -> None:
    write(tmp_path, entries)
    if entries == {}:
        assert read_choices(tmp_path / "choices.json") == ({}, [])
        return
    with pytest.raises(TableError, match="holds no choices of a report"):
        read_choices(tmp_path / "choices.json")


def test_a_missing_trash_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "send2trash", None)
    with pytest.raises(ImportError, match="extra 'trash'"):
        trash()


@pytest.mark.slow
def test_a_sidecar_that_has_changed_since_stays(photos: Path, tmp_path: Path) -> None:
    command("apply", "choices.json", "--xmp", "--yes", cwd=tmp_path)
    (undo,) = tmp_path.glob("undo*")
    (photos / "b.jpg.xmp").write_text("mine by now")
    taken = command("undo", undo, cwd=tmp_path)
    assert "stays, since it has changed" in taken.stderr
    assert (photos / "b.jpg.xmp").read_text() == "mine by now"
    assert not (photos / "c.jpg.xmp").exists()
