"""Undo lists and choices from others, and links in a person's folders: nothing outside is touched or ends badly."""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blurmap.cli import culling
from blurmap.culling.choices import read_choices
from blurmap.culling.plan import Plan, by_choices
from blurmap.culling.taking_back import take_back, very_wide
from blurmap.culling.undo_list import UndoList, read_undo_list
from blurmap.errors import TableError
from tests.culling.test_choices import write
from tests.culling.test_sidecar import LIGHTROOM
from tests.culling.test_undo import posix, tree

NEW = LIGHTROOM.format(rating=4).encode()


def forged(place: Path, folders: list[Path] | list[str], *steps: dict[str, Any]) -> Path:
    lines = [{"undo list": 2, "folders": list(map(str, folders))}, *steps]
    path = place / "undo-1.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def sidecar_step(path: Path, before: bytes | None, after: bytes) -> dict[str, Any]:
    old = None if before is None else base64.b64encode(before).decode()
    after_text = base64.b64encode(after).decode()
    return {"how": "sidecar", "source": str(path), "target": str(path), "before": old, "after": after_text}


@pytest.fixture
def pics(tmp_path: Path) -> Path:
    folder = tmp_path / "pics"
    folder.mkdir()
    (folder / "a.jpg").write_text("a")
    return folder


def done(plan: Plan, folder: Path) -> Path:
    with UndoList(plan.target or folder, plan.touched()) as undo:
        list(plan.carry_out(undo))
    return undo.path


@posix
@pytest.mark.parametrize("name", ["bashrc", "other.xmp"])
def test_a_forged_list_writes_through_no_link(pics: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / name).write_bytes(b"mine")
    (pics / "a.xmp").symlink_to(f"../home/{name}")
    for before in (b"theirs", None):
        undo = forged(tmp_path, [pics], sidecar_step(pics / "a.xmp", before, b"mine"))
        (problem,) = take_back(undo)
        assert "stays, since it is a link to" in problem
        assert (tmp_path / "home" / name).read_bytes() == b"mine"
        assert (pics / "a.xmp").is_symlink()
    undo = forged(tmp_path, [pics, tmp_path / "home"], sidecar_step(pics / "a.xmp", None, b"mine"))
    (problem,) = take_back(undo)
    assert "stays" in problem  # a new sidecar is no link
    assert (pics / "a.xmp").is_symlink()


@posix
def test_a_sidecar_that_leads_nowhere_makes_no_file_and_stays(pics: Path, tmp_path: Path) -> None:
    (pics / "a.jpg.xmp").symlink_to("../startup.xmp")
    plan = by_choices({pics / "a.jpg": "keep"}, None, None, xmp=True, trash=False)
    done(plan, tmp_path)
    assert "is a link to" in plan.problems[0]
    assert not (tmp_path / "startup.xmp").exists()
    undo = forged(tmp_path, [pics, tmp_path], sidecar_step(pics / "a.jpg.xmp", None, NEW))
    (problem,) = take_back(undo)
    assert "changed" in problem
    assert (pics / "a.jpg.xmp").is_symlink()


@posix
def test_a_link_to_what_is_no_sidecar_is_left_alone(pics: Path, tmp_path: Path) -> None:
    (tmp_path / "settings").write_bytes(NEW)
    (pics / "a.jpg.xmp").symlink_to(tmp_path / "settings")
    plan = by_choices({pics / "a.jpg": "reject"}, None, None, xmp=True, trash=False)
    done(plan, tmp_path)
    assert "no sidecar" in plan.problems[0]
    assert (tmp_path / "settings").read_bytes() == NEW


def test_what_is_very_wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "users/me"
    (home / "photos").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    wide = [Path(home.anchor), Path(home.anchor) / "etc", home.parent, home, home.parent / "you", home / ".ssh/keys"]
    assert [folder for folder in wide if not very_wide(folder)] == []
    assert not very_wide(home / "photos")


def test_very_wide_folders_are_asked_about(
    pics: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    step = {"how": "move", "source": str(pics / "b.jpg"), "target": str(pics / "a.jpg")}
    undo = forged(tmp_path, [Path(tmp_path.anchor)], step)
    asked: list[str] = []
    monkeypatch.setattr(typer, "confirm", lambda text, err: asked.append(text))  # the answer is no
    for terminal, message in ((False, "give --yes"), (True, "nothing was taken back")):
        monkeypatch.setattr(sys.stdin, "isatty", lambda terminal=terminal: terminal)
        with pytest.raises(ValueError, match=message):
            culling.undo(undo)
        assert (pics / "a.jpg").exists()
    assert [f"all of {tmp_path.anchor}. Is" in text for text in asked] == [True]
    culling.undo(undo, yes=True)
    assert (pics / "b.jpg").exists()
    assert "all is back" in capsys.readouterr().out
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    culling.undo(undo, below=[tmp_path])  # they are named by who runs it


@pytest.mark.parametrize("how", ["copy", "move"])
@pytest.mark.parametrize("renamed", ["folder", "file"])
def test_what_was_renamed_meanwhile_is_not_back(
    pics: Path, tmp_path: Path, how: str, renamed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (pics / "b.jpg").write_text("b")
    out = tmp_path / "out"
    chosen = dict.fromkeys([pics / "a.jpg", pics / "b.jpg"], "keep")
    undo = done(
        by_choices(chosen, *((out, None) if how == "copy" else (None, out)), xmp=False, trash=False),  # type: ignore[arg-type]
        tmp_path,
    )
    if renamed == "folder":
        (out / "keep").rename(out / "best")
    else:
        (out / "keep/a.jpg").rename(out / "keep/best.jpg")
    with pytest.raises(SystemExit) as ended:
        culling.undo(undo, yes=True)
    assert ended.value.code == 1
    said = capsys.readouterr()
    missing = ["b.jpg", "a.jpg"] if renamed == "folder" else ["a.jpg"]
    assert [line.split(": not found")[0] for line in said.err.splitlines()] == [f"{out}/keep/{m}" for m in missing]
    assert f"not back: {len(missing)}" in said.out
    assert said.out.count("taken back\n") == 2 - len(missing)
    with pytest.raises(SystemExit):
        culling.undo(undo, yes=True)
    assert capsys.readouterr().out.count("was back already\n") == 2 - len(missing)


def test_copies_and_sidecars_that_are_back_are_known(pics: Path, tmp_path: Path) -> None:
    undo = done(by_choices({pics / "a.jpg": "keep"}, tmp_path / "out", None, xmp=True, trash=False), tmp_path)
    for said in ("taken back", "was back already"):
        told: list[str] = []
        assert list(take_back(undo, show=told.append)) == []
        assert [line.rsplit(": ", 1)[1] for line in told[1:]] == [said] * 3
    undo.write_bytes(undo.read_bytes()[:-5])  # the note that it is back is torn
    assert any("torn" in problem for problem in take_back(undo))


@posix
def test_a_folder_that_is_a_link_is_said_and_taken_back(pics: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/keep").symlink_to(tmp_path / "disk")
    before = tree(tmp_path)
    plan = by_choices({pics / "a.jpg": "keep"}, None, tmp_path / "out", xmp=False, trash=False)
    assert f"{tmp_path}/out/keep is a link: what goes there lies in {tmp_path}/disk" in list(plan.describe())
    undo = done(plan, tmp_path)
    assert (tmp_path / "disk/a.jpg").read_text() == "a"
    assert list(take_back(undo)) == []
    assert tree(tmp_path) == before


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text() | st.sampled_from(["", "\ud800", "\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    how=st.sampled_from(["copy", "move", "trash", "sidecar", "not done", "taken back"]) | ANYTHING,
    field=st.sampled_from(["source", "target", "link", "before", "after", "step", "folders", "how"]),
    value=ANYTHING,
)
def test_any_list_is_refused_or_taken_back_but_for_the_step(
    tmp_path_factory: pytest.TempPathFactory, how: object, field: str, value: object
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "b.jpg").write_text("b")
    (folder / "x.xmp").write_text("x")
    odd = sidecar_step(folder / "x.xmp", None, b"y") | {"how": how, "step": 0} | {field: value}
    head = {"undo list": 2, "folders": value if field == "folders" else [str(folder)]}
    good = {"how": "move", "source": str(folder / "a.jpg"), "target": str(folder / "b.jpg")}
    undo = folder / "undo-1.jsonl"
    undo.write_text("".join(json.dumps(line) + "\n" for line in (head, good, good, odd)))
    try:
        problems = list(take_back(undo))
    except TableError as error:
        assert "\n" not in str(error)
        assert (folder / "b.jpg").exists()
        return
    if not any("none of these folders" in problem for problem in problems):
        assert (folder / "a.jpg").read_text() == "b"


@pytest.mark.parametrize("field", ["source", "target", "link", "folders"])
@pytest.mark.parametrize("text", [pytest.param("/a\ud800", marks=posix), "/a\0"])
def test_what_can_be_no_path_is_in_no_list(pics: Path, tmp_path: Path, field: str, text: str) -> None:
    step = {"how": "move", "source": str(pics / "b.jpg"), "target": str(pics / "a.jpg")} | {field: text}
    undo = forged(tmp_path, [text if field == "folders" else str(pics)], step)
    with pytest.raises(TableError, match=rf"line {1 if field == 'folders' else 2}\)"):
        list(take_back(undo))


@pytest.mark.parametrize("before", [{}, [], 0, False, {"a": 1}, 5])
def test_what_a_sidecar_held_is_text(pics: Path, tmp_path: Path, before: object) -> None:
    (pics / "a.xmp").write_bytes(NEW)
    undo = forged(tmp_path, [pics], sidecar_step(pics / "a.xmp", None, NEW) | {"before": before})
    with pytest.raises(TableError, match="line 2"):
        list(take_back(undo))


@posix  # Windows has names of any halves
def test_a_path_that_can_be_none_is_left_alone(pics: Path, tmp_path: Path) -> None:
    entries = [{"path": "/a\ud800.jpg", "choice": "keep"}, {"path": "/a\0.jpg", "choice": "keep"}]
    write(tmp_path, [*entries, {"path": str(pics / "a.jpg"), "choice": "keep"}])
    chosen, problems = read_choices(tmp_path / "choices.json")
    assert chosen == {pics / "a.jpg": "keep"}
    assert [problem.endswith("can be no path; left alone") for problem in problems] == [True, True]
    "".join(problems).encode()  # can be printed


@pytest.mark.skipif(sys.platform != "linux", reason="the trash of other systems keeps no notes")
def test_what_does_not_get_into_the_trash_leaves_no_note(
    pics: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plat = pytest.importorskip("send2trash.plat_other")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(plat, "XDG_DATA_HOME", os.fsencode(tmp_path / "data"))
    monkeypatch.setattr(plat, "HOMETRASH_B", os.fsencode(tmp_path / "data/Trash"))
    (tmp_path / "data/Trash/info").mkdir(parents=True)
    (tmp_path / "data/Trash/info/a.jpg.trashinfo").write_text("[Trash Info]\nPath=/of/another/a.jpg\n")
    (pics / "b b.jpg").write_text("b")

    def refused(source: bytes, target: bytes) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(plat.os, "rename", refused)
    chosen = dict.fromkeys([pics / "a.jpg", pics / "b b.jpg"], "reject")
    plan = by_choices(chosen, None, None, xmp=False, trash=True)  # type: ignore[arg-type]
    undo = done(plan, tmp_path)
    assert [problem.split(": ")[1] for problem in plan.problems] == ["not put into the trash (Permission denied)"] * 2
    assert [path.name for path in (tmp_path / "data/Trash/info").iterdir()] == ["a.jpg.trashinfo"]
    assert sorted(path.name for path in pics.iterdir()) == ["a.jpg", "b b.jpg"]
    assert read_undo_list(undo).steps == []


def test_stars_that_a_rejection_takes_are_said(pics: Path) -> None:
    ratings = {"a": 5, "b": 0, "c": 1, "d": -1, "e": 4}
    for name, rating in ratings.items():
        (pics / f"{name}.jpg").touch()
        (pics / f"{name}.jpg.xmp").write_text(LIGHTROOM.format(rating=rating))
    (pics / "f.jpg").touch()
    (pics / "g.jpg").touch()
    (pics / "g.jpg.xmp").write_text("no xml")
    chosen: dict[Path, Any] = {photo: "reject" for photo in sorted(pics.glob("*.jpg"))} | {pics / "e.jpg": "keep"}
    lines = list(by_choices(chosen, None, None, xmp=True, trash=False).describe())
    assert lines == ["sidecars to write: 7", "of them with stars that -1 (rejected) takes the place of: 2"]
