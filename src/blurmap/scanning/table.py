"""The table of a scan, a column per field: its file in Parquet, CSV or JSON lines."""

import csv
import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from blurmap.errors import TableError, in_words
from blurmap.fields import COLUMNS, FIELDS, Row
from blurmap.files import write_csv, write_file, write_text
from blurmap.photos.names import file_name, written

NEEDED = ("path", "verdict", "model")  # in the tables of every version
BATCH = 512  # rows that are read at a time
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
            for _ in iterate_table(path):
                pass
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
    """All rows of a table that a scan wrote; see ``iterate_table``."""
    return list(iterate_table(path))


def iterate_table(path: Path) -> Iterator[Row]:
    """The rows of a table that a scan wrote, of this version or an older one: every column is there, null if unknown.

    A few hundred rows are in memory at a time. A row with a figure that is none (NaN) or a path that cannot be one is
    there without them, and its ``error`` says so.

    Parameters
    ----------
    path : Path
        The table, or a folder of the parts that a scan on Ray wrote.

    Raises
    ------
    TableError
        If it is not such a table; with the line where a value is of a wrong type.
    """
    if path.is_dir():
        parts = sorted(path.glob("part-*.parquet"))
        if not parts:
            raise TableError(f"{path}: is not the table of a scan (a folder without parts of one)")
        for part in parts:
            yield from iterate_table(part)
        return
    if path.suffix not in FORMATS:
        raise TableError(f"{path}: a table of a scan ends in {' or '.join(FORMATS)}")
    number = 0
    try:
        for row in _READERS[path.suffix](path):
            yield checked_row(row)
            number += 1
    except OSError as error:
        if error.errno is not None:  # the file cannot be opened or read; what the decoder says has no number
            raise
        raise TableError(f"{path}: is not the table of a scan ({in_words(error)})") from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError, csv.Error) as error:
        where = f"row {number + 1}: " if number else ""
        raise TableError(f"{path}: is not the table of a scan ({where}{in_words(error)})") from None


def checked_row(row: Any) -> Row:
    """A row of any origin with all columns, their values of the right types.

    Raises
    ------
    ValueError
        If it is no row, or a value is of another type.
    """
    if not isinstance(row, dict) or not isinstance(row.get("path"), str):
        raise ValueError("it has no path")
    known, wrong = {}, []
    for field in FIELDS:
        value = row.get(field.name)
        if value is not None:
            value = _TYPES[field.type](value, field.name)
            if any(
                isinstance(v, float) and not math.isfinite(v) for v in (value if isinstance(value, list) else [value])
            ):
                wrong.append(f"{field.name} is no number")
                value = None
        known[field.name] = value
    path = row["path"]
    if "\0" in path:
        wrong.append("its path holds a zero byte")
    if not path.isprintable():  # as a version before wrote it, or somebody else
        known["path"] = written(file_name(path))
    if wrong:
        known["error"] = known["error"] or f"its row in the table is damaged: {', '.join(wrong)}"
    return known


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r:.40}, not text")
    return value


def _whole(value: Any, name: str) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        return value  # no number at all, which its row says
    if isinstance(value, bool) or not isinstance(value, int | float) or value % 1:
        raise ValueError(f"{name} is {value!r:.40}, not a whole number")
    return int(value)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {value!r:.40}, not a number")
    return value


def _yes_or_no(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r:.40}, not true or false")
    return value


def _whole_numbers(value: Any, name: str) -> list[int | float]:
    if not isinstance(value, list):
        raise ValueError(f"{name} is {value!r:.40}, not a list")
    return [_whole(item, name) for item in value]


_TYPES: dict[str, Callable[[Any, str], Any]] = {
    "string": _text, "int32": _whole, "int64": _whole, "double": _number, "bool": _yes_or_no,
    "list<int32>": _whole_numbers,
}  # fmt: skip


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


def _read_parquet(path: Path) -> Iterator[Row]:
    pyarrow, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(path)
        _check_columns(file.schema_arrow.names)
        for batch in file.iter_batches(BATCH, columns=[name for name in COLUMNS if name in file.schema_arrow.names]):
            yield from batch.to_pylist()
    except pyarrow.ArrowException as error:
        raise ValueError(in_words(error)) from None


def _read_csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as file:  # line ends within a field are its own
        lines = csv.DictReader(file, strict=True)
        _check_columns(list(lines.fieldnames or ()))
        for row in lines:
            yield _typed(row)


def _read_jsonl(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for line in file:
            row = json.loads(line)
            _check_columns(row)
            yield row


def _check_columns(names: Iterable[str]) -> None:
    names = set(names)
    if any(name not in names for name in NEEDED):
        raise ValueError(f"it has no columns {', '.join(NEEDED)}")


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".parquet": _read_parquet, ".csv": _read_csv, ".jsonl": _read_jsonl,
}  # fmt: skip


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
            typed[name] = {"True": True, "False": False, "true": True, "false": False}.get(text, text)
        else:
            typed[name] = _figure(text, name)
    return typed


def _figure(text: str, name: str) -> int | float:
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r:.40}, not a number") from None


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ImportError(
            "such a table needs pyarrow: pip install 'blurmap[scan]', or write another format: --out results.csv"
        ) from None
    return pyarrow, pyarrow.parquet
