"""Copies or moves photos into a folder per verdict or choice: planned first, never over a file, noted to be undone."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from blurmap.culling.moving import move_file
from blurmap.culling.sidecar import sidecars
from blurmap.culling.undo_list import UndoList, interrupted
from blurmap.fields import Row
from blurmap.files import copy_file, same_content
from blurmap.photos.names import local_path, written
from blurmap.photos.shots import Neighbours

How = Literal["copy", "move"]
DONE: dict[How, str] = {"copy": "copied", "move": "moved"}


@dataclass(frozen=True)
class Step:
    """One file on its way."""

    source: Path
    target: Path


def verdicts(rows: Iterable[Row]) -> dict[Path, str]:
    """The verdicts of local photos that have one."""
    good = (row for row in rows if not row["error"] and row["verdict"])
    return {local: row["verdict"] for row in good if (local := local_path(row["path"]))}


def plan(kinds: dict[Path, str], folder: Path) -> list[Step]:
    """Where each photo goes: ``FOLDER/KIND/NAME``; names that are taken get -2, -3 and so on.

    The files of one shot (RAW and JPEG) and their sidecars go together, under one new stem where it is taken, and by
    the kind of the file that decides.
    """
    neighbours, steps = Neighbours(), []
    done: set[Path] = set()
    taken: set[str] = set()
    begun = interrupted(folder)
    for photo in kinds:
        shot = neighbours.shot(photo)
        kind = next(kinds[path] for path in shot if path in kinds)
        if photo in done or not kind or photo.parent.resolve() == (folder / kind).resolve():
            continue
        done.update(shot)
        files = [*shot, *sidecars(photo, neighbours)]
        count, stem = 1, photo.stem
        while True:
            moved = [Step(path, _renamed(path, photo.stem, stem, folder / kind)) for path in files]
            if not any(_taken(step, taken, begun) for step in moved):
                break
            count += 1
            stem = f"{photo.stem}-{count}"
        taken.update(str(step.target).lower() for step in moved)
        steps += moved
    return steps


def _renamed(path: Path, old: str, new: str, folder: Path) -> Path:
    """The path's new place: what follows the old stem (``.jpg``, ``.xmp``, ``.jpg.xmp``) follows the new one."""
    return folder / (new + path.name.removeprefix(old))


def _taken(step: Step, taken: set[str], begun: set[tuple[Path, Path]]) -> bool:
    """Whether another file has the name; the file itself has it where a run before was stopped in the middle."""
    if str(step.target).lower() in taken:
        return True
    return os.path.lexists(step.target) and not _there_already(step, begun)


def _there_already(step: Step, begun: set[tuple[Path, Path]]) -> bool:
    listed = (step.source.absolute(), step.target.absolute()) in begun
    return listed and same_content(step.source, step.target) and not os.path.samefile(step.source, step.target)


def carry_out(steps: Iterable[Step], how: How, undo: UndoList) -> list[str]:
    """Do the steps; returns a sentence per file that failed."""
    problems = []
    steps = list(steps)
    begun = interrupted(undo.path.parent) if steps else set()
    for step in steps:
        try:
            undo.add(how, step.source, step.target)
        except OSError as error:  # what cannot be taken back is not done
            problems.append(f"{written(step.source)}: not {DONE[how]}, {undo.path} cannot be written ({_told(error)})")
            continue
        try:
            step.target.parent.mkdir(parents=True, exist_ok=True)
            there = _there_already(step, begun)
            if how == "move":
                move_file(step.source, step.target, resume=there)
            elif not there:
                copy_file(step.source, step.target)
        except OSError as error:
            undo.add_failure()
            problems.append(f"{written(step.source)}: not {DONE[how]} ({_told(error)})")
    return problems


def _told(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
