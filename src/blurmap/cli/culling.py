"""The commands ``blurmap apply`` and ``undo``: what was chosen on the report's page is done, and taken back."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blurmap.cli.console import say, tell

if TYPE_CHECKING:
    from blurmap.culling.plan import Plan


def apply(
    choices: Annotated[Path, typer.Argument(help="choices.json from the report: Take with you, Choices as a file.")],
    copy: Annotated[Path | None, typer.Option(help="Copy photos into DIR/keep and DIR/reject.", metavar="DIR")] = None,
    move: Annotated[Path | None, typer.Option(help="Move them there instead.", metavar="DIR")] = None,
    xmp: Annotated[bool, typer.Option("--xmp", help="Write rating, label and flags into XMP sidecars.")] = False,
    trash: Annotated[bool, typer.Option("--trash", help="Put rejected photos into the system's trash.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else only show.")] = False,
) -> None:
    """Do with photos what was chosen in the report: folders, XMP sidecars, trash. Nothing is deleted."""
    from blurmap.culling.choices import read_choices
    from blurmap.culling.plan import by_choices
    from blurmap.culling.trash import trash as find_trash

    if trash:
        find_trash()  # tells, before anything is done, where it is missing
    chosen, problems = read_choices(choices)
    plan = by_choices(chosen, copy, move, xmp=xmp, trash=trash)
    counts = [sum(1 for choice in chosen.values() if choice == wanted) for wanted in ("keep", "reject")]
    say(f"files kept: {counts[0]}, rejected: {counts[1]}")
    if not (copy or move or xmp or trash):
        raise ValueError("say what to do with them: --copy DIR, --move DIR, --xmp, --trash")
    problems += do_or_describe(plan, choices.absolute().parent, say, yes=yes)
    for problem in problems:
        tell(problem)
    if problems:
        sys.exit(1)


def do_or_describe(plan: "Plan", folder: Path, tell: Callable[[str], None], *, yes: bool) -> list[str]:
    """Carry out a plan, or only say what it would do; returns what went wrong.

    The undo list goes to where photos go; else to ``folder``.
    """
    from blurmap.culling.undo_list import UndoList

    if not yes:
        for line in plan.describe():
            tell(line)
        tell("nothing was changed: give --yes to do it")
        return plan.problems
    with UndoList(plan.target or folder, plan.touched()) as undo_list:
        for line in plan.carry_out(undo_list):
            tell(line)
    if undo_list.path.exists():
        tell(f"to take it back: blurmap undo {undo_list.path}")
    return plan.problems


def undo(
    undo_list: Annotated[Path, typer.Argument(help="undo-....jsonl that a scan or 'apply' wrote.")],
    below: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Touch what is below it, not below the folders that the list names."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask where the list names very wide folders.")] = False,
) -> None:
    """Take back what 'apply', or 'scan --copy', '--move' or '--xmp', did. Exit status 1 if anything is not back."""
    from blurmap.culling.taking_back import take_back

    problems = list(take_back(undo_list, below or (), say, (lambda folders: None) if yes else ask))
    for problem in problems:
        tell(problem)
    if problems:
        say(f"not back: {len(problems)}")
        sys.exit(1)
    say("all is back")


def ask(folders: list[Path]) -> None:
    """Ask whether a list may touch folders that have more in them than photos; raises ValueError where it may not."""
    from blurmap.photos.names import written

    named = ", ".join(map(written, folders))
    if not sys.stdin.isatty():
        raise ValueError(f"the list may touch all of {named}: give --yes if that is right, or --below DIR")
    if not typer.confirm(f"The list may touch all of {named}. Is that right?", err=True):
        raise ValueError("nothing was taken back")
