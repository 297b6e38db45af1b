"""Copies or moves photos into a folder per verdict: planned first, never over a file, with a list to undo it by."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from blurmap.scan.sidecar import sidecar_path
from blurmap.scan.table import Row

How = Literal["copy", "move"]


@dataclass(frozen=True)
class Step:
    """One file on its way."""

    source: Path
    target: Path


def plan(rows: Iterable[Row], folder: Path) -> list[Step]:
    """Where each local photo goes: ``FOLDER/VERDICT/NAME``; names that are taken get -2, -3 and so on.

    Photos with an error, and photos behind URLs, stay where they are.
    """
    steps, taken = [], set()
    for row in rows:
        if row["error"] or "://" in row["path"]:
            continue
        source = Path(row["path"])
        target, count = folder / row["verdict"] / source.name, 1
        while target.exists() or str(target).lower() in taken:
            if target.exists() and target.samefile(source):
                break
            count += 1
            target = folder / row["verdict"] / f"{source.stem}-{count}{source.suffix}"
        if not (target.exists() and target.samefile(source)):
            taken.add(str(target).lower())
            steps.append(Step(source, target))
            sidecar = sidecar_path(source)
            if sidecar.exists():
                steps.append(Step(sidecar, sidecar_path_like(sidecar, source, target)))
    return steps


def sidecar_path_like(sidecar: Path, source: Path, target: Path) -> Path:
    """The sidecar's name beside the photo's new place, in the style that it has now."""
    return target.with_name(target.name + ".xmp") if sidecar.stem == source.name else target.with_suffix(".xmp")


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
                problems.append(f"{step.source}: not {how}d ({error.strerror or error})")
    return undo, problems


def undo(path: Path) -> Iterator[str]:
    """Take back what an undo list says, last step first; yields a sentence per file that could not be taken back."""
    for line in reversed(path.read_text(encoding="utf-8").splitlines()):
        step = json.loads(line)
        source, target = Path(step["source"]), Path(step["target"])
        if not target.exists():
            continue  # the step was not done, or is taken back already
        if step["how"] == "move":
            if source.exists():
                yield f"{target}: stays, since {source} is there again"
                continue
            _place(target, source, "move")
        elif not source.exists() or source.read_bytes() != target.read_bytes():
            yield f"{target}: stays, since it is not a copy of {source} any more"
        else:
            target.unlink()


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
