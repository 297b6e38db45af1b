"""Nothing of a person's is lost: undo lists, torn, forged or of a history of kills, give back the tree before."""

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from blurmap import files
from blurmap.culling.lock import LOCK
from blurmap.culling.plan import by_verdicts
from blurmap.culling.taking_back import take_back
from blurmap.culling.undo_list import UndoList, read_undo_list
from blurmap.errors import TableError
from blurmap.fields import COLUMNS
from blurmap.photos.names import written

SIDECAR = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Label="mine"/></rdf:RDF></x:xmpmeta>'
posix = pytest.mark.skipif(os.name != "posix", reason="links and modes as POSIX has them")


def rows(photos: Path) -> list[dict[str, Any]]:
    names = sorted(path for path in photos.rglob("*") if path.suffix in (".jpg", ".CR2") and os.path.exists(path))
    return [
        dict.fromkeys(COLUMNS) | {"path": written(path), "verdict": "sharp", "reason": "sharp all over"}
        for path in names
    ]


def do(photos: Path, out: Path, how: str, *, xmp: bool = False) -> tuple[Path, list[str]]:
    """File what is there; returns the undo list and what went wrong."""
    plan = by_verdicts(rows(photos), out if how == "copy" else None, out if how == "move" else None, xmp=xmp)
    with UndoList(plan.target or out, plan.touched()) as undo:
        list(plan.carry_out(undo))
    return undo.path, plan.problems


def tree(folder: Path) -> dict[str, tuple[Any, ...]]:
    """All files with their kind, mode and content."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = ("link", os.readlink(path))
        elif path.is_file() and not path.match("undo-*.jsonl") and path.name != LOCK:
            found[str(path.relative_to(folder))] = (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
    return found


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "photos" / name).write_text(name)
    return tmp_path / "photos"


@posix
@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
def test_the_only_copy_is_not_removed(photos: Path, tmp_path: Path, link: Callable[[Path, Path], None]) -> None:
    """A finder of duplicates has made a link of the original, to the copy."""
    undo, _ = do(photos, tmp_path / "out", "copy")
    (photos / "a.jpg").unlink()
    link(photos / "a.jpg", tmp_path / "out/sharp/a.jpg")
    (problem,) = take_back(undo)
    assert "is the same file" in problem
    assert (photos / "a.jpg").read_text() == "a.jpg"
    assert not (tmp_path / "out/sharp/b.jpg").exists()


@posix
def test_a_copy_of_what_a_link_leads_to_is_taken_back(photos: Path, tmp_path: Path) -> None:
    (photos / "c.jpg").symlink_to("a.jpg")
    before = tree(tmp_path)
    undo, _ = do(photos, tmp_path / "out", "copy")
    assert not (tmp_path / "out/sharp/c.jpg").is_symlink()
    assert list(take_back(undo)) == []
    assert tree(tmp_path) == before


def test_a_torn_list_is_taken_back_up_to_its_last_whole_line(photos: Path, tmp_path: Path) -> None:
    before = tree(photos)
    undo, _ = do(photos, tmp_path / "out", "move")
    undo.write_bytes(undo.read_bytes()[:-20])
    (problem,) = take_back(undo)
    assert "torn" in problem
    assert tree(photos) == {"a.jpg": before["a.jpg"]}
    assert (tmp_path / "out/sharp/b.jpg").exists()
    assert list(take_back(undo)) == []  # what was noted since stands in lines of its own


def test_a_list_with_a_damaged_line_in_the_middle_is_refused(photos: Path, tmp_path: Path) -> None:
    undo, _ = do(photos, tmp_path / "out", "move")
    head, first, second = undo.read_text().splitlines()
    undo.write_text(f"{head}\n{first[:30]}\n{second}\n")
    with pytest.raises(TableError, match="line 2"):
        list(take_back(undo))
    assert (tmp_path / "out/sharp/b.jpg").exists()


def test_a_forged_list_touches_nothing_outside_its_folders(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("key")
    (photos / "way").symlink_to(tmp_path / "secret")
    told: list[str] = []
    for target in (tmp_path / "secret/key", photos / "way/key", photos / "../secret/key"):
        lines = [
            {"undo list": 2, "folders": [str(photos)]},
            {"how": "move", "source": str(photos / "taken"), "target": str(target)},
        ]
        (tmp_path / "undo-1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        (problem,) = take_back(tmp_path / "undo-1.jsonl", show=told.append)
        assert "none of these folders" in problem
    assert (tmp_path / "secret/key").exists()
    assert told == [f"steps: 1, below {photos}"] * 3


def test_a_list_without_a_head_needs_to_be_told_its_folders(photos: Path, tmp_path: Path) -> None:
    undo, _ = do(photos, tmp_path / "out", "move")
    undo.write_text("".join(undo.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(TableError, match="--below"):
        list(take_back(undo))
    assert list(take_back(undo, [tmp_path])) == []
    assert (photos / "a.jpg").exists()


@posix
def test_what_cannot_leave_its_folder_stays_there_alone(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a read-only folder, where a link can be made of a file and the file not be removed."""
    real = Path.unlink

    def refused(path: Path, missing_ok: bool = False) -> None:
        if path.parent == photos:
            raise PermissionError(13, "Permission denied")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    undo, problems = do(photos, tmp_path / "out", "move")
    assert [problem.split(": ")[1] for problem in problems] == ["not moved (permission denied)"] * 2
    assert list(tree(tmp_path / "out")) == []
    assert list(take_back(undo)) == []
    assert sorted(tree(photos)) == ["a.jpg", "b.jpg"]


@posix
def test_a_link_leads_to_its_file_from_where_it_is_moved(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/c.jpg").symlink_to("../../photos/a.jpg")
    undo, _ = do(tmp_path / "deep", tmp_path / "out", "move")
    assert (tmp_path / "out/sharp/c.jpg").read_text() == "a.jpg"
    assert (tmp_path / "out/sharp/c.jpg").is_symlink()
    assert list(take_back(undo)) == []
    assert os.readlink(tmp_path / "deep/er/c.jpg") == "../../photos/a.jpg"


@posix
def test_sidecars_keep_their_mode_their_links_and_their_right_not_to_be_written(photos: Path, tmp_path: Path) -> None:
    (photos / "a.xmp").write_text(SIDECAR)
    (photos / "a.xmp").chmod(0o600)
    (tmp_path / "elsewhere.xmp").write_text(SIDECAR)
    (photos / "b.jpg.xmp").symlink_to(tmp_path / "elsewhere.xmp")
    (photos / "c.jpg").write_text("c")
    (photos / "c.jpg.xmp").write_text(SIDECAR)
    (photos / "c.jpg.xmp").chmod(0o444)
    before = tree(tmp_path)
    plan = by_verdicts(rows(photos), None, None, xmp=True)
    with UndoList(tmp_path, plan.touched()) as undo:
        list(plan.carry_out(undo))
    assert ["c.jpg.xmp" in problem and "may only be read" in problem for problem in plan.problems] == [True]
    assert stat.S_IMODE((photos / "a.xmp").stat().st_mode) == 0o600
    assert b"blurmap" in (tmp_path / "elsewhere.xmp").read_bytes()
    assert (photos / "b.jpg.xmp").is_symlink()
    assert stat.S_IMODE(undo.path.stat().st_mode) == 0o600  # it holds what they held
    assert list(take_back(undo.path)) == []
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "content",
    [b'<?xml version="1.0" encoding="klingon"?><a/>', b"<a>" * 3000 + b"</a>" * 3000, b"\0", b"<a", b"\xff\xfe<"],
)
def test_one_odd_sidecar_stops_nobody(photos: Path, tmp_path: Path, content: bytes) -> None:
    (photos / "a.jpg.xmp").write_bytes(content)
    (photos / ("n" * 251 + ".jpg")).write_text("its sidecar's name is too long")
    undo, problems = do(photos, tmp_path / "out", "copy", xmp=True)
    assert ["left as it is" in problem for problem in problems] == [True, True]
    assert (tmp_path / "out/sharp/b.jpg.xmp").exists()
    assert list(take_back(undo)) == []


def test_what_cannot_be_written_down_is_not_done(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, count = os.fsync, 0

    def full(handle: int) -> None:
        nonlocal count
        count += 1
        if count >= 4:  # the head, its folder's names, the first step, then the second
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    undo, problems = do(photos, tmp_path / "out", "move")
    monkeypatch.undo()
    assert any("cannot be written (no space left" in problem for problem in problems)
    assert read_undo_list(undo).torn == 0
    list(take_back(undo))
    assert sorted(tree(photos)) == ["a.jpg", "b.jpg"]


CALLS = ("link", "unlink", "rename", "replace", "symlink", "fsync", "chmod", "open", "ftruncate")


def killed_at(call: int, act: Callable[[], object]) -> None:
    """Do something in a process that is killed at its n-th call of the system, as by a power cut."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    count = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count > call:
                os._exit(9)
            return real(*arguments, **options)

        return called

    try:
        for name in CALLS:
            setattr(os, name, counted(getattr(os, name)))
        act()
    finally:
        os._exit(0)


@posix
class Histories(RuleBasedStateMachine):
    """Photos are copied, moved and rated, by runs that are killed and repeated; then all is taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.top = Path(tempfile.mkdtemp())
        self.photos = self.top / "photos"
        (self.photos / "sub").mkdir(parents=True)
        for name in ("a.jpg", "a.CR2", "sub/a.jpg", "b\x1b.jpg", "caf\udce9.jpg", "n" * 245 + ".jpg"):
            (self.photos / name).write_text(name.replace("\udce9", ""))
        (self.photos / "same.jpg").write_text("a.jpg")
        (self.photos / "link.jpg").symlink_to("sub/a.jpg")
        (self.photos / "hard.jpg").hardlink_to(self.photos / "a.jpg")
        (self.photos / "broken.jpg").symlink_to("nowhere.jpg")
        (self.photos / "a.xmp").write_text(SIDECAR)
        (self.photos / "a.xmp").chmod(0o600)
        (self.photos / "same.jpg.xmp").write_text(SIDECAR)
        (self.photos / "same.jpg.xmp").chmod(0o444)
        self.before = tree(self.top)

    @rule(
        how=st.sampled_from(["copy", "move"]), out=st.sampled_from(["one", "two"]), xmp=st.booleans(),
        call=st.none() | st.integers(0, 120),
    )  # fmt: skip
    def file(self, how: str, out: str, xmp: bool, call: int | None) -> None:
        if call is None:
            do(self.photos, self.top / out, how, xmp=xmp)
        else:
            killed_at(call, lambda: do(self.photos, self.top / out, how, xmp=xmp))

    @invariant()
    def no_content_is_lost(self) -> None:
        have = {content[1] for content in tree(self.top).values()}
        assert {content[1] for name, content in self.before.items() if not name.endswith((".xmp", "k.jpg"))} <= have | {
            "nowhere.jpg"
        }

    def teardown(self) -> None:
        for undo in sorted(self.top.rglob("undo-*.jsonl"), reverse=True, key=lambda path: path.name):
            list(take_back(undo)) if undo.stat().st_size else None
        for folder in (self.top, *(path for path in self.top.rglob("*") if path.is_dir())):
            files.remove_leftovers(folder)
        after = tree(self.top)
        shutil.rmtree(self.top)
        assert after == self.before


@pytest.fixture(autouse=True)
def kills_are_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "OLD", -1.0)


@pytest.mark.slow
class TestHistories(Histories.TestCase):  # type: ignore[misc,valid-type]
    settings = settings(
        max_examples=40, stateful_step_count=6, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
