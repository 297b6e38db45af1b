"""Lists to undo by: what is done to a person's files, written down before it is done, and taken back from there."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

from blurmap.errors import TableError
from blurmap.files import move_file, write_bytes
from blurmap.photos.names import written

How = Literal["copy", "move", "trash", "sidecar"]


class UndoList:
    """The list ``undo-....jsonl`` in a folder, open; it is made with its first line.

    Each step is in it before it is done, so that a kill in between leaves nothing that is not listed.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"undo-{datetime.now(UTC).strftime('%Y%m%d-%H%M%S-%f')}.jsonl"
        self._file: Any = None

    def add(self, how: How, source: Path, target: Path, **more: str | None) -> None:
        """Note a step. ``target`` is the file that there will be; of what goes into the trash, where it was."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("x", encoding="utf-8")
        line = {"how": how, "source": str(source.absolute()), "target": str(target.absolute()), **more}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def add_sidecar(self, path: Path, before: bytes | None, after: bytes) -> None:
        """Note that a sidecar is written, and what it held before."""
        contents = {"before": None if before is None else _base64(before), "after": _base64(after)}
        self.add("sidecar", path, path, **contents)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def take_back(path: Path) -> Iterator[str]:
    """Take back what an undo list says, last step first; yields a sentence per file that could not be taken back.

    Raises
    ------
    TableError
        If it is not an undo list; nothing is done then.
    """
    for step in reversed(_read(path)):
        source, target = Path(step["source"]), Path(step["target"])
        if step["how"] == "trash":
            if not target.exists():
                yield f"{written(target)}: is in the system's trash; put it back from there"
        elif not target.exists():
            continue  # the step was not done, or is taken back already
        elif step["how"] == "sidecar":
            yield from _take_back_sidecar(target, step)
        elif step["how"] == "move":
            if source.exists():
                yield f"{written(target)}: stays, since {written(source)} is there again"
                continue
            source.parent.mkdir(parents=True, exist_ok=True)
            move_file(target, source)
        elif not source.exists() or source.read_bytes() != target.read_bytes():
            yield f"{written(target)}: stays, since it is not a copy of {written(source)} any more"
        else:
            target.unlink()


def _take_back_sidecar(target: Path, step: dict[str, Any]) -> Iterator[str]:
    content = _base64(target.read_bytes())
    if content == step["before"]:
        return
    if content != step["after"]:
        yield f"{written(target)}: stays, since it has changed"
    elif step["before"] is None:
        target.unlink()
    else:
        write_bytes(target, base64.b64decode(step["before"]), overwrite=True)


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        steps = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for step in steps:
            if not all(isinstance(step[name], str) for name in ("how", "source", "target")):
                raise TypeError("source and target must be text")
            if step["how"] == "sidecar":
                base64.b64decode(step["before"] or "", validate=True)
                base64.b64decode(step["after"], validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise TableError(f"{path}: is not an undo list of a scan ({type(error).__name__}: {error})") from None
    if any(step["how"] not in get_args(How) for step in steps):
        raise TableError(f"{path}: is not an undo list of a scan (its steps are none that a scan takes)")
    return steps
