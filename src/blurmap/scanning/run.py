"""Looks at any number of photos with all cores, a row of each: resumable, incremental, never stopped by one photo."""

import os
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from blurmap.bounded_map import bounded_map
from blurmap.bursts.bursts import SECONDS, mark_bursts
from blurmap.errors import TableError
from blurmap.fields import Row
from blurmap.models import DEFAULT, MODELS, find, weights_of
from blurmap.photos.names import local_path
from blurmap.photos.shots import Shot, named_raw, shots
from blurmap.photos.sources import Source, is_there
from blurmap.scanning.inspection import Inspection
from blurmap.scanning.lock import locked
from blurmap.scanning.masks import copy_mask, mask_path
from blurmap.scanning.memory import workers_that_fit
from blurmap.scanning.pictures import kept_picture, pictures_folder, remove_other_pictures, wants_picture
from blurmap.scanning.store import Store, store_path
from blurmap.scanning.table import check_table, read_table, write_table
from blurmap.scanning.workers import Workers
from blurmap.verdict.judgement import UNJUDGED

AHEAD = 2  # shots per worker that are looked at or waiting: bounds the memory


@dataclass
class Progress:
    """What a scan has done so far.

    Attributes
    ----------
    total, skipped, done : int
        Photos; those that have not changed since an earlier scan; those that were looked at.
    verdicts : dict
        Rows of the table by verdict, failed photos as ``error``.
    problems : list of str
        A sentence per folder that cannot be read, per source that names nothing, per mask that is not written.
    """

    total: int
    skipped: int = 0
    done: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def count(self, row: Row) -> None:
        verdict = "error" if row["error"] else row["verdict"] or UNJUDGED
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1


Watch = Callable[[Progress], None]
Version = tuple[int, int, int] | None  # of a file; None where there is none


@dataclass(frozen=True)
class Options:
    """How a scan looks at photos.

    Attributes
    ----------
    model : str
        Name of a model that passes verdicts, or path of weights.
    workers : int, optional
        Processes, a core each; as many as there are cores and gigabytes of memory if not given.
    masks : Path, optional
        Folder to keep masks in, as PNG with a long side of at most 1024 pixels (255 = blurred).
    previews : bool
        Keep small pictures beside the table, in ``TABLE.store``, for the report, and in ``TABLE.pictures`` large ones
        of photos that browsers do not show.
    burst_seconds : float, optional
        Most that may lie between two photos of a burst; None: bursts are not looked for, and nothing is kept for them.
    wait : bool
        Wait where another scan writes the same table; else that is an error.
    """

    model: str = DEFAULT
    workers: int | None = None
    masks: Path | None = None
    previews: bool = True
    burst_seconds: float | None = SECONDS
    wait: bool = False

    @property
    def weights(self) -> str:
        """sha256 of the model's weights and settings, hexadecimal."""
        return weights_of(self.model)


def scan_photos(
    photos: list[Source], table: Path, options: Options = Options(), watch: Watch = lambda progress: None
) -> Progress:
    """Inspection at the photos and write the table, a row each, sorted by path.

    Photos whose path, size, time and weights are those of a row that is there are not looked at again. A scan that was
    killed goes on from its store, ``TABLE.store``. Rows of other photos stay, but for files that are gone.
    Raises what ``blurmap.scanning.results.scan`` raises.
    """
    check_options(options)
    check_table(table)
    refuse_inputs([table], (file for photo in photos if (file := local_path(photo.path))))
    with locked(table, wait=options.wait):
        return _scan_locked(photos, table, options, watch)


def _scan_locked(photos: list[Source], table: Path, options: Options, watch: Watch) -> Progress:
    before = _version(table)
    left_out: list[str] = []
    known = {row["path"]: row for row in read_table(table, left_out.append)} if before else {}
    store = Store(table)
    try:
        known |= {row["path"]: row for row in store.rows()}
        wanted = {photo.path for photo in photos}
        kept = {path: row for path, row in known.items() if path in wanted or is_there(path)}
        weights = options.weights
        pictures = pictures_folder(table) if options.previews else None
        traced = None if options.burst_seconds is None else store.traced()
        todo = changed(photos, kept, weights, options.masks, traced, pictures)
        progress = Progress(len(photos), skipped=len(photos) - sum(map(len, todo)))
        progress.problems += left_out
        for path in wanted.difference(photo.path for shot in todo for photo in shot):
            progress.count(kept[path])
        watch(progress)
        try:
            with closing(inspections_of(todo, options, weights, pictures)) as finished:
                for inspections in finished:
                    store.add(_to_keep(inspection, options) for inspection in inspections)
                    for inspection in inspections:
                        kept[inspection.row["path"]] = inspection.row
                        progress.done += 1
                        progress.count(inspection.row)
                        progress.problems += [inspection.problem] if inspection.problem else []
                    watch(progress)
        except KeyboardInterrupt:
            _write(store, kept, table, before, options.burst_seconds)
            raise
        _write(store, kept, table, before, options.burst_seconds)
    finally:
        store.close()
    return progress


def _write(store: Store, kept: dict[str, Row], table: Path, before: Version, burst_seconds: float | None) -> None:
    """Write the rows to the table, and let the store forget them."""
    store.save()
    if not kept and before is None and not store.rows():
        return  # interrupted before the first photo: there is nothing to tell
    if _version(table) not in (None, before):  # somebody without a lock, as on another system, has written it
        kept = {row["path"]: row for row in read_table(table)} | kept
    if burst_seconds is not None:
        mark_bursts(kept.values(), store.trace, burst_seconds)
    write_table((kept[path] for path in sorted(kept)), table)
    store.empty(kept)
    remove_other_pictures(pictures_folder(table), kept.values())


def table_of_store(table: Path) -> bool:
    """Write the table of a scan that was killed before it could, from what its store holds; False where it has none.

    Raises
    ------
    TableError
        If the store is damaged, or another scan has it.
    """
    if table.exists() or not store_path(table).is_file():
        return False
    check_table(table)
    with locked(table), Store(table) as store:
        rows = {row["path"]: row for row in store.rows()}
        _write(store, rows, table, None, SECONDS)
        return bool(rows)


def _version(table: Path) -> Version:
    """What tells a table from one that replaced it; None where there is none."""
    try:
        status = table.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def check_options(options: Options) -> None:
    """Raise ValueError if there is no such model, it passes no verdicts, or seconds are no time."""
    if not find(options.model).capabilities.verdicts:
        fit = [name for name, shipped in MODELS.items() if shipped.capabilities.verdicts]
        raise ValueError(f"the model {options.model} passes no verdicts: use {' or '.join(fit)}")
    if options.burst_seconds is not None and not 0 <= options.burst_seconds < float("inf"):
        raise ValueError(f"the seconds between photos of a burst must be 0 or more, not {options.burst_seconds}")


def refuse_inputs(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raise TableError if a file that is to be written is one that is read, or is named twice."""
    taken = {os.path.realpath(path) for path in inputs}
    for path in outputs:
        real = os.path.realpath(path)
        if real in taken:
            raise TableError(f"{path}: is read, or written already, by the same scan; give another name")
        taken.add(real)


def changed(
    photos: Iterable[Source],
    rows: dict[str, Row],
    weights: str,
    masks: Path | None = None,
    traced: set[str] | None = None,
    pictures: Path | None = None,
) -> list[Shot]:
    """The shots of which any file is not looked at yet, or not as it is now.

    Also those without a trace, or without a large picture of what browsers do not show, where these are wanted.
    """

    def known(photo: Source) -> bool:
        row = rows.get(photo.path)
        return unchanged(photo, row, weights, masks) and not (traced is not None and _untraced(row, traced))

    def unpictured(photo: Source) -> bool:
        row = rows[photo.path]
        return pictures is not None and wants_picture(row) and kept_picture(row, pictures) is None

    # the report shows the first file of a shot
    return [shot for shot in shots(photos) if not all(map(known, shot)) or unpictured(shot[0])]


def _untraced(row: Row | None, traced: set[str]) -> bool:
    """Whether a photo may be one of a burst, and nothing is kept of it that would show it."""
    return bool(row and row["taken"] and row["path"] not in traced)


def unchanged(photo: Source, row: Row | None, weights: str, masks: Path | None = None) -> bool:
    """Whether a row still tells the truth about a photo."""
    if row is None or row["error"] or row.get("weights") != weights:
        return False
    if masks and not mask_path(masks, photo.path).exists():
        return False
    if photo.size is None and photo.mtime is None:
        return local_path(photo.path) is None  # a server that tells neither: asked for again only under another name
    # a server may tell a time and no size; the size in the row is then what was read
    return (photo.size is None or row["bytes"] == photo.size) and row["mtime"] == photo.mtime


def inspections_of(
    todo: list[Shot], options: Options, weights: str, pictures: Path | None = None
) -> Generator[list[Inspection], None, None]:
    """Inspections of each shot, as they are finished; reading, decoding and networks overlap over the workers."""
    if not todo:
        return
    count = min(options.workers or workers_that_fit(os.cpu_count() or 1), len(todo))
    workers = Workers(count, options.model, weights, options.masks, pictures)
    pool = ThreadPoolExecutor(count)  # of threads that wait, each for its worker
    try:
        yield from bounded_map(
            pool, lambda shot: inspect_shot(workers.inspect, shot, options.masks), todo, count * AHEAD, ordered=False
        )
    finally:
        workers.end()
        pool.shutdown(wait=True, cancel_futures=True)


def inspect_shot(inspect: Callable[[Source], Inspection], shot: Shot, masks: Path | None = None) -> list[Inspection]:
    """Look at the files of a shot until one can be read; those after it have the same answer in their rows."""
    inspections: list[Inspection] = []
    for photo in shot:
        first = next((done for done in inspections if not done.row["error"]), None)
        if first is None:
            inspections.append(inspect(photo))
            continue
        problem = None
        own = {"path": photo.path, "bytes": photo.size, "mtime": photo.mtime, "seconds": 0.0}
        own["format"] = "RAW" if named_raw(photo.path) else first.row["format"]
        if masks:
            problem = copy_mask(mask_path(masks, first.row["path"]), mask_path(masks, photo.path))
        inspections.append(Inspection(first.row | own, first.preview, first.trace, problem))
    return inspections


def _to_keep(inspection: Inspection, options: Options) -> Inspection:
    preview = inspection.preview if options.previews else None
    trace = None if options.burst_seconds is None else inspection.trace
    return Inspection(inspection.row, preview, trace, inspection.problem)
