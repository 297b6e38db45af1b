"""The table of a scan: its columns, its file (Parquet, CSV or JSON lines), and the journal that makes it resumable."""

import csv
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from blurmap.files import write_file
from blurmap.result import FIELDS

Row = dict[str, Any]

COLUMNS = {
    "path": "string", "bytes": "int64", "mtime": "double", "format": "string", **FIELDS, "error": "string",
    "seconds": "double",
}  # fmt: skip
FORMATS = (".parquet", ".csv", ".jsonl")


def write_table(rows: Iterable[Row], path: Path) -> None:
    """Write the rows in the format of the path's ending, to a temporary name, then move; a table there is replaced."""
    if path.suffix == ".parquet":
        pyarrow, parquet = _pyarrow()
        table = pyarrow.Table.from_pylist(list(rows), schema=schema())
        write_file(path, lambda file: parquet.write_table(table, file, compression="zstd"), overwrite=True)
    elif path.suffix == ".csv":
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for row in rows:
            cells = [row.get(name) for name in COLUMNS]
            writer.writerow(["" if c is None else json.dumps(c) if isinstance(c, list) else c for c in cells])
        write_file(path, lambda file: file.write(text.getvalue().encode()), overwrite=True)
    else:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        write_file(path, lambda file: file.write(lines.encode()), overwrite=True)


def read_table(path: Path) -> list[Row]:
    """The rows of a table that a scan wrote.

    Raises
    ------
    ValueError
        If it is not such a table.
    """
    if path.suffix not in FORMATS:
        raise ValueError(f"{path}: a table of a scan ends in {', '.join(FORMATS)}")
    try:
        if path.suffix == ".parquet":
            rows: list[Row] = _pyarrow()[1].read_table(path).to_pylist()
        elif path.suffix == ".csv":
            rows = [_from_csv(row) for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))]
        else:
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (ValueError, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: is not the table of a scan ({error})") from None
    if rows and any(name not in rows[0] for name in ("path", "verdict", "model")):
        raise ValueError(f"{path}: is not the table of a scan (it has no columns path, verdict and model)")
    return rows


def schema() -> Any:
    """The Arrow schema of the columns."""
    pyarrow, _ = _pyarrow()
    lists = {"list<int32>": pyarrow.list_(pyarrow.int32())}
    return pyarrow.schema([(name, lists.get(kind) or pyarrow.type_for_alias(kind)) for name, kind in COLUMNS.items()])


def _from_csv(row: dict[str, str]) -> Row:
    typed: Row = {}
    for name, kind in COLUMNS.items():
        text = row[name]
        if text == "":
            typed[name] = None
        elif kind == "string":
            typed[name] = text
        elif kind.startswith("list"):
            typed[name] = json.loads(text)
        else:
            typed[name] = int(text) if kind.startswith("int") else float(text)
    return typed


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ImportError(
            "Parquet needs pyarrow: install blurmap with its extra 'scan', or write --csv or --jsonl"
        ) from None
    return pyarrow, pyarrow.parquet


class Journal:
    """Rows as they are made, one line of JSON each, beside the table: what a killed scan had done is not done again.

    A line that was cut off by a kill is left out when the journal is read.
    """

    def __init__(self, table: Path) -> None:
        self.path = table.with_name(table.name + ".journal")
        self._file: IO[bytes] | None = None

    def rows(self) -> list[Row]:
        """The whole lines of an earlier run."""
        if not self.path.is_file():
            return []
        rows = []
        for line in self.path.read_bytes().split(b"\n"):
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue
        return [row for row in rows if isinstance(row, dict) and "path" in row]

    def add(self, row: Row) -> None:
        """Append a row and hand it to the operating system, where a killed process cannot lose it."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab")
            self._file.write(b"\n")  # ends a line that was cut off
        self._file.write(json.dumps(row).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def remove(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)
