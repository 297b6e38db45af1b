"""The command ``blurmap frames``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blurmap.cli.console import Overwrite, errors, say
from blurmap.models import DEFAULT

if TYPE_CHECKING:
    from blurmap.video.run import Frames


def frames(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="Video to take the frames of.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("frames"),
    every: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="One frame of every so many.  [default: 0.5]")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="So many frames over the whole, instead.")] = None,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="12.5, 12.5s, 1:30 or 1:02:30.")] = "0",
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Up to there.  [default: the end]")] = None,
    sharp_only: Annotated[bool, typer.Option("--sharp-only", help="Leave out where nothing is sharp.")] = False,
    distinct: Annotated[bool, typer.Option("--distinct", help="Leave out what looks like the last one.")] = False,
    form: Annotated[str, typer.Option("--format", help="jpg (quality 95) or png.")] = "jpg",
    model: Annotated[str, typer.Option(help="default, or default-int8: faster.")] = DEFAULT,
    overwrite: Overwrite = False,
) -> None:
    """Write the sharpest frame of every half second of a video (or of --count windows), and a table VIDEO.csv."""
    from blurmap.video.run import frames as take_frames

    try:
        with FramesProgress() as shown:
            found = take_frames(
                video, out, every=None if every is None else seconds(every), count=count, start=seconds(start),
                end=None if end is None else seconds(end), sharp_only=sharp_only, distinct=distinct,
                format=form, model=model, overwrite=overwrite, watch=shown.show,  # type: ignore[arg-type]
            )  # fmt: skip
    except KeyboardInterrupt:
        state = shown.state
        kept = f"; {len(state.written)} frames and {state.table} are whole" if state else ""
        errors.print(f"blurmap: interrupted{kept}", markup=False)
        sys.exit(130)
    say(told(found))
    for problem in found.problems:
        errors.print(problem, markup=False)
    if found.problems:
        sys.exit(1)


def told(found: "Frames") -> str:
    """What became of the video, for a person: how many frames, and which windows gave none and why."""
    empty = found.windows - len(found.rows)
    skipped = [f"{reason} {count}" for reason, count in sorted(found.skipped.items())]
    skipped += [f"no frame {empty}"] if empty else []
    line = f"{len(found.written)} frames of {found.windows} windows  -> {found.table.parent}"
    return line + (f"\nskipped: {', '.join(skipped)}" if skipped else "")


def seconds(text: str) -> float:
    """Seconds from ``12.5``, ``12.5s``, ``1:30`` or ``1:02:30.5``.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    parts = text.strip().removesuffix("s").split(":")
    try:
        values = [float(part) for part in parts]
    except ValueError:
        values = []
    if not 1 <= len(values) <= 3 or min(values) < 0 or not max(values) < float("inf"):
        raise ValueError(f"{text!r} is no time: give seconds, such as 0.5 or 12.5s, or minutes and seconds: 1:30")
    return sum(value * 60**i for i, value in enumerate(reversed(values)))


class FramesProgress:
    """The progress on a terminal's stderr: bar, time of the video, how fast, time left, frames so far."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self.state: Frames | None = None
        self.bar = Progress(
            TextColumn("frames"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[where]}"),
            TimeRemainingColumn(), TextColumn("{task.fields[counts]}"),
            console=errors, transient=True,
        )  # fmt: skip
        self.task = self.bar.add_task("", total=None, where="", counts="")

    def __enter__(self) -> "FramesProgress":
        if errors.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if errors.is_terminal:
            self.bar.stop()

    def show(self, state: "Frames") -> None:
        from blurmap.video.reading import clock

        self.state = state
        counts = f"{len(state.written)} written" + "".join(f", {reason} {n}" for reason, n in state.skipped.items())
        where = f"{clock(state.done)[:-4]} of {clock(state.seconds)[:-4]}"
        self.bar.update(self.task, total=state.seconds, completed=state.done, where=where, counts=counts)
