"""A row of a table or store from anywhere, its values checked one by one."""

import math
from collections.abc import Callable
from typing import Any

from blurmap.fields import FIELDS, Row
from blurmap.photos.names import file_name, written


def checked_row(row: Any) -> Row:
    """A row of any origin with all columns, their values of the right types; ``error`` says what was wrong in it.

    Raises
    ------
    ValueError
        If it is no row, or has no path.
    """
    return row_and_faults(row)[0]


def row_and_faults(row: Any) -> tuple[Row, str]:
    """The row, and what in it is of another type than it should be; raises ValueError where it is none."""
    if isinstance(row, ValueError):
        raise row
    if not isinstance(row, dict) or not isinstance(row.get("path"), str):
        raise ValueError("it has no path")
    known: Row = {}
    wrong, odd = [], []
    for field in FIELDS:
        value = row.get(field.name)
        if value is not None:
            try:
                value = _TYPES[field.type](value, field.name)
            except ValueError as error:
                odd.append(str(error))
                value = None
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
    if wrong or odd:
        known["error"] = known["error"] or f"its row in the table is damaged: {', '.join(wrong + odd)}"
    return known, ", ".join(odd)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r:.40}, not text")
    if name != "path":  # which may be of any bytes
        value.encode()
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
