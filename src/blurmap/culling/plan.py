"""What is to be done with a person's photos: told first, then done, each step noted so that it can be taken back.

``blurmap scan --copy/--move/--xmp`` plans by verdicts, ``blurmap apply`` by choices; the rest is the same.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from blurmap.culling import filing
from blurmap.culling.choices import Choice
from blurmap.culling.sidecar import linked_sidecars, of_choice, stars_lost, verdict_properties, write_sidecars
from blurmap.culling.trash import plan_trash, put_into_trash
from blurmap.culling.undo_list import UndoList
from blurmap.culling.xmp import Property
from blurmap.fields import Row
from blurmap.photos.names import written


@dataclass
class Plan:
    """Sidecars first, which then go with their photos; folders; the trash.

    Attributes
    ----------
    sidecars : dict
        What the sidecar of each photo is to say.
    folders : dict
        The name of the folder below ``target`` that each photo goes into.
    target : Path, optional
        None: no photo goes anywhere.
    how : {"copy", "move"}
    trash : dict
        Choices: the files of rejected shots go into the system's trash.
    problems : list of str
        A sentence per photo that stays.
    """

    sidecars: dict[Path, list[Property]] = field(default_factory=dict)
    folders: dict[Path, str] = field(default_factory=dict)
    target: Path | None = None
    how: filing.How = "copy"
    trash: dict[Path, Choice] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def describe(self) -> Iterator[str]:
        """A line per thing that would be done."""
        if self.sidecars:
            yield f"sidecars to write: {len(self.sidecars)}"
            if lost := stars_lost(self.sidecars):
                yield f"of them with stars that -1 (rejected) takes the place of: {lost}"
        for folder in self._filed_into():
            if folder.is_symlink():
                yield f"{written(folder)} is a link: what goes there lies in {written(os.path.realpath(folder))}"
        for step in self._steps():
            yield f"would {self.how} {written(step.source)}  -> {written(step.target)}"
        for file in self._files_for_trash():
            yield f"would put into the trash {written(file)}"

    def carry_out(self, undo: UndoList) -> Iterator[str]:
        """Do it; yields a line per kind of thing that is done. What went wrong is added to ``problems``."""
        if self.sidecars:
            count, failed = write_sidecars(self.sidecars, undo.add_sidecar)
            self.problems += failed
            yield f"sidecars written: {count}"
        if self.target is not None:
            steps = self._steps()
            failed = filing.carry_out(steps, self.how, undo)
            self.problems += failed
            yield f"files {filing.DONE[self.how]}: {len(steps) - len(failed)}"
        if self.trash:
            files = self._files_for_trash()
            failed = put_into_trash(files, undo)
            self.problems += failed
            yield f"files put into the trash: {len(files) - len(failed)}"

    def touched(self) -> set[Path]:
        """The folders of all files that are written, moved or removed, also where links lead to them."""
        files = [*self.sidecars, *self.folders, *self.trash]
        folders = {file.parent for file in files} | {real.parent for real in linked_sidecars(self.sidecars)}
        return folders.union(self._filed_into(), [self.target] if self.target else [])

    def _filed_into(self) -> list[Path]:
        return [self.target / kind for kind in sorted(set(self.folders.values())) if kind] if self.target else []

    # Both are found when they are asked for: the sidecars that are there by then go along.
    def _steps(self) -> list[filing.Step]:
        return [] if self.target is None else filing.plan(self.folders, self.target)

    def _files_for_trash(self) -> list[Path]:
        files, problems = plan_trash(self.trash)
        self.problems += problems
        return files


def by_verdicts(rows: Iterable[Row], copy: Path | None, move: Path | None, *, xmp: bool) -> Plan:
    """Photos into a folder per verdict, verdicts into sidecars."""
    rows = list(rows)
    return Plan(verdict_properties(rows) if xmp else {}, filing.verdicts(rows), *where_to(copy, move))


def by_choices(chosen: dict[Path, Choice], copy: Path | None, move: Path | None, *, xmp: bool, trash: bool) -> Plan:
    """Photos into the folders ``keep`` and ``reject``, choices into sidecars, what is rejected into the trash."""
    sidecars = {photo: of_choice(choice) for photo, choice in chosen.items()} if xmp else {}
    folders: dict[Path, str] = {photo: choice for photo, choice in chosen.items() if choice == "keep" or not trash}
    return Plan(sidecars, folders, *where_to(copy, move), chosen if trash else {})


def where_to(copy: Path | None, move: Path | None) -> tuple[Path | None, filing.How]:
    """The folder that photos go into, and how; raises ValueError where both are given."""
    if copy and move:
        raise ValueError("give --copy or --move, not both")
    return copy or move, "move" if move else "copy"
