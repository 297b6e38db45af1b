"""The system's trash: which files of rejected shots go there, and putting them there."""

import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from blurmap.culling.choices import Choice
from blurmap.culling.sidecar import sidecars
from blurmap.culling.undo_list import UndoList
from blurmap.errors import in_words
from blurmap.photos.names import written
from blurmap.photos.shots import Neighbours


def plan_trash(chosen: dict[Path, Choice]) -> tuple[list[Path], list[str]]:
    """The files of rejected shots with their sidecars, and a sentence per shot that stays.

    A shot stays if there is a file of it that is not rejected, such as a RAW that was not scanned.
    """
    neighbours, problems = Neighbours(), []
    files: dict[Path, None] = {}
    for photo, choice in chosen.items():
        if choice != "reject":
            continue
        others = [file for file in neighbours.shot(photo) if chosen.get(file) != "reject"]
        if others:
            problems.append(f"{written(photo)}: stays, since {others[0].name} of the same shot is not rejected")
        else:
            files |= dict.fromkeys([photo, *sidecars(photo, neighbours)])
    return list(files), problems


def put_into_trash(files: list[Path], undo: UndoList) -> list[str]:
    """Put files into the system's trash; returns a sentence per file that stays.

    Raises
    ------
    ImportError
        If Send2Trash is not installed.
    """
    send = trash()
    problems = []
    for file in files:
        try:
            undo.add("trash", file, file)
        except OSError as error:  # what cannot be written down is not done
            problems.append(f"{written(file)}: stays, {undo.path} cannot be written ({in_words(error)})")
            continue
        began = time.time()
        try:
            send(file)
        except OSError as error:  # a disk without a trash, or no right to use it
            undo.add_failure()
            _remove_orphans(file, began)
            problems.append(f"{written(file)}: not put into the trash ({in_words(error)})")
    return problems


def trash() -> Any:
    """The function that puts a file into the system's trash."""
    try:
        from send2trash import send2trash
    except ImportError:
        raise ImportError(
            "the system's trash needs Send2Trash: install blurmap with its extra 'trash', or give --move"
        ) from None
    return send2trash


def _remove_orphans(file: Path, began: float) -> None:
    """Remove the note of a trash on a file that did not get there: Send2Trash writes it first, and leaves it there.

    As freedesktop.org has it, a trash holds ``info/NAME.trashinfo`` for each ``files/NAME``; elsewhere there is none.
    """
    for top, trash in _trashes(file):
        for note in trash.glob("info/*.trashinfo"):
            try:
                mine = note.stat().st_mtime >= began - 2  # seconds: some file systems count in twos
                alone = not os.path.lexists(trash / "files" / note.stem)
                if mine and alone and _path_noted(note, top) == file.absolute():
                    note.unlink()
            except (OSError, ValueError):  # of somebody else
                continue


def _trashes(file: Path) -> list[tuple[Path, Path]]:
    """The trashes that a file may go into, each after the folder that its notes count from."""
    data = Path(os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"))
    top = file.absolute().parent
    while not os.path.ismount(top) and top != top.parent:
        top = top.parent
    user = os.getuid() if hasattr(os, "getuid") else 0
    return [(data, data / "Trash"), (top, top / ".Trash" / str(user)), (top, top / f".Trash-{user}")]


def _path_noted(note: Path, top: Path) -> Path | None:
    for line in note.read_text(encoding="utf-8").splitlines():
        if line.startswith("Path="):
            return top / unquote(line.removeprefix("Path="), errors="surrogateescape")
    return None
