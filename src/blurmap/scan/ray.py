"""The scan on a Ray cluster: workers write Parquet parts, each under a name that its photos decide.

A batch that is done again, because a node was lost while it ran, writes the same file again: nothing is lost, nothing
is there twice. What parts hold is not looked at again by the next run.
"""

import hashlib
import io
import logging
import posixpath
from collections.abc import Callable
from typing import Any

from blurmap.models import load
from blurmap.scan.run import Progress, look, unchanged
from blurmap.scan.sources import Source
from blurmap.scan.table import Row, schema

BATCH = 32  # photos per part of a first run


def scan_on_ray(
    photos: list[Source],
    folder: str,
    model: str = "default",
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
        Of the cluster; ``"auto"`` finds the one this machine belongs to; if not given, one is started on this machine.
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

    parts = Parts(folder)
    kept = parts.rows_to_keep({photo.path: photo for photo in photos}, model)
    todo = [photo for photo in photos if photo.path not in kept]
    progress = Progress(len(photos), skipped=len(photos) - len(todo))
    for row in kept.values():
        progress.count(row)
    watch(progress)
    if not todo:
        return progress
    if not ray.is_initialized():
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = 0
    batches = [todo[i : i + batch] for i in range(0, len(todo), batch)]
    items = [{"photos": [(p.path, p.size, p.mtime) for p in chunk]} for chunk in batches]
    most = workers or max(int(ray.cluster_resources().get("CPU", 1)), 1)  # type: ignore[no-untyped-call]
    answers = ray.data.from_items(items, override_num_blocks=len(items)).map(
        Worker,  # type: ignore[arg-type]
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


class Worker:
    """An actor: loads the model once, then turns batches of photos into parts."""

    def __init__(self, folder: str, model: str) -> None:
        self.parts, self.model = Parts(folder), load(model, threads=1)

    def __call__(self, item: dict[str, Any]) -> dict[str, Any]:
        photos = [Source(str(path), size, mtime) for path, size, mtime in item["photos"]]
        rows = [look(self.model, photo)[0] for photo in photos]
        self.parts.write(rows)
        return {"verdicts": ["error" if row["error"] else row["verdict"] for row in rows]}


class Parts:
    """The Parquet parts of a scan in a folder, local or behind a URL."""

    def __init__(self, folder: str) -> None:
        import fsspec

        self.system, self.folder = fsspec.core.url_to_fs(folder)

    def names(self) -> list[str]:
        self.system.invalidate_cache()
        if not self.system.exists(self.folder):
            return []
        found = self.system.ls(self.folder, detail=False)
        return sorted(name for name in found if posixpath.basename(name).startswith("part-"))

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
        text = "\n".join(f"{row['path']}\t{row['bytes']}\t{row['mtime']}\t{row['model']}" for row in rows)
        name = f"part-{hashlib.sha256(text.encode()).hexdigest()[:24]}.parquet"
        buffer = io.BytesIO()
        table = pyarrow.Table.from_pylist(rows, schema=schema())
        pyarrow.parquet.write_table(table, buffer, compression="zstd")
        self.system.makedirs(self.folder, exist_ok=True)
        target = posixpath.join(self.folder, name)
        temporary = posixpath.join(self.folder, f".{name}.{id(buffer):x}")
        self.system.pipe_file(temporary, buffer.getvalue())
        self.system.mv(temporary, target)

    def rows_to_keep(self, photos: dict[str, Source], model: str) -> dict[str, Row]:
        """Rows of unchanged photos; parts with rows that are out of date are written anew without them."""
        kept: dict[str, Row] = {}
        for name in self.names():
            rows = self.read(name, ["path", "bytes", "mtime", "model", "verdict", "error"])
            good = [
                row
                for row in rows
                if row["path"] not in kept
                and (row["path"] not in photos or unchanged(photos[row["path"]], row, model, None))
            ]
            kept |= {row["path"]: row for row in good if row["path"] in photos}
            if len(good) < len(rows):
                if good:
                    paths = {row["path"] for row in good}
                    self.write([row for row in self.read(name) if row["path"] in paths])
                self.system.rm_file(name)
        return kept
