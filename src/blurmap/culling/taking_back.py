"""What an undo list says is taken back, last step first; each step says what has become of it."""

import base64
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from blurmap.culling.lock import locked
from blurmap.culling.moving import are_one_move, is_one_file, move_file
from blurmap.culling.undo_list import note_taken_back, read_undo_list
from blurmap.errors import TableError
from blurmap.files import same_content, write_bytes
from blurmap.photos.names import written

SHOWN = 5  # folders
TAKEN_BACK, BACK_ALREADY = "taken back", "was back already"


class Became(NamedTuple):
    """What has become of a step: of which file, what, and whether things are as they were before."""

    file: Path
    what: str
    well: bool = False


def take_back(
    path: Path,
    below: Iterable[Path] = (),
    show: Callable[[str], None] = lambda text: None,
    sure: Callable[[list[Path]], None] = lambda folders: None,
) -> Iterator[str]:
    """Take back what an undo list says, last step first; yields a sentence per file that is not back.

    Nothing outside the folders that the list names is touched, and no file is removed but where another, independent
    one holds the same. One run at a time takes back from a folder, and none files into it meanwhile.

    Parameters
    ----------
    path : Path
    below : iterable of Path
        Folders that it may touch, instead of those that it names; lists of older versions name none.
    show : callable
        Told, before anything is done, how many steps there are and in which folders; then a line per file that is back.
    sure : callable
        Called with those folders that the list names and that are very wide, before anything is done; what it raises
        ends it.

    Raises
    ------
    TableError
        If it is not an undo list, or it and ``below`` name no folders; nothing is done then.
    """
    named, steps, _, torn = read_undo_list(path)
    given = [Path(os.path.realpath(folder)) for folder in below]
    folders = given or named
    if not folders:
        raise TableError(f"{path}: names no folders that it may touch, as older lists do: give --below FOLDER")
    more = f" and {len(folders) - SHOWN} more folders" if len(folders) > SHOWN else ""
    show(f"steps: {len(steps)}, below {', '.join(map(written, folders[:SHOWN]))}{more}")
    if not given and (wide := [folder for folder in folders if very_wide(folder)]):
        sure(wide)
    if torn:
        yield f"{written(path)}: its last line is torn; what it says is left out"
    with locked([path.parent, *_filed_into(steps, folders)], show):
        _, steps, back, _ = read_undo_list(path)  # another run may have taken back some of it while this one waited
        binned: set[Path] = set()
        for number, step in reversed(list(enumerate(steps))):
            became = _take_back(step, folders, known_back=number in back)
            if became.well:
                if number not in back:
                    note_taken_back(path, number)
                show(f"{written(became.file)}: {became.what}")
            elif became.file not in binned:  # of a sidecar in the trash it is said once
                yield f"{written(became.file)}: {became.what}"
            if step["how"] == "trash" and not became.well:
                binned.add(became.file)


def very_wide(folder: Path) -> bool:
    """Whether a folder has more in it than photos: a root or one right below, a home or what is above it, a hidden one.

    Such as a list that somebody has forged would name.
    """
    home = Path(os.path.realpath(os.path.expanduser("~")))
    return (
        len(folder.parts) <= 2
        or home.is_relative_to(folder)
        or folder.parent == home.parent
        or any(part.startswith(".") for part in folder.parts)
    )


def _filed_into(steps: Iterable[dict[str, Any]], folders: list[Path]) -> set[Path]:
    """The folders that photos were filed into, ``FOLDER/KIND/NAME``: those of them that the list may touch."""
    filed = {Path(step["target"]).parent for step in steps if step["how"] in ("copy", "move")}
    return {kind.parent for kind in filed if kind.parent.is_dir() and _inside(kind, folders)}


def _take_back(step: dict[str, Any], folders: list[Path], *, known_back: bool) -> Became:
    source, target = Path(step["source"]), Path(step["target"])
    if outside := [file for file in (source, target) if not _inside(file, folders)]:
        return Became(outside[0], "stays, since it is below none of these folders")
    try:
        match step["how"]:
            case "trash":
                became = _take_back_trash(target)
            case "move":
                became = _take_back_move(source, target, step.get("link"))
            case "copy":
                became = _take_back_copy(source, target, known_back=known_back)
            case _:
                became = _take_back_sidecar(target, step, folders, known_back=known_back)
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and not os.path.lexists(target):
            return _missing(target, known_back=known_back)  # removed by somebody at this moment
        reason = getattr(error, "strerror", None) or error
        return Became(target, f"cannot be taken back ({str(reason).lower()})")
    return became


def _missing(target: Path, *, known_back: bool) -> Became:
    """What a step has made is not where it was."""
    if known_back:
        return Became(target, BACK_ALREADY, well=True)
    return Became(target, "not found: it was moved, renamed or removed, or never made by a run that was stopped")


def _take_back_trash(target: Path) -> Became:
    if os.path.lexists(target):
        return Became(target, BACK_ALREADY, well=True)
    return Became(target, "is in the system's trash; put it back from there")


def _take_back_copy(source: Path, target: Path, *, known_back: bool) -> Became:
    if not os.path.lexists(target):
        return _missing(target, known_back=known_back)
    if is_one_file(source, target):
        return Became(target, f"stays, since {written(source)} is the same file, not another one")
    # of a link the content was copied: it may lead to the copy by now
    original = Path(os.path.realpath(source)) if source.is_symlink() else source
    if is_one_file(original, target) or not same_content(original, target):
        return Became(target, f"stays, since it is not a copy of {written(source)} any more")
    target.unlink()
    return Became(target, TAKEN_BACK, well=True)


def _take_back_move(source: Path, target: Path, link: str | None) -> Became:
    if not os.path.lexists(target):
        if os.path.lexists(source):
            return Became(source, BACK_ALREADY, well=True)
        return Became(target, f"not found, nor is {written(source)}: it was moved, renamed or removed")
    if os.path.lexists(source) and not are_one_move(target, source):
        return Became(target, f"stays, since {written(source)} is there again")
    source.parent.mkdir(parents=True, exist_ok=True)
    move_file(target, source, link=link, resume=True)
    return Became(source, TAKEN_BACK, well=True)


def _take_back_sidecar(target: Path, step: dict[str, Any], folders: list[Path], *, known_back: bool) -> Became:
    if not os.path.lexists(target):
        return _missing(target, known_back=known_back)
    real = Path(os.path.realpath(target))  # a sidecar may be a link to another: that one was written
    if not _inside(real, folders) or not real.name.lower().endswith(".xmp"):
        return Became(target, f"stays, since it is a link to {written(real)}")
    before = None if step["before"] is None else base64.b64decode(step["before"])
    content = real.read_bytes() if real.exists() else None
    if content is not None and content == before:
        return Became(target, BACK_ALREADY, well=True)
    if content != base64.b64decode(step["after"]) or (before is None and target.is_symlink()):
        return Became(target, "stays, since it has changed")
    if before is None:
        target.unlink()
    else:
        write_bytes(real, before, overwrite=True)
    return Became(target, TAKEN_BACK, well=True)


def _inside(path: Path, folders: list[Path]) -> bool:
    """Whether a file is below one of the folders, wherever links on the way lead."""
    if ".." in path.parts:
        return False
    parent = Path(os.path.realpath(path.parent))
    return any(parent.is_relative_to(folder) for folder in folders)
