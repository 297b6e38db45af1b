"""Looks at any number of photos with all cores, a row of each: resumable, incremental, never stopped by one photo."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from blurmap.errors import PhotoError
from blurmap.files import write_image
from blurmap.imaging.resizing import fit, resize_map
from blurmap.models import Model, load
from blurmap.photo import open_described
from blurmap.scan.previews import Preview, Previews, make_preview
from blurmap.scan.sources import Source
from blurmap.scan.table import COLUMNS, Journal, Row, read_table, write_table

MASK_SIDE = 1024  # pixels, long side of the masks that are kept
AHEAD = 2  # photos per worker that are read or waiting: bounds the memory


@dataclass
class Progress:
    """What a scan has done so far; ``verdicts`` counts the rows of the table, failed photos as ``error``."""

    total: int
    skipped: int = 0
    done: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)

    def count(self, row: Row) -> None:
        verdict = "error" if row["error"] else row["verdict"]
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1


def scan(
    photos: list[Source],
    table: Path,
    model: str = "default",
    *,
    workers: int | None = None,
    masks: Path | None = None,
    previews: bool = True,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Look at the photos and write the table, a row each, sorted by path.

    Photos whose path, size, time and model are those of a row that is there are not looked at again. A scan that was
    killed goes on from its journal, ``TABLE.journal``. Rows of other photos stay, but for files that are gone.

    Parameters
    ----------
    photos : list of Source
    table : Path
        ``.parquet``, ``.csv`` or ``.jsonl``.
    model : str
        ``default`` or ``default-int8``.
    workers : int, optional
        Threads; all cores if not given.
    masks : Path, optional
        Folder to keep masks in, as PNG with a long side of at most 1024 pixels (255 = blurred).
    previews : bool
        Keep small pictures in ``TABLE.previews``, for the report.
    watch : callable
        Called after each photo.

    Raises
    ------
    ValueError
        If ``table`` holds something else.
    OSError
        If a row cannot be written, as on a full disk; what was done before is kept.
    """
    if table.is_dir():
        raise ValueError(f"{table} is a folder of parts that a scan on Ray wrote: give --engine ray, or another --out")
    journal = Journal(table)
    kept = {row["path"]: row for row in read_table(table)} if table.exists() else {}
    kept |= {row["path"]: row for row in journal.rows()}
    wanted = {photo.path for photo in photos}
    kept = {path: row for path, row in kept.items() if path in wanted or "://" in path or os.path.exists(path)}
    todo = [photo for photo in photos if not unchanged(photo, kept.get(photo.path), model, masks)]
    progress = Progress(len(photos), skipped=len(photos) - len(todo))
    for path in wanted - {photo.path for photo in todo}:
        progress.count(kept[path])
    watch(progress)
    pictures = Previews(table) if previews else None
    try:
        for row, preview in looks(todo, model, workers or os.cpu_count() or 1, masks):
            if pictures and preview:
                pictures.add(row["path"], preview)
            journal.add(row)
            kept[row["path"]] = row
            progress.done += 1
            progress.count(row)
            watch(progress)
        if pictures:
            pictures.keep_only(kept)
    finally:
        journal.close()
        if pictures:
            pictures.close()
    write_table((kept[path] for path in sorted(kept)), table)
    journal.remove()
    return progress


def unchanged(photo: Source, row: Row | None, model: str, masks: Path | None) -> bool:
    """Whether a row still tells the truth about a photo."""
    if row is None or row["error"] or row["model"] != model:
        return False
    if masks and not mask_path(masks, photo.path).exists():
        return False
    if photo.size is None and photo.mtime is None:
        return "://" in photo.path  # a server that tells neither: asked for again only under another name
    # a server may tell a time and no size; the size in the row is then what was read
    return (photo.size is None or row["bytes"] == photo.size) and row["mtime"] == photo.mtime


def looks(photos: list[Source], model: str, workers: int, masks: Path | None) -> Iterator[tuple[Row, Preview | None]]:
    """A row and a preview per photo, as they are finished; reading, decoding and networks overlap over the workers."""
    if not photos:
        return
    loaded = load(model, threads=1)  # a thread per photo keeps the cores busier than several on one
    pool = ThreadPoolExecutor(workers)
    waiting: set[Future[tuple[Row, Preview | None]]] = set()
    upcoming = iter(photos)
    try:
        while True:
            while len(waiting) < workers * AHEAD and (photo := next(upcoming, None)) is not None:
                waiting.add(pool.submit(look, loaded, photo, masks))
            if not waiting:
                return
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def look(model: Model, photo: Source, masks: Path | None = None) -> tuple[Row, Preview | None]:
    """Row and preview of one photo; whatever is wrong with the photo is in its ``error``."""
    started = time.perf_counter()
    row: Row = dict.fromkeys(COLUMNS)
    preview = None
    row |= {
        "path": photo.path,
        "bytes": photo.size,
        "mtime": photo.mtime,
        "model": model.name,
        "weights": model.weights,
    }
    try:
        content = photo.read()
        row["bytes"] = photo.size if photo.size is not None else len(content)
        image, row["format"] = open_described(content, os.path.basename(photo.path))
        result = model.detect(image)
        row |= result.record()
        preview = make_preview(result.seen, result.maps)
        if masks:
            mask = resize_map(result.maps.mask.astype(np.float32), fit(result.seen.shape, MASK_SIDE)) > 0.5
            write_image(mask * np.uint8(255), mask_path(masks, photo.path), overwrite=True)
    except PhotoError as error:
        row["error"] = str(error)
    except MemoryError:
        row["error"] = f"{os.path.basename(photo.path)}: there is not enough memory for it"
    except OSError as error:
        row["error"] = f"{os.path.basename(photo.path)}: {(error.strerror or str(error)).lower()}"
    row["seconds"] = round(time.perf_counter() - started, 4)
    return row, preview


def mask_path(masks: Path, path: str) -> Path:
    """Where a photo's mask is kept: its own path below the folder, so that no two photos share one."""
    inner = path.replace("://", "/").replace(":", "").lstrip("/\\")
    return masks / f"{inner}.mask.png"
