"""Copies or moves photos into a folder per verdict: planned first, never over a file, with a list to undo it by."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from blurmap.errors import TableError
from blurmap.scan.names import local_path, written
from blurmap.scan.shots import Neighbours
from blurmap.scan.sidecar import sidecars
from blurmap.scan.table import Row

How = Literal["copy", "move"]


@dataclass(frozen=True)
class Step:
    """One file on its way."""

    source: Path
    target: Path


def plan(rows: Iterable[Row], folder: Path) -> list[Step]:
    """Where each local photo goes: ``FOLDER/VERDICT/NAME``; names that are taken get -2, -3 and so on.

    The files of one shot (RAW and JPEG) and their sidecars go together, under one new stem where it is taken, and by
    the verdict of the file that decides. Shots with an error, and photos behind URLs, stay where they are.
    """
    neighbours, steps = Neighbours(), []
    seen: set[Path] = set()
    taken: set[str] = set()
    good = {local: row for row in rows if not row["error"] and (local := local_path(row["path"]))}
    for photo in good:
        shot = neighbours.shot(photo)
        verdict = next(good[path]["verdict"] for path in shot if path in good)
        if photo in seen or not verdict or photo.parent.resolve() == (folder / verdict).resolve():
            continue
        seen.update(shot)
        files = [*shot, *sidecars(photo, neighbours)]
        count, stem = 1, photo.stem
        while any(_taken(_renamed(path, photo.stem, stem, folder / verdict), taken) for path in files):
            count += 1
            stem = f"{photo.stem}-{count}"
        moved = [Step(path, _renamed(path, photo.stem, stem, folder / verdict)) for path in files]
        taken.update(str(step.target).lower() for step in moved)
        steps += moved
    return steps


def _renamed(path: Path, old: str, new: str, folder: Path) -> Path:
    """The path's new place: what follows the old stem (``.jpg``, ``.xmp``, ``.jpg.xmp``) follows the new one."""
    return folder / (new + path.name.removeprefix(old))


def _taken(target: Path, taken: set[str]) -> bool:
    return os.path.lexists(target) or str(target).lower() in taken


def carry_out(steps: Iterable[Step], how: How, folder: Path) -> tuple[Path, list[str]]:
    """Do the steps; returns the path of the undo list and a sentence per file that failed.

    Each step is in the undo list before it is done, so that a kill in between leaves nothing that is not listed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    undo, problems = folder / f"undo-{moment}.jsonl", []
    with undo.open("x", encoding="utf-8") as file:
        for step in steps:
            line = {"how": how, "source": str(step.source.absolute()), "target": str(step.target.absolute())}
            file.write(json.dumps(line) + "\n")
            file.flush()
            try:
                step.target.parent.mkdir(parents=True, exist_ok=True)
                _place(step.source, step.target, how)
            except OSError as error:
                problems.append(f"{written(step.source)}: not {how}d ({error.strerror or error})")
    return undo, problems


def undo(path: Path) -> Iterator[str]:
    """Take back what an undo list says, last step first; yields a sentence per file that could not be taken back.

    Raises
    ------
    TableError
        If it is not an undo list; nothing is done then.
    """
    for step, how in reversed(_read_undo_list(path)):
        source, target = step.source, step.target
        if not target.exists():
            continue  # the step was not done, or is taken back already
        if how == "move":
            if source.exists():
                yield f"{written(target)}: stays, since {written(source)} is there again"
                continue
            _place(target, source, "move")
        elif not source.exists() or source.read_bytes() != target.read_bytes():
            yield f"{written(target)}: stays, since it is not a copy of {written(source)} any more"
        else:
            target.unlink()


def _read_undo_list(path: Path) -> list[tuple[Step, str]]:
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        steps = [(Step(Path(line["source"]), Path(line["target"])), str(line["how"])) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise TableError(f"{path}: is not an undo list of a scan ({type(error).__name__}: {error})") from None
    if any(how not in get_args(How) for _, how in steps):
        raise TableError(f"{path}: is not an undo list of a scan (its steps are not copies or moves)")
    return steps


def _place(source: Path, target: Path, how: How) -> None:
    """Copy or move; a file that has come to ``target`` meanwhile is not replaced."""
    if how == "move":
        try:
            os.link(source, target)  # fails where the target exists, which a rename would replace
            source.unlink()
            return
        except FileExistsError:
            raise
        except OSError:
            pass  # another disk, or a file system without links
    with target.open("xb") as out:
        try:
            with source.open("rb") as content:
                shutil.copyfileobj(content, out)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    shutil.copystat(source, target)
    if how == "move":
        source.unlink()
