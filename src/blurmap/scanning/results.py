"""What ``blurmap.scan(...)`` gives: rows one by one as photos are looked at, and all of them as a table."""

import html
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blurmap.bursts.bursts import SECONDS
from blurmap.fields import Row
from blurmap.models import DEFAULT
from blurmap.photos.shots import shots
from blurmap.photos.sources import Finding, Source, find_photos
from blurmap.scanning.run import Options, Progress, Watch, check_options, inspections_of, scan_photos
from blurmap.scanning.table import arrow_table, check_table, read_table

SHOWN = 10  # rows that notebooks show


@dataclass(eq=False, repr=False)
class ScanResults(Progress):
    """What a scan has done so far, and its rows: iterate over them, or take all of them as a table.

    A row is a dict, see ``blurmap.fields.FIELDS``: ``path``, ``verdict``, ``reason``, ``blurred`` and so on;
    ``error`` says what is wrong with a photo that cannot be used. Photos are looked at while rows are asked for; what
    is known stays, so rows can be gone through again.
    """

    _coming: Iterator[Row] = field(default_factory=lambda: iter(()))
    _known: list[Row] = field(default_factory=list)

    def __iter__(self) -> Iterator[Row]:
        i = 0
        while i < len(self._known) or self._take():
            yield self._known[i]
            i += 1

    def __len__(self) -> int:
        """Photos in all, whether they were looked at or not."""
        return self.total

    def rows(self) -> list[Row]:
        """All rows, sorted by path; looks at the photos that are left."""
        while self._take():
            pass
        return sorted(self._known, key=lambda row: str(row["path"]))

    def to_arrow(self) -> Any:
        """All rows as a ``pyarrow.Table``, sorted by path.

        Raises
        ------
        ImportError
            If pyarrow is not installed; so do the next two, where pandas or Polars is not.
        """
        return arrow_table(self.rows())

    def to_pandas(self) -> Any:
        """All rows as a ``pandas.DataFrame``, sorted by path."""
        _needs("pandas")
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """All rows as a ``polars.DataFrame``, sorted by path."""
        return _needs("polars").from_arrow(self.to_arrow())

    def __repr__(self) -> str:
        return f"<ScanResults: {self._told()}>"

    def _repr_html_(self) -> str:
        names = ("path", "verdict", "confidence", "reason", "error")
        lines = [[html.escape(str("" if row[n] is None else row[n])) for n in names] for row in self._known[:SHOWN]]
        cells = "".join(f"<tr><td>{'</td><td>'.join(line)}</td></tr>" for line in lines)
        table = f"<table><tr><th>{'</th><th>'.join(names)}</th></tr>{cells}</table>" if cells else ""
        more = f"<p>... {len(self._known) - SHOWN} more rows</p>" if len(self._known) > SHOWN else ""
        return f"<p>{html.escape(self._told())}</p>{table}{more}"

    def _told(self) -> str:
        counts = "".join(f", {verdict} {count}" for verdict, count in sorted(self.verdicts.items()))
        return f"{len(self._known)} of {len(self)} photos{counts}"

    def _take(self) -> bool:
        """Ask for one more row; whether there was one."""
        row = next(self._coming, None)
        if row is None:
            return False
        self._known.append(row)
        return True


def scan(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    table: str | os.PathLike[str] | None = None,
    model: str = DEFAULT,
    *,
    workers: int | None = None,
    masks: str | os.PathLike[str] | None = None,
    previews: bool = True,
    burst_seconds: float | None = SECONDS,
    wait: bool = False,
    exclude: Iterable[str] = (),
    include_hidden: bool = False,
    watch: Watch = lambda progress: None,
) -> ScanResults:
    """Look at all photos that the sources name, with all cores.

    Parameters
    ----------
    sources : path or str, or iterable of them
        Folders (with all that is in them), photos, globs, ``@FILE`` (a list of paths, one per line), ``-`` (a list on
        standard input), URLs of files, folders or globs.
    table : path, optional
        Table to write or to bring up to date: ``.parquet``, ``.csv`` or ``.jsonl``. With one, all is done when the
        call returns, and photos that have not changed since the table was written are not looked at again. Without
        one, nothing is written, and photos are looked at while the rows are asked for.
    model : str
        One that passes verdicts, see [`blurmap.load`][].
    workers : int, optional
        Processes, a core each; as many as there are cores and gigabytes of memory if not given.
    masks : path, optional
        Folder to keep masks in, as PNG with a long side of at most 1024 pixels (255 = blurred).
    previews : bool
        Keep small pictures beside the table, in ``TABLE.store``, for the report, and in ``TABLE.pictures`` large ones
        of photos that browsers do not show.
    burst_seconds : float, optional
        Most that may lie between two photos of a burst; None: bursts are not looked for. Only a table has them.
    wait : bool
        Wait where another scan writes the same table; else that is an error.
    exclude : iterable of str
        Patterns, as ``.gitignore`` has them, of what is left out of folders.
    include_hidden : bool
        Look into hidden folders, thumbnails, libraries and trashes too.
    watch : callable
        Called with the progress after each photo.

    Returns
    -------
    ScanResults
        Iterate over it for rows; ``to_arrow()``, ``to_pandas()``, ``to_polars()`` give the table.

    Raises
    ------
    TableError
        If ``table`` has another ending, is one of the photos, holds what no scan wrote, or another scan writes it.
    ValueError
        If there is no such model, or it passes no verdicts.
    ImportError
        If ``table`` ends in ``.parquet`` and pyarrow is not installed.
    OSError
        If the table cannot be written, as on a full disk; what was done before is kept.
    """
    one = isinstance(sources, str | os.PathLike)
    names = [sources] if one else list(sources)  # type: ignore[arg-type]
    problems: list[str] = []
    options = Options(model, workers, Path(masks) if masks is not None else None, previews, burst_seconds, wait)
    check_options(options)
    if table is not None:
        check_table(Path(table))
    finding = Finding(problems.append, hidden=include_hidden, exclude=tuple(exclude))
    photos = find_photos(map(os.fspath, names), finding)  # type: ignore[arg-type]
    if table is None:
        results = ScanResults(len(photos), problems=problems)
        results._coming = _rows(photos, options, results, watch)
        return results
    progress = scan_photos(photos, Path(table), options, watch)
    progress.problems += problems
    wanted = {photo.path for photo in photos}
    return ScanResults(**vars(progress), _known=[row for row in read_table(Path(table)) if row["path"] in wanted])


def _rows(photos: list[Source], options: Options, progress: Progress, watch: Watch) -> Iterator[Row]:
    """Rows as they are made; the workers start with the first one that is asked for."""
    with closing(inspections_of(list(shots(photos)), options, options.weights)) as finished:
        for inspections in finished:
            for inspection in inspections:
                progress.done += 1
                progress.count(inspection.row)
                watch(progress)
                yield inspection.row


def _needs(library: str) -> Any:
    from importlib import import_module

    try:
        return import_module(library)
    except ImportError:
        raise ImportError(f"to_{library} needs {library}: pip install {library}") from None
