"""Runs that file and take back at the same time lose nothing, on one disk and across two."""

import contextlib
import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blurmap.culling import moving, taking_back
from blurmap.culling.lock import LOCK, locked
from blurmap.culling.moving import move_file
from blurmap.culling.plan import by_choices
from blurmap.culling.taking_back import take_back
from blurmap.culling.undo_list import UndoList

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are forked")
ROUNDS, PHOTOS = 20, 8


def at_once(*acts: Callable[[], object]) -> list[int]:
    """Do things in a process each, which begin together; returns their exit statuses."""
    ready, go = os.pipe()
    children = []
    for act in acts:
        child = os.fork()
        if child == 0:
            status = 9
            try:
                os.close(go)
                os.read(ready, 1)  # until all are there
                act()
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    os.close(ready)
    os.close(go)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


@pytest.fixture(params=["one disk", "two disks"])
def out(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Where photos go: beside them, or on another disk, where there is one."""
    if request.param == "one disk":
        yield tmp_path / "out"
        return
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one disk only")
    folder = Path(tempfile.mkdtemp(dir=memory))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(PHOTOS):
        (folder / f"{i}.jpg").write_text(f"photo {i}")
    return folder


def move_all(photos: Path, out: Path) -> Path:
    plan = by_choices(dict.fromkeys(sorted(photos.glob("*.jpg")), "keep"), None, out, xmp=False, trash=False)
    with UndoList(out, plan.touched()) as undo:
        list(plan.carry_out(undo))
    return undo.path


def all_back(problems: Iterator[str]) -> None:
    assert list(problems) == []


def contents(*folders: Path) -> list[str]:
    return sorted(path.read_text() for folder in folders for path in folder.rglob("*.jpg"))


@pytest.mark.slow
@pytest.mark.parametrize("locks", [True, False], ids=["locks", "a disk without locks"])
@pytest.mark.parametrize("runs", [2, 3])
def test_undos_at_once(photos: Path, out: Path, runs: int, locks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not locks:
        monkeypatch.setattr(taking_back, "locked", lambda folders, tell: contextlib.nullcontext())
    before = contents(photos)
    for _ in range(ROUNDS):
        undo = move_all(photos, out)
        assert contents(photos) == []
        assert at_once(*[functools.partial(all_back if locks else list, take_back(undo))] * runs) == [0] * runs
        assert contents(photos, out) == before
        assert contents(photos) == before


@pytest.mark.slow
def test_an_undo_beside_one_that_moves(photos: Path, out: Path) -> None:
    """The same photos to the same names, the one way and the other."""
    before = contents(photos)
    undo = move_all(photos, out)
    for _ in range(ROUNDS):
        assert at_once(functools.partial(list, take_back(undo)), functools.partial(move_all, photos, out)) == [0, 0]
        assert sorted(set(contents(photos, out))) == before
        for undo in sorted(out.glob("undo-*.jsonl"), reverse=True):
            list(take_back(undo))
        assert contents(photos, out) == contents(photos) == before
        undo = move_all(photos, out)


def test_of_two_undos_both_say_what_has_become(photos: Path, out: Path) -> None:
    undo = move_all(photos, out)
    told: list[str] = []
    assert list(take_back(undo, show=told.append)) == []
    assert list(take_back(undo, show=told.append)) == []
    assert sum(line.endswith(": taken back") for line in told) == PHOTOS
    assert sum(line.endswith(": was back already") for line in told) == PHOTOS


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_another_run_removes_is_moved(
    photos: Path, out: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old name goes while the new one is made, or right after: the new one, by then the only one, stays."""
    old, new = photos / "0.jpg", out / "0.jpg"
    out.mkdir(exist_ok=True)
    real = moving._make

    def beside_another(old: Path, new: Path, link: str | None) -> None:
        if moment == "after":
            real(old, new, link)
            old.unlink()
        else:
            os.rename(old, photos / "way") if old.stat().st_dev == out.stat().st_dev else shutil.move(old, new)
            (photos / "way").rename(new) if (photos / "way").exists() else None
            real(old, new, link)

    monkeypatch.setattr(moving, "_make", beside_another)
    move_file(old, new)
    assert new.read_text() == "photo 0"
    assert not old.exists()
    assert not move_file(old, new)  # it is done
    new.unlink()
    with pytest.raises(FileNotFoundError):
        move_file(old, new)


def test_a_new_name_stays_where_the_old_one_is_gone_whatever_was_told(
    photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out.mkdir(exist_ok=True)
    real = Path.unlink

    def unsure(path: Path, missing_ok: bool = False) -> None:
        real(path, missing_ok=missing_ok)
        if path.parent == photos:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", unsure)
    with pytest.raises(PermissionError):
        move_file(photos / "0.jpg", out / "0.jpg")
    assert (out / "0.jpg").read_text() == "photo 0"


def test_who_comes_later_waits(photos: Path, tmp_path: Path) -> None:
    told: list[str] = []
    with locked([tmp_path]):
        child = os.fork()
        if child == 0:
            with locked([tmp_path], lambda text: print(text, file=(tmp_path / "told").open("w"), flush=True)):
                os._exit(0 if (tmp_path / "ended").exists() else 1)
        while not (tmp_path / "told").exists():
            assert os.waitpid(child, os.WNOHANG) == (0, 0), "it has not waited"
        (tmp_path / "ended").touch()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert "waiting for another run" in (tmp_path / "told").read_text()
    with locked([tmp_path], told.append):
        assert told == []


def test_a_link_in_the_place_of_a_lock_is_not_followed(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (photos / LOCK).symlink_to(tmp_path / "secret")
    with pytest.raises(FileExistsError, match="no lock of blurmap"), UndoList(photos, [photos]):
        pass
    assert (tmp_path / "secret").read_text() == "secret"
