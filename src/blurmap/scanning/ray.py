"""The scan on a Ray cluster: workers write Parquet parts, each under a name that its photos decide.

A batch that is done again, because a node was lost while it ran, writes the same file again: nothing is lost, nothing
is there twice. What parts hold is not looked at again by the next run.
"""

import hashlib
import io
import logging
import os
import posixpath
from collections.abc import Callable
from typing import Any

from blurmap.errors import PhotoError
from blurmap.fields import ANSWERED, Row
from blurmap.models import DEFAULT, MODELS, load, weights_of
from blurmap.photos.shots import Shot, shots
from blurmap.photos.sources import Source
from blurmap.scanning.run import Options, Progress, changed, check_options, inspect_shot
from blurmap.scanning.table import schema
from blurmap.scanning.workers import Workers
from blurmap.verdict.judgement import UNJUDGED

BATCH = 32  # photos per part of a first run


def scan_on_ray(
    photos: list[Source],
    folder: str,
    model: str = DEFAULT,
    *,
    address: str | None = None,
    workers: int | None = None,
    batch: int = BATCH,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Look at the photos with all CPUs of a Ray cluster and write ``FOLDER/part-....parquet``.

    Parameters
    ----------
    photos : list of Source
        Paths and URLs that every node can read.
    folder : str
        Where every node can write: a shared folder, or a URL that fsspec knows.
    address : str, optional
        Address of the cluster; ``"auto"`` finds the one this machine belongs to; if not given, one is started here.
    workers : int, optional
        Most workers, a CPU each; as many as the cluster has CPUs if not given.
    batch : int
        Photos per task and part.
    """
    try:
        import ray
        import ray.data
    except ImportError:
        raise ImportError("a scan on a cluster needs Ray: install blurmap with its extra 'ray'") from None

    check_options(Options(model))
    model = model if model in MODELS else os.path.abspath(model)  # workers are elsewhere, in other folders
    schema()  # tells, before any work, where pyarrow is missing
    kept = Parts(folder).rows_to_keep(photos, weights_of(model))
    todo = shots(photo for photo in photos if photo.path not in kept)
    progress = Progress(len(photos), skipped=len(kept))
    for row in kept.values():
        progress.count(row)
    watch(progress)
    if not todo:
        return progress
    _connect(ray, address)
    items = [{"photos": [(p.path, p.size, p.mtime) for p in chunk]} for chunk in batches(todo, batch)]
    most = workers or max(int(ray.cluster_resources().get("CPU", 1)), 1)  # type: ignore[no-untyped-call]
    answers = ray.data.from_items(items, override_num_blocks=len(items)).map(
        Actor,  # type: ignore[arg-type]
        fn_constructor_args=(folder, model),
        concurrency=(1, min(most, len(items))),
        num_cpus=1,  # Ray Data starts an actor that died with its node again on another, and repeats its task
    )
    for answer in answers.iter_rows():
        for verdict in answer["verdicts"]:
            progress.done += 1
            progress.verdicts[verdict] = progress.verdicts.get(verdict, 0) + 1
        watch(progress)
    return progress


def _connect(ray: Any, address: str | None) -> None:
    if not ray.is_initialized():
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = 0


def batches(todo: list[Shot], size: int) -> list[list[Source]]:
    """The photos in batches of ``size`` or slightly more: the files of a shot stay together."""
    chunks: list[list[Source]] = [[]]
    for shot in todo:
        if len(chunks[-1]) >= size:
            chunks.append([])
        chunks[-1] += shot
    return chunks


class Actor:
    """Turns batches of photos into parts; a worker process of its own looks at them, and may crash."""

    def __init__(self, folder: str, model: str) -> None:
        self.parts, self.workers = Parts(folder), Workers(1, model, weights_of(model))

    def __call__(self, item: dict[str, Any]) -> dict[str, Any]:
        photos = [Source(str(path), size, mtime) for path, size, mtime in item["photos"]]
        rows = [inspection.row for shot in shots(photos) for inspection in inspect_shot(self.workers.inspect, shot)]
        self.parts.write(rows)
        return {"verdicts": ["error" if row["error"] else row["verdict"] or UNJUDGED for row in rows]}


class BlurStage:
    """A stage for Ray Data pipelines of your own: every row gets what blurmap says of its photo.

    ``dataset.map(BlurStage, fn_constructor_kwargs={"column": "path"}, concurrency=(1, 8), num_cpus=1)``

    Parameters
    ----------
    column : str
        Column of the rows that holds a path, a URL, a file's content, or an array as ``ray.data.read_images`` gives it.
    model : str
        See [`blurmap.load`][].
    prefix : str
        Before the names of the new columns, ``blurmap.fields.ANSWERED`` and ``error``, where rows have such names.
    mask : bool
        Add the column ``mask`` too, H x W bool, True = blurred.
    """

    def __init__(self, column: str = "image", model: str = DEFAULT, prefix: str = "", mask: bool = False) -> None:
        self.column, self.prefix, self.mask = column, prefix, mask
        self.model = load(model, threads=1)  # an actor has a CPU

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = dict.fromkeys((*ANSWERED, "error", *(["mask"] if self.mask else [])))
        try:
            result = self.model.detect(row[self.column])
            fields |= result.record() | ({"mask": result.mask} if self.mask else {})
        except PhotoError as error:
            fields["error"] = str(error)
        return row | {self.prefix + name: value for name, value in fields.items()}


class Parts:
    """The Parquet parts of a scan in a folder, local or behind a URL."""

    def __init__(self, folder: str) -> None:
        import fsspec

        self.system, self.folder = fsspec.core.url_to_fs(folder)

    def names(self) -> list[str]:
        self.system.invalidate_cache()
        if not self.system.exists(self.folder):
            return []
        paths = self.system.ls(self.folder, detail=False)
        return sorted(name for name in paths if posixpath.basename(name).startswith("part-"))

    def read(self, name: str, columns: list[str] | None = None) -> list[Row]:
        import pyarrow.parquet

        with self.system.open(name, "rb") as file:
            rows: list[Row] = pyarrow.parquet.read_table(file, columns=columns).to_pylist()
            return rows

    def write(self, rows: list[Row]) -> None:
        """Write a part under a name that its paths and times decide; readers see all of it or nothing."""
        import pyarrow
        import pyarrow.parquet

        rows = sorted(rows, key=lambda row: str(row["path"]))
        text = "\n".join(f"{row['path']}\t{row['bytes']}\t{row['mtime']}\t{row['weights']}" for row in rows)
        name = f"part-{hashlib.sha256(text.encode()).hexdigest()[:24]}.parquet"
        buffer = io.BytesIO()
        table = pyarrow.Table.from_pylist(rows, schema=schema())
        pyarrow.parquet.write_table(table, buffer, compression="zstd")
        self.system.makedirs(self.folder, exist_ok=True)
        target = posixpath.join(self.folder, name)
        temporary = posixpath.join(self.folder, f".{name}.{id(buffer):x}")
        self.system.pipe_file(temporary, buffer.getvalue())
        self.system.mv(temporary, target)

    def rows_to_keep(self, photos: list[Source], weights: str) -> dict[str, Row]:
        """Rows of unchanged photos; parts with rows that are out of date are written anew without them."""
        parts = {
            name: self.read(name, ["path", "bytes", "mtime", "weights", "verdict", "error"]) for name in self.names()
        }
        known: dict[str, Row] = {row["path"]: row for rows in parts.values() for row in reversed(rows)}
        stale = {photo.path for shot in changed(photos, known, weights) for photo in shot}
        kept: set[str] = set()
        for name, rows in parts.items():
            good = {row["path"] for row in rows} - stale - kept
            kept |= good
            if len(good) < len(rows):
                if good:
                    self.write([row for row in self.read(name) if row["path"] in good])
                self.system.rm_file(name)
        return {photo.path: known[photo.path] for photo in photos if photo.path in kept}
