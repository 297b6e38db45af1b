"""The commands ``blurmap apply`` and ``undo``: what was chosen on the report's page is done, and taken back."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from blurmap.cli.console import errors, say


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
    from blurmap.culling.choices import trash as find_trash

    if copy and move:
        raise ValueError("give --copy or --move, not both")
    if trash:
        find_trash()  # tells, before anything is done, where it is missing
    chosen, problems = read_choices(choices)
    counts = [sum(1 for choice in chosen.values() if choice == wanted) for wanted in ("keep", "reject")]
    say(f"files kept: {counts[0]}, rejected: {counts[1]}")
    if not (copy or move or xmp or trash):
        raise ValueError("say what to do with them: --copy DIR, --move DIR, --xmp, --trash")
    if yes:
        problems += do(chosen, choices, copy, move, xmp=xmp, trash=trash)
    else:
        problems += tell(chosen, copy, move, xmp=xmp, trash=trash)
        say("nothing was changed: give --yes to do it")
    for problem in problems:
        errors.print(problem, markup=False)
    if problems:
        sys.exit(1)


def filed(chosen: dict[Path, Any], *, trash: bool) -> dict[Path, str]:
    """What goes into folders: all, or without the rejected if these go into the trash."""
    return {photo: choice for photo, choice in chosen.items() if choice == "keep" or not trash}


def tell(chosen: dict[Path, Any], copy: Path | None, move: Path | None, *, xmp: bool, trash: bool) -> list[str]:
    """Say what would be done; returns what could not."""
    from blurmap.culling import filing
    from blurmap.culling.choices import plan_trash
    from blurmap.photos.names import written

    problems: list[str] = []
    if xmp:
        say(f"would write sidecars of {len(chosen)} files")
    if folder := copy or move:
        for step in filing.plan(filed(chosen, trash=trash), folder):
            say(f"would {'copy' if copy else 'move'} {written(step.source)}  -> {written(step.target)}")
    if trash:
        files, problems = plan_trash(chosen)
        for file in files:
            say(f"would put into the trash {written(file)}")
    return problems


def do(
    chosen: dict[Path, Any], choices: Path, copy: Path | None, move: Path | None, *, xmp: bool, trash: bool
) -> list[str]:
    """Do it, sidecars first, which then go with their photos; returns what went wrong."""
    from blurmap.culling import filing
    from blurmap.culling.choices import plan_trash, put_into_trash
    from blurmap.culling.sidecar import of_choice, write_sidecars
    from blurmap.culling.undo_list import UndoList

    problems: list[str] = []
    folder = copy or move
    with UndoList(folder or choices.absolute().parent) as undo_list:
        if xmp:
            wanted = {photo: of_choice(choice) for photo, choice in chosen.items()}
            count, problems = write_sidecars(wanted, undo_list.add_sidecar)
            say(f"{count} sidecars written")
        if folder:
            steps = filing.plan(filed(chosen, trash=trash), folder)
            failed = filing.carry_out(steps, "copy" if copy else "move", undo_list)
            problems += failed
            say(f"{len(steps) - len(failed)} files {'copied' if copy else 'moved'}")
        if trash:
            files, stay = plan_trash(chosen)
            failed = put_into_trash(files, undo_list)
            problems += stay + failed
            say(f"{len(files) - len(failed)} files put into the trash")
    if undo_list.path.exists():
        say(f"to take it back: blurmap undo {undo_list.path}")
    return problems


def undo(undo_list: Annotated[Path, typer.Argument(help="undo-....jsonl that a scan or 'apply' wrote.")]) -> None:
    """Take back what 'apply', 'scan --copy' or '--move' did."""
    from blurmap.culling.undo_list import take_back

    problems = list(take_back(undo_list))
    for problem in problems:
        errors.print(problem, markup=False)
    if problems:
        sys.exit(1)
    say("taken back")
