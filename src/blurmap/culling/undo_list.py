"""Lists to undo by: what is done to a person's files, written down before it is done, and taken back from there."""

import base64
import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, get_args

from blurmap.errors import TableError
from blurmap.files import link_from, move_file, same_content, sync_folder, write_bytes
from blurmap.photos.names import written

How = Literal["copy", "move", "trash", "sidecar"]
VERSION = 2  # of the layout; lists of the first have no head
NAMES = "undo-*.jsonl"
SHOWN = 5  # folders


class UndoList:
    """The list ``undo-....jsonl`` in a folder, open; it is made with its first line.

    Each step is in it, and on the disk, before it is done, so that a kill in between leaves nothing that is not
    listed. Only its owner may read it: it holds what sidecars held.

    Parameters
    ----------
    folder : Path
        Where it is made.
    touched : iterable of Path
        The folders that its steps are in, deep or not; only there will anything be taken back.
    """

    def __init__(self, folder: Path, touched: Iterable[Path]) -> None:
        self.path = folder / f"undo-{datetime.now(UTC).strftime('%Y%m%d-%H%M%S-%f')}.jsonl"
        self._folders = outermost(touched)
        self._file: Any = None

    def add(self, how: How, source: Path, target: Path, **more: str | None) -> None:
        """Note a step. ``target`` is the file that there will be; of what goes into the trash, where it was.

        Raises
        ------
        OSError
            If it cannot be written down; then the step must not be done.
        """
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._begin()
        if source.is_symlink():
            more = {**more, "link": os.readlink(source)}
        self._write({"how": how, "source": _absolute(source), "target": _absolute(target), **more})

    def _begin(self) -> None:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(handle, "wb", buffering=0)  # what does not fit on the disk is not kept for later
        try:
            self._write({"undo list": VERSION, "folders": self._folders})
        except OSError:
            self._file.close()
            self._file = None
            self.path.unlink()
            raise
        sync_folder(self.path.parent)

    def add_sidecar(self, path: Path, before: bytes | None, after: bytes) -> None:
        """Note that a sidecar is written, and what it held before."""
        contents = {"before": None if before is None else _base64(before), "after": _base64(after)}
        self.add("sidecar", path, path, **contents)

    def add_failure(self) -> None:
        """Note that the last step was not done."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):  # on a full disk: without the note, 'undo' finds that nothing is there
            self._write({"how": "not done"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        whole = self._file.seek(0, os.SEEK_END)
        content = json.dumps(line).encode() + b"\n"
        try:
            if self._file.write(content) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            os.fsync(self._file.fileno())
        except OSError:  # a full disk: a torn line must not stand before the next
            os.ftruncate(self._file.fileno(), whole)
            raise


class Taken(NamedTuple):
    """An undo list as it was read: the folders that it may touch, its steps, how many lines of it are torn."""

    folders: list[Path]
    steps: list[dict[str, Any]]
    torn: int


def outermost(folders: Iterable[Path]) -> list[str]:
    """The real paths of folders, without those below others of them."""
    kept: list[Path] = []
    for folder in sorted({Path(os.path.realpath(path)) for path in folders}):
        if not (kept and folder.is_relative_to(kept[-1])):
            kept.append(folder)
    return list(map(str, kept))


def read_undo_list(path: Path) -> Taken:
    """Read a list up to its last whole line.

    Raises
    ------
    TableError
        If it is not an undo list.
    """
    *lines, rest = path.read_bytes().split(b"\n")
    torn = 1 if rest.strip() else 0
    folders: list[Path] = []
    steps: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        try:
            read = json.loads(line)
            if number == 1 and "undo list" in read:
                folders = [Path(folder) for folder in _texts(read["folders"])]
            elif read["how"] == "not done":
                steps.pop()
            else:
                steps.append(_checked(read))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            told = "undo list of another version" if number == 1 and b'"undo list"' in line else "undo list of a scan"
            raise TableError(f"{path}: is not an {told} (line {number})") from None
    if not lines:
        raise TableError(f"{path}: is not an undo list of a scan (it has no whole line)")
    return Taken(folders, steps, torn)


def take_back(path: Path, below: Iterable[Path] = (), show: Callable[[str], None] = lambda text: None) -> Iterator[str]:
    """Take back what an undo list says, last step first; yields a sentence per file that could not be taken back.

    Nothing outside the folders that the list names is touched, and no file is removed but where another, independent
    one holds the same.

    Parameters
    ----------
    path : Path
    below : iterable of Path
        Folders that it may touch, instead of those that it names; lists of before 0.7 name none.
    show : callable
        Told, before anything is done, how many steps there are and in which folders.

    Raises
    ------
    TableError
        If it is not an undo list, or it and ``below`` name no folders; nothing is done then.
    """
    taken = read_undo_list(path)
    folders = [Path(os.path.realpath(folder)) for folder in below] or taken.folders
    if not folders:
        raise TableError(f"{path}: names no folders that it may touch, as older lists do: give --below FOLDER")
    more = f" and {len(folders) - SHOWN} more folders" if len(folders) > SHOWN else ""
    show(f"steps: {len(taken.steps)}, below {', '.join(map(written, folders[:SHOWN]))}{more}")
    if taken.torn:
        yield f"{written(path)}: its last line is torn; what it says is left out"
    for step in reversed(taken.steps):
        source, target = Path(step["source"]), Path(step["target"])
        if outside := [file for file in (source, target) if not _inside(file, folders)]:
            yield f"{written(outside[0])}: stays, since it is below none of these folders"
            continue
        try:
            yield from _HOW[step["how"]](source, target, step)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            yield f"{written(target)}: cannot be taken back ({str(reason).lower()})"


def _take_back_trash(source: Path, target: Path, step: dict[str, Any]) -> Iterator[str]:
    if not os.path.lexists(target):
        yield f"{written(target)}: is in the system's trash; put it back from there"


def _take_back_copy(source: Path, target: Path, step: dict[str, Any]) -> Iterator[str]:
    if not os.path.lexists(target):
        return  # it was not done, or is taken back already
    if _is_one_file(source, target):
        yield f"{written(target)}: stays, since {written(source)} is the same file, not another one"
    elif source.is_symlink() or not same_content(source, target):
        # of a link the content was copied: it may lead to the copy by now
        real = Path(os.path.realpath(source))
        if source.is_symlink() and not _is_one_file(real, target) and same_content(real, target):
            target.unlink()
        else:
            yield f"{written(target)}: stays, since it is not a copy of {written(source)} any more"
    else:
        target.unlink()


def _take_back_move(source: Path, target: Path, step: dict[str, Any]) -> Iterator[str]:
    if not os.path.lexists(target):
        return  # it was not done, or is taken back already
    if os.path.lexists(source):  # a kill left both names, or somebody has put another file there
        if _left_by_a_kill(source, target, step):
            target.unlink()
        else:
            yield f"{written(target)}: stays, since {written(source)} is there again"
        return
    source.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink() and "link" in step:
        source.symlink_to(step["link"])  # as it was, to the letter
        target.unlink()
    else:
        move_file(target, source)


def _take_back_sidecar(source: Path, target: Path, step: dict[str, Any]) -> Iterator[str]:
    if not os.path.lexists(target):
        return  # into the trash with its photo
    content = _base64(target.read_bytes())
    if content == step["before"]:
        return
    if content != step["after"]:
        yield f"{written(target)}: stays, since it has changed"
    elif step["before"] is None:
        target.unlink()
    else:
        write_bytes(target, base64.b64decode(step["before"]), overwrite=True)


_HOW: dict[str, Callable[[Path, Path, dict[str, Any]], Iterator[str]]] = {
    "trash": _take_back_trash, "copy": _take_back_copy, "move": _take_back_move, "sidecar": _take_back_sidecar,
}  # fmt: skip


def interrupted(folder: Path) -> set[tuple[Path, Path]]:
    """Copies and moves that lists in a folder name, as (source, target): what a kill has left is known by them."""
    known: set[tuple[Path, Path]] = set()
    for path in folder.glob(NAMES):
        try:
            steps = read_undo_list(path).steps
        except (TableError, OSError):
            continue  # whatever it is, it is not ours, and 'undo' will say what is wrong with it
        known |= {(Path(step["source"]), Path(step["target"])) for step in steps if step["how"] in ("copy", "move")}
    return known


def _is_one_file(source: Path, target: Path) -> bool:
    """Whether two names lead to one file: links of both kinds, and folders that are seen at two places."""
    return source.exists() and target.exists() and os.path.samefile(source, target)


def _left_by_a_kill(source: Path, target: Path, step: dict[str, Any]) -> bool:
    """Whether a move was stopped before its source went: both names hold the same, and one can go."""
    if "link" in step:
        return source.is_symlink() and target.is_symlink() and os.readlink(target) == link_from(source, target)
    if source.is_symlink() or target.is_symlink():
        return False
    if not _is_one_file(source, target):
        return same_content(source, target)
    # two names in two folders; one name that is seen at two places has one link only
    return source.lstat().st_nlink > 1 and not os.path.samefile(source.parent, target.parent)


def _inside(path: Path, folders: list[Path]) -> bool:
    """Whether a file is below one of the folders, wherever links on the way lead."""
    if ".." in path.parts:
        return False
    parent = Path(os.path.realpath(path.parent))
    return any(parent.is_relative_to(folder) for folder in folders)


def _checked(step: dict[str, Any]) -> dict[str, Any]:
    """A step; raises ValueError, TypeError or KeyError where it is none."""
    if step["how"] not in get_args(How):
        raise ValueError("no step that a scan takes")
    _texts([step["source"], step["target"], step.get("link", "")])
    if "\0" in step["source"] + step["target"] + step.get("link", ""):
        raise ValueError("no path")
    if step["how"] == "sidecar":
        base64.b64decode(step["before"] or "", validate=True)
        base64.b64decode(step["after"], validate=True)
        if not step["target"].lower().endswith(".xmp"):
            raise ValueError("no sidecar")
    return step


def _texts(values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("not a list of text")
    return values


def _absolute(path: Path) -> str:
    return str(path.absolute())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
