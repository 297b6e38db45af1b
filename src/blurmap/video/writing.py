"""What comes out: the frames as photos with names that sort, and a table with a row per window."""

import csv
import re
from pathlib import Path

from PIL import Image

from blurmap.fields import Row
from blurmap.files import write_csv, write_file
from blurmap.photos.names import written
from blurmap.video.reading import Frame

COLUMNS = (
    "file", "window", "time", "frame", "sharpness", "verdict", "confidence", "reason", "blurred", "sharp_size",
    "skipped", "model", "weights",
)  # fmt: skip
FIRST = COLUMNS[:5]  # in the tables of every version
FORMATS = {"jpg": ("JPEG", {"quality": 95}), "png": ("PNG", {"compress_level": 1})}


def frame_path(out: Path, video: Path, number: int, form: str) -> Path:
    """``out/VIDEO_000123.jpg``: the names of a video's frames sort by their numbers."""
    return out / f"{video.stem}_{number:06}.{form}"


def table_path(out: Path, video: Path) -> Path:
    return out / f"{video.stem}.csv"


def write_frame(frame: Frame, path: Path, *, overwrite: bool = False) -> None:
    """Write a frame as JPEG (quality 95) or PNG, by the path's ending."""
    kind, options = FORMATS[path.suffix[1:]]
    image = Image.fromarray(frame.pixels())
    write_file(path, lambda file: image.save(file, kind, **options), overwrite=overwrite)


def write_rows(rows: list[Row], path: Path) -> None:
    """Write the table as CSV; what is not known is empty."""
    write_csv(path, COLUMNS, rows, overwrite=True)


def make_room(out: Path, video: Path, *, overwrite: bool) -> None:
    """Take away what an earlier run on a video of that name wrote: its table, and the frames that it tells of.

    Raises
    ------
    FileExistsError
        If there is any of it and ``overwrite`` is false; if a file is in the way that no run wrote.
    """
    table = table_path(out, video)
    name = re.compile(rf"{re.escape(video.stem)}_\d{{6,}}\.({'|'.join(FORMATS)})")
    there = [path for path in sorted(out.glob("*")) if path == table or name.fullmatch(path.name)]
    if there and not overwrite:
        raise FileExistsError(f"{there[0]} is there already; give --overwrite or another --out")
    if table in there:
        try:
            with table.open(encoding="utf-8", newline="") as file:
                lines = csv.DictReader(file, strict=True)
                ours = set(FIRST) <= set(lines.fieldnames or ())
                written_names = {row.get("file") for row in lines}
        except (ValueError, csv.Error):
            ours = False
        if not ours:
            raise FileExistsError(f"{table}: is no table of frames, and is not replaced; give another --out")
        for path in there:
            if path == table or written(path.name) in written_names:
                path.unlink()
