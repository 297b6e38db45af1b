"""The table of a scan, a column per field: its file in Parquet, CSV or JSON lines."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from blurmap.errors import TableError
from blurmap.fields import COLUMNS, FIELDS, Row
from blurmap.files import write_csv, write_file, write_text

NEEDED = ("path", "verdict", "model")  # in the tables of every version
FORMATS = (".parquet", ".csv", ".jsonl")


def check_table(path: Path, endings: tuple[str, ...] = FORMATS) -> None:
    """Raise, before any work is done, if a table cannot be written there.

    Raises
    ------
    TableError
        If the path has another ending, or holds what no scan wrote.
    ImportError
        If it is to be Parquet, and pyarrow is not installed.
    """
    if path.suffix not in endings:
        raise TableError(f"{path}: a table of a scan ends in {' or '.join(endings)}")
    if path.suffix == ".parquet":
        _pyarrow()
    if path.is_dir():
        raise TableError(f"{path} is a folder of parts that a scan on Ray wrote: give --engine ray, or another --out")
    if path.exists():
        try:
            read_table(path)
        except TableError as error:
            raise TableError(f"{error}: it is not replaced; give another name") from None


def write_table(rows: Iterable[Row], path: Path) -> None:
    """Write the rows in the format of the path's ending, to a temporary name, then move; a table there is replaced."""
    if path.suffix == ".parquet":
        table, (_, parquet) = arrow_table(rows), _pyarrow()
        write_file(path, lambda file: parquet.write_table(table, file, compression="zstd"), overwrite=True)
    elif path.suffix == ".csv":
        write_csv(path, COLUMNS, rows, overwrite=True)
    else:
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        write_text(path, lines, overwrite=True)


def read_table(path: Path) -> list[Row]:
    """The rows of a table that a scan wrote, of this version or an older one: every column is there, null if unknown.

    Parameters
    ----------
    path : Path
        The table, or a folder of the parts that a scan on Ray wrote.

    Raises
    ------
    TableError
        If it is not such a table.
    """
    if path.is_dir():
        parts = sorted(path.glob("part-*.parquet"))
        if not parts:
            raise TableError(f"{path}: is not the table of a scan (a folder without parts of one)")
        return [row for part in parts for row in read_table(part)]
    if path.suffix not in FORMATS:
        raise TableError(f"{path}: a table of a scan ends in {' or '.join(FORMATS)}")
    try:
        columns, rows = _READERS[path.suffix](path)
    except (ValueError, KeyError, AttributeError) as error:
        raise TableError(f"{path}: is not the table of a scan ({error})") from None
    if any(name not in columns for name in NEEDED):
        raise TableError(f"{path}: is not the table of a scan (it has no columns {', '.join(NEEDED)})")
    return [{name: row.get(name) for name in COLUMNS} for row in rows]


def arrow_table(rows: Iterable[Row]) -> Any:
    """The rows as a ``pyarrow.Table``."""
    return _pyarrow()[0].Table.from_pylist(list(rows), schema=schema())


def schema() -> Any:
    """The Arrow schema of the columns."""
    pyarrow, _ = _pyarrow()
    lists = {"list<int32>": pyarrow.list_(pyarrow.int32())}
    return pyarrow.schema(
        [(field.name, lists.get(field.type) or pyarrow.type_for_alias(field.type)) for field in FIELDS]
    )


def _read_parquet(path: Path) -> tuple[Iterable[str], list[Row]]:
    table = _pyarrow()[1].ParquetFile(path).read()
    return table.column_names, table.to_pylist()


def _read_csv(path: Path) -> tuple[Iterable[str], list[Row]]:
    lines = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    columns = list(lines.fieldnames or ())
    if any(name not in columns for name in NEEDED):
        return columns, []
    return columns, [_typed(row) for row in lines]


def _read_jsonl(path: Path) -> tuple[Iterable[str], list[Row]]:
    rows: list[Row] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return (set.intersection(*(set(row.keys()) for row in rows)) if rows else NEEDED), rows


_READERS = {".parquet": _read_parquet, ".csv": _read_csv, ".jsonl": _read_jsonl}


def _typed(row: dict[str, str]) -> Row:
    typed: Row = {}
    for name, kind in ((field.name, field.type) for field in FIELDS):
        text = row.get(name) or ""
        if text == "":
            typed[name] = None
        elif kind == "string":
            typed[name] = text
        elif kind.startswith("list"):
            typed[name] = json.loads(text)
        elif kind == "bool":
            typed[name] = text == "True"
        else:
            typed[name] = int(text) if kind.startswith("int") else float(text)
    return typed


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ImportError(
            "such a table needs pyarrow: pip install 'blurmap[scan]', or write another format: --out results.csv"
        ) from None
    return pyarrow, pyarrow.parquet
