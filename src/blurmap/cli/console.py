"""What the commands share: how they speak and fail, the error console, the progress bar."""

import os
import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, NoReturn, Self, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    track,
)
from rich.table import Table
from rich.text import Text

from blurmap.models import MODELS, find
from blurmap.photos.names import printable

T = TypeVar("T")

BAR, SPACES = 20, 8  # characters of the bar, and of what stands between its columns
EACH = 60.0  # seconds between lines where there is no terminal

errors = Console(stderr=True, highlight=False, soft_wrap=True)


def known_model(name: str) -> str:
    """The name, if there is such a model."""
    try:
        find(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return name


Model = Annotated[
    str,
    typer.Option(
        callback=known_model, autocompletion=lambda: list(MODELS), metavar="MODEL",
        help=f"Which model answers: {', '.join(MODELS)}, or a folder of weights of your own.",
    ),
]  # fmt: skip
Photos = Annotated[
    list[str],
    typer.Argument(
        metavar="PHOTO...", show_default=False,
        help="Photos, folders, globs, URLs, @LIST (a file with a path per line), - for one photo on stdin.",
    ),
]  # fmt: skip
Out = Annotated[Path, typer.Option(help="Folder to write to; - writes the picture of one photo to stdout.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results of an earlier run.")]


def say(text: str) -> None:
    """Print lines. What would steer the terminal is written out; files and photos may hold any name."""
    _echo(_harmless(text))


def tell(text: str) -> None:
    """Print lines on stderr, as ``say`` does."""
    errors.print(_harmless(text), markup=False)


def _harmless(text: str) -> str:
    lines = "\n".join(map(printable, text.split("\n")))
    return lines.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")  # names of any bytes


def _echo(text: str) -> None:
    """Print; a reader that has seen enough, such as ``head``, does not stop the work."""
    try:
        typer.echo(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(table: Table, width: int) -> None:
    """Print a table, where there is no terminal that many characters wide."""
    console = Console(width=None if sys.stdout.isatty() else width)
    with console.capture() as shown:
        console.print(table)
    _echo(shown.get().rstrip("\n"))


def fail(message: str, status: int = 1) -> NoReturn:
    """Say on stderr what is wrong, and end with the exit status."""
    tell(f"blurmap: {message}")
    sys.exit(status)


class ProgressBar:
    """What goes on, on stderr: on a terminal a bar, how much is done, time left, counts; elsewhere a line each minute.

    On a narrow terminal the counts go first, since nobody can do without the total and the time left.

    Parameters
    ----------
    title : str
    counted : bool
        Say how many of how many are done, instead of the share.
    """

    def __init__(self, title: str, *, counted: bool = False) -> None:
        self._title, self._counted, self._told = title, counted, time.monotonic()
        self._bar = Progress(
            TextColumn(title), BarColumn(BAR), MofNCompleteColumn() if counted else TaskProgressColumn(),
            TextColumn("{task.fields[pace]}"), TimeRemainingColumn(), TextColumn("{task.fields[counts]}"),
            console=errors, transient=True, disable=not errors.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=None, pace="", counts="")

    def __enter__(self) -> Self:
        if errors.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if errors.is_terminal:
            self._bar.stop()

    @property
    def speed(self) -> float | None:
        """Per second; None at first."""
        return self._bar.tasks[0].speed

    def show(self, done: float, total: float, pace: str, counts: str) -> None:
        """Show how far it is; ``counts`` are in Rich's markup."""
        words = Text.from_markup(counts)
        room = errors.width - len(self._title) - BAR - 2 * len(f"{total:.0f}") - len(pace) - len("0:00:00") - SPACES
        shown = counts if words.cell_len <= room else ""
        self._bar.update(self._task, total=total, completed=done, pace=pace, counts=shown)
        if not errors.is_terminal and time.monotonic() - self._told >= EACH:
            self._told = time.monotonic()
            left = self._bar.tasks[0].time_remaining
            how_far = f"{done:.0f} of {total:.0f}" if self._counted else f"{done / max(total, 1e-9):.0%}"
            time_left = f"{timedelta(seconds=round(left))} left" if left is not None else ""
            tell(", ".join(filter(None, (f"{self._title}: {how_far}", pace, time_left, words.plain))))


def watched(items: Iterable[T], title: str, count: int) -> Iterable[T]:
    """The items, so many, with a progress bar on a terminal's stderr where there are several."""
    if count < 2 or not errors.is_terminal:
        return items  # a bar that is switched off writes an empty line in older versions of rich
    return track(items, title, count, console=errors, transient=True)
