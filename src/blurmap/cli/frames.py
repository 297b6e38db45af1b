"""The command ``blurmap frames``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blurmap.cli.console import Overwrite, ProgressBar, say, tell
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

    state: Frames | None = None

    def watch(so_far: "Frames") -> None:
        nonlocal state
        state = so_far
        show(bar, state)

    try:
        with ProgressBar("frames") as bar:
            result = take_frames(
                video, out, every=None if every is None else seconds(every), count=count, start=seconds(start),
                end=None if end is None else seconds(end), sharp_only=sharp_only, distinct=distinct,
                format=form, model=model, overwrite=overwrite, watch=watch,  # type: ignore[arg-type]
            )  # fmt: skip
    except KeyboardInterrupt:
        whole = f"; {len(state.written)} frames and {state.table} are whole" if state else ""
        tell(f"blurmap: interrupted{whole}")
        sys.exit(130)
    say(told(result))
    for problem in result.problems:
        tell(problem)
    if result.problems:
        sys.exit(1)


def show(bar: ProgressBar, state: "Frames") -> None:
    """Bar, the video's time, time left, frames so far."""
    from blurmap.video.reading import clock

    counts = f"{len(state.written)} written" + "".join(f", {reason} {n}" for reason, n in state.skipped.items())
    bar.show(state.done, state.seconds, f"{clock(state.done)[:-4]} of {clock(state.seconds)[:-4]}", counts)


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
