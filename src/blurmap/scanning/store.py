"""Beside the table, ``TABLE.store``: rows as they are made, pictures for the report, traces for bursts, in SQLite.

What a killed scan had done is there, but for the last few photos, and is not done again. Once the table is written,
only the pictures and traces stay.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

from blurmap.bursts.traces import Trace
from blurmap.errors import TableError, in_words
from blurmap.fields import Row
from blurmap.scanning.inspection import Inspection
from blurmap.scanning.previews import Preview
from blurmap.scanning.rows import checked_row

FEW, OFTEN = 20, 1.0  # inspections, and seconds, that a kill may cost
LAYOUT = 2  # of the file, in its user_version


class Store:
    """The store of a table, open; one transaction holds a few looks.

    Parameters
    ----------
    table : Path
        Table of the scan; its store is made if it is not there.
    read_only : bool
        Only look into a store that is there.

    Raises
    ------
    TableError
        If the file is not a store, cannot be written, or another scan has it.
    """

    def __init__(self, table: Path, *, read_only: bool = False) -> None:
        self.path, self._read_only = store_path(table), read_only
        self._waiting, self._saved = 0, time.monotonic()
        if not read_only:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._errors():
            address = self.path.absolute().as_uri() + ("?mode=ro" if read_only else "")
            self._base = sqlite3.connect(address, uri=True, isolation_level=None)
            layout = self._base.execute("pragma user_version").fetchone()[0]
            names = [name for (name,) in self._base.execute("select name from sqlite_master")]
            if layout not in (0, LAYOUT) or (names and not layout):
                self._base.close()
                raise TableError(f"{self.path}: is not the store of a scan; move it, or give another --out")
            if read_only:
                return
            self._base.execute("pragma journal_mode = wal")
            self._base.execute("pragma synchronous = normal")
            self._base.execute(
                "create table if not exists looks"
                " (path text primary key, row text, photo blob, tint blob, crop blob, box text)"
            )
            self._base.execute("create table if not exists traces (path text primary key, trace blob)")
            self._base.execute(f"pragma user_version = {LAYOUT}")

    def rows(self) -> list[Row]:
        """Rows that are in no table yet."""
        with self._errors():
            texts = self._base.execute("select row from looks where row is not null").fetchall()
        try:
            return [checked_row(json.loads(text)) for (text,) in texts]
        except (ValueError, TypeError, RecursionError) as error:
            raise TableError(f"{self.path}: is damaged ({in_words(error)}); move it away, and scan again") from None

    def add(self, inspections: Iterable[Inspection]) -> None:
        """Keep inspections, those of one call all or none."""
        with self._errors():
            if not self._base.in_transaction:
                self._base.execute("begin immediate")
            for inspection in inspections:
                seen = inspection.preview
                pictures = (seen.photo, seen.tint, seen.crop, json.dumps(seen.box)) if seen else (None,) * 4
                values = (inspection.row["path"], json.dumps(inspection.row), *pictures)
                self._base.execute("insert or replace into looks values (?, ?, ?, ?, ?, ?)", values)
                if inspection.trace:
                    trace = (inspection.row["path"], inspection.trace.to_bytes())
                    self._base.execute("insert or replace into traces values (?, ?)", trace)
                self._waiting += 1
        if self._waiting >= FEW or time.monotonic() - self._saved > OFTEN:
            self.save()

    def save(self) -> None:
        """Put what was added on the disk."""
        with self._errors():
            if self._base.in_transaction:
                self._base.execute("commit")
        self._waiting, self._saved = 0, time.monotonic()

    def preview(self, path: str) -> Preview | None:
        """The small pictures of a photo, where they are kept."""
        with self._errors():
            pictures = self._base.execute("select photo, tint, crop, box from looks where path = ?", (path,)).fetchone()
        if not pictures or not pictures[0]:
            return None
        photo, tint, crop, box = pictures
        try:
            left, top, right, bottom = (int(side) for side in json.loads(box)) if box and crop else (0, 0, 0, 0)
        except (ValueError, TypeError, RecursionError):
            return None
        if not all(isinstance(picture, bytes | None) for picture in (photo, tint, crop)):
            return None
        return Preview(photo, tint, crop, (left, top, right, bottom) if box and crop else None)

    def bytes_of_previews(self, *, crops: bool = True) -> int:
        """Bytes of the pictures that are kept, with or without the crops for the loupe."""
        columns = ("photo", "tint", "crop") if crops else ("photo", "tint")
        lengths = " + ".join(f"coalesce(length({name}), 0)" for name in columns)
        with self._errors():
            total: int = self._base.execute(f"select coalesce(sum({lengths}), 0) from looks").fetchone()[0]
            return total

    def traced(self) -> set[str]:
        """Paths of the photos whose traces are kept."""
        with self._errors():
            return {path for (path,) in self._base.execute("select path from traces")}

    def trace(self, path: str) -> Trace | None:
        """What is kept of a photo for bursts, where it is kept and whole."""
        with self._errors():
            blob = self._base.execute("select trace from traces where path = ?", (path,)).fetchone()
        try:
            return Trace.from_bytes(blob[0]) if blob else None
        except ValueError:
            return None

    def empty(self, paths: Iterable[str]) -> None:
        """The table has the rows now: forget them, and the pictures of photos that are not among ``paths``."""
        wanted = set(paths)
        self.save()
        with self._errors():
            self._base.execute("begin immediate")
            for table in ("looks", "traces"):
                known = self._base.execute(f"select path from {table}").fetchall()
                gone = [path for path in known if path[0] not in wanted]
                self._base.executemany(f"delete from {table} where path = ?", gone)
            self._base.execute("update looks set row = null where row is not null")
            self._base.execute("delete from looks where photo is null")
            self._base.execute("commit")

    def close(self) -> None:
        """Save and close; a store of nothing is removed."""
        hollow = False
        try:
            self.save()
            if not self._read_only:  # an older store may lack a table
                with self._errors():
                    hollow = not self._base.execute(
                        "select exists (select * from looks) or exists (select * from traces)"
                    ).fetchone()[0]
                with contextlib.suppress(sqlite3.OperationalError):  # a report may be reading it
                    self._base.execute("pragma journal_mode = delete")  # leaves one file
        finally:
            self._base.close()
        if hollow and not self._read_only:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise TableError(f"{self.path}: cannot be used as the store of the scan ({error})") from None


def store_path(table: Path) -> Path:
    return table.with_name(table.name + ".store")
