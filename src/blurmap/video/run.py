"""A video to its sharpest frames: chosen, written, and told of in a table."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from blurmap.fields import Row
from blurmap.models import DEFAULT, MODELS, CloseUpModel, load
from blurmap.photos.names import written
from blurmap.verdict.judgement import GOOD
from blurmap.video.choosing import Best, best_frames
from blurmap.video.reading import Video
from blurmap.video.repeats import alike, signature
from blurmap.video.windows import lay_windows
from blurmap.video.writing import FORMATS, frame_path, make_room, table_path, write_frame, write_rows

NOTHING_SHARP, NEAR_DUPLICATE = "nothing sharp", "near-duplicate"


@dataclass
class Frames:
    """What became of a video.

    Attributes
    ----------
    seconds : float
        Length of the range that was asked for.
    windows : int
        In that range.
    done : float
        Seconds of it that have been looked at.
    rows : list of dict
        A row per window in which a frame could be read, as in the table, see ``blurmap.video.writing.COLUMNS``:
        ``skipped`` says why its best frame was not written, and is None where it was.
    written : list of Path
        The frames that were written, in order.
    table : Path
        The table.
    problems : list of str
        What of the video could not be read.
    """

    seconds: float
    windows: int
    table: Path
    done: float = 0.0
    rows: list[Row] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def skipped(self) -> Counter[str]:
        """How many windows gave no frame, by reason."""
        return Counter(row["skipped"] for row in self.rows if row["skipped"])


def frames(
    video: str | Path,
    out: str | Path,
    *,
    every: float | None = None,
    count: int | None = None,
    start: float = 0.0,
    end: float | None = None,
    sharp_only: bool = False,
    distinct: bool = False,
    format: Literal["jpg", "png"] = "jpg",
    model: str = DEFAULT,
    overwrite: bool = False,
    watch: Callable[[Frames], None] = lambda state: None,
) -> Frames:
    """Write the sharpest frame of every window of a video, and a table.

    Parameters
    ----------
    video : str or Path
    out : str or Path
        Folder for ``VIDEO_NUMBER.jpg`` and ``VIDEO.csv``; is made.
    every : float, optional
        Length of a window in seconds; 0.5 if neither it nor ``count`` is given.
    count : int, optional
        Number of windows over the whole range, instead.
    start, end : float
        Range in seconds; to the video's end if not given.
    sharp_only : bool
        Leave out a window whose best frame is not sharp: its verdict is ``defocused`` or ``motion``.
    distinct : bool
        Leave out a frame that shows the same as the last one written.
    format : {"jpg", "png"}
        JPEG of quality 95, or PNG.
    model : str
        ``default-int8`` or ``default``.
    overwrite : bool
        Replace frames and table of an earlier run on a video of that name.
    watch : callable, optional
        Is called after each window with the state so far.

    Returns
    -------
    Frames

    Raises
    ------
    VideoError
        If the video cannot be used. One that is damaged or cut off gives what can be read; see ``problems``.
    FileExistsError
        If results are there and ``overwrite`` is false.
    ValueError
        If an argument is out of range.
    ImportError
        If PyAV is not installed.
    """
    if format not in FORMATS:
        raise ValueError(f"format must be {' or '.join(FORMATS)}, not {format!r}")
    loaded = load(model, threads=1)
    if not (loaded.capabilities.close_ups and loaded.capabilities.verdicts):
        able = [name for name in MODELS if MODELS[name].capabilities.close_ups]
        raise ValueError(f"model must be {' or '.join(able)}, not {model!r}")
    opened, folder = Video(video), Path(out)
    windows = lay_windows(opened.seconds, every, count, start, end)
    make_room(folder, opened.path, overwrite=overwrite)
    state = Frames(min(end or opened.seconds, opened.seconds) - start, windows.count, table_path(folder, opened.path))
    last = None
    try:
        for best in best_frames(opened, windows, cast(CloseUpModel, loaded), end):
            row, look = _row(best), signature(best.frame)
            if sharp_only and row["verdict"] not in GOOD:
                row["skipped"] = NOTHING_SHARP
            elif distinct and last is not None and alike(look, last):
                row["skipped"] = NEAR_DUPLICATE
            else:
                path = frame_path(folder, opened.path, best.frame.number, format)
                write_frame(best.frame, path)  # a file that is still there, no run wrote
                state.written.append(path)
                row["file"], last = written(path.name), look
            state.rows.append(row)
            state.done = best.frame.time - start
            watch(state)
    finally:  # also when it is interrupted: the table tells of every frame in the folder
        write_rows(state.rows, state.table)
    state.problems = opened.problems
    if not state.rows:
        state.problems.append(f"{opened.path}: no frame of it could be read")
    return state


def _row(best: Best) -> Row:
    known = {"file": None, "window": best.window, "time": round(best.frame.time, 6), "frame": best.frame.number}
    answer = {name: best.record[name] for name in (
        "verdict", "confidence", "reason", "blurred", "sharp_size", "model", "weights"
    )}  # fmt: skip
    return known | {"sharpness": round(best.sharpness, 6), "skipped": None} | answer
