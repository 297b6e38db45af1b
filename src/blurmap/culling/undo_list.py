"""Lists to undo by: what is done to a person's files, written down before it is done; written and read here."""

import base64
import contextlib
import errno
import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, get_args

from blurmap.culling.lock import locked
from blurmap.errors import TableError
from blurmap.files import sync_folder

How = Literal["copy", "move", "trash", "sidecar"]
VERSION = 2  # of the layout; lists of the first have no head
NAMES = "undo-*.jsonl"


class UndoList:
    """The list ``undo-....jsonl`` in a folder, open; it is made with its first line. No other run may file there then.

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
        self._lock = contextlib.ExitStack()

    def add(self, how: How, source: Path, target: Path, **more: str | None) -> None:
        """Note a step. ``target`` is the file that there will be; of what goes into the trash, where it was.

        Raises
        ------
        OSError
            If it cannot be written down; then the step must not be done.
        """
        if self._file is None:
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
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock.enter_context(locked([self.path.parent]))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        self._lock.close()

    def _write(self, line: dict[str, Any]) -> None:
        _append(self._file, line, sync=True)


def note_taken_back(path: Path, step: int) -> None:
    """Note in a list that a step of it is taken back: whether a copy is gone or somewhere else is known by that.

    A torn last line, of which nothing was done, goes.
    """
    with contextlib.suppress(OSError), path.open("r+b", buffering=0) as file:  # without it, less is known later
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
        _append(file, {"how": "taken back", "step": step})


def _append(file: Any, line: Mapping[str, Any], *, sync: bool = False) -> None:
    """Add a line to a file that is open without a buffer, whole or not at all."""
    whole = file.seek(0, os.SEEK_END)
    content = json.dumps(line).encode() + b"\n"
    try:
        if file.write(content) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file.name))
        if sync:
            os.fsync(file.fileno())
    except OSError:  # a full disk: a torn line must not stand before the next
        os.ftruncate(file.fileno(), whole)
        raise


class Taken(NamedTuple):
    """An undo list as it was read: the folders that it may touch, its steps, those that were taken back, torn lines."""

    folders: list[Path]
    steps: list[dict[str, Any]]
    back: set[int]
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
    back: set[int] = set()
    for number, line in enumerate(lines, 1):
        try:
            read = json.loads(line)
            if number == 1 and "undo list" in read:
                folders = list(map(Path, _paths(read["folders"])))
            elif read["how"] == "not done":
                steps.pop()
            elif read["how"] == "taken back":
                back.add(range(len(steps))[read["step"]])
            else:
                steps.append(_checked(read))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            told = "undo list of another version" if number == 1 and b'"undo list"' in line else "undo list of a scan"
            raise TableError(f"{path}: is not an {told} (line {number})") from None
    if not lines:
        raise TableError(f"{path}: is not an undo list of a scan (it has no whole line)")
    return Taken(folders, steps, back, torn)


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


def _checked(step: dict[str, Any]) -> dict[str, Any]:
    """A step; raises ValueError, TypeError or KeyError where it is none."""
    if step["how"] not in get_args(How):
        raise ValueError("no step that a scan takes")
    _paths([step["source"], step["target"], step.get("link", "")])
    if step["how"] == "sidecar":
        before, after = step["before"], step["after"]
        if not (isinstance(after, str) and isinstance(before, str | None)):
            raise TypeError("no content")
        base64.b64decode(before or "", validate=True)
        base64.b64decode(after, validate=True)
        if not step["target"].lower().endswith(".xmp") or step["source"] != step["target"]:
            raise ValueError("no sidecar")
    return step


def _paths(values: Any) -> list[str]:
    """Texts that can be paths; raises TypeError or ValueError where they are none."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("not a list of text")
    if any(b"\0" in os.fsencode(value) for value in values):  # fails for half of a pair of surrogates
        raise ValueError("no path")
    return values


def _absolute(path: Path) -> str:
    return str(path.absolute())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
