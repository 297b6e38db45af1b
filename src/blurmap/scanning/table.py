"""The table of a scan, a column per field: its file in Parquet, CSV or JSON lines."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from blurmap.errors import TableError, in_words
from blurmap.fields import COLUMNS, FIELDS, Row
from blurmap.files import text_of_cell, write_csv, write_file, write_text
from blurmap.scanning.rows import row_and_faults

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


def read_table(path: Path, tell: Callable[[str], None] = lambda text: None) -> list[Row]:
    """All rows of a table that a scan wrote; see ``iterate_table``."""
    return list(iterate_table(path, tell))


def iterate_table(path: Path, tell: Callable[[str], None] = lambda text: None) -> Iterator[Row]:
    """The rows of a table that a scan wrote, of this version or an older one: every column is there, null if unknown.

    A few hundred rows are in memory at a time. A damaged row, such as one with a figure that is none, is there without
    what is wrong in it, and its ``error`` says so; one without a path, or a line that is no row, is left out.

    Parameters
    ----------
    path : Path
        The table, or a folder of the parts that a scan on Ray wrote.
    tell : callable
        Told of each row that is left out.

    Raises
    ------
    TableError
        If it is not such a table: it lacks columns, or no row of it is whole.
    """
    if path.is_dir():
        parts = sorted(path.glob("part-*.parquet"))
        if not parts:
            raise TableError(f"{path}: is not the table of a scan (a folder without parts of one)")
        for part in parts:
            yield from iterate_table(part, tell)
        return
    if path.suffix not in FORMATS:
        raise TableError(f"{path}: a table of a scan ends in {' or '.join(FORMATS)}")
    try:
        yield from _rows_of(path, tell)
    except OSError as error:
        if error.errno is not None:  # the file cannot be opened or read; what the decoder says has no number
            raise
        raise TableError(f"{path}: is not the table of a scan ({in_words(error)})") from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError, csv.Error) as error:
        raise TableError(f"{path}: is not the table of a scan ({in_words(error)})") from None


def _rows_of(path: Path, tell: Callable[[str], None]) -> Iterator[Row]:
    """The rows that can be read; raises ValueError where none is whole."""
    whole, first_fault = 0, ""
    for number, read in enumerate(_READERS[path.suffix](path), 1):
        try:
            row, fault = row_and_faults(read)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            row, fault = None, in_words(error)
            tell(f"{path}: row {number} is left out ({fault})")
        if fault:
            first_fault = first_fault or f"row {number}: {fault}"
        else:
            whole += 1
        if row is not None:
            yield row
    if first_fault and not whole:
        raise ValueError(first_fault)


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


def _read_csv(path: Path) -> Iterator[Row | ValueError]:
    # a byte that is no UTF-8 costs its row only; line ends within a field are its own
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = csv.reader(file, strict=True)
        names = next(lines, [])
        _check_columns(names)
        while True:
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                yield ValueError(str(error))
                continue
            if len(cells) == len(names):
                yield _typed(dict(zip(names, cells, strict=True)))
            elif cells:
                yield ValueError(f"it has {len(cells)} cells, not {len(names)}")


def _read_jsonl(path: Path) -> Iterator[Row | ValueError]:
    with path.open("rb") as file:
        for number, line in enumerate(file):
            try:
                row = json.loads(line)
                _check_columns(row)
            except (ValueError, TypeError, RecursionError) as error:
                if number == 0:  # no table
                    raise
                yield ValueError(in_words(error))
            else:
                yield row


def _check_columns(names: Iterable[str]) -> None:
    names = set(names)
    if any(name not in names for name in NEEDED):
        raise ValueError(f"it has no columns {', '.join(NEEDED)}")


# What is no row is a ValueError in its place.
_READERS: dict[str, Callable[[Path], Iterator[Row | ValueError]]] = {
    ".parquet": _read_parquet, ".csv": _read_csv, ".jsonl": _read_jsonl,
}  # fmt: skip


def _typed(row: dict[str, str]) -> Row:
    typed: Row = {}
    for name, kind in ((field.name, field.type) for field in FIELDS):
        text = row.get(name) or ""
        if text == "":
            typed[name] = None
        elif kind == "string":
            typed[name] = text_of_cell(text)
        elif kind.startswith("list"):
            typed[name] = _list(text)
        elif kind == "bool":
            typed[name] = {"True": True, "False": False, "true": True, "false": False}.get(text, text)
        else:
            typed[name] = _figure(text)
    return typed


def _list(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # which its row will say is no list


def _figure(text: str) -> int | float | str:
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return text


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ImportError(
            "such a table needs pyarrow: pip install 'blurmap[scan]', or write another format: --out results.csv"
        ) from None
    return pyarrow, pyarrow.parquet
