"""A scan as one HTML page that works from file://: thumbnails, verdicts, filters, keys to keep or reject."""

import base64
import html
import json
import os
from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path
from typing import IO

from blurmap.errors import PhotoError
from blurmap.files import write_file
from blurmap.imaging.pyramid import Pyramid
from blurmap.photo import open_photo
from blurmap.scan.previews import Preview, Previews, make_preview
from blurmap.scan.table import Row, read_table

SHOWN = (
    "verdict", "confidence", "reason", "width", "height", "format", "bytes", "blurred", "defocus", "motion",
    "subject_sharpness", "sharp_size", "error",
)  # fmt: skip
DATA, TITLE = "<!-- data -->", "<!-- title -->"


def write_report(
    table: Path, out: Path, *, overwrite: bool = False, watch: Callable[[list[Row]], Iterable[Row]] = iter
) -> tuple[Path, list[str]]:
    """Write the page; returns its path and a sentence per photo that has no picture.

    Parameters
    ----------
    table : Path
        Table that a scan wrote.
    out : Path
        HTML file to write.
    watch : callable
        Wraps the rows, for a progress bar.

    Raises
    ------
    FileExistsError
        If ``out`` is there and ``overwrite`` is false.
    ValueError
        If ``table`` is not the table of a scan.
    """
    if not table.exists():
        raise FileNotFoundError(f"{table}: no such table; make it with 'blurmap scan'")
    if out.exists() and not overwrite:
        raise FileExistsError(f"{out} is there already; give --overwrite or another --out")
    rows = read_table(table)
    page = (resources.files("blurmap.scan") / "report.html").read_text(encoding="utf-8")
    head, tail = page.replace(TITLE, html.escape(f"{table.stem}: {len(rows)} photos")).split(DATA)
    common = os.path.commonpath([os.path.dirname(row["path"]) for row in rows]) if _all_local(rows) else ""
    problems: list[str] = []
    previews = Previews(table) if table.with_name(table.name + ".previews").is_file() else None

    def write(file: IO[bytes]) -> None:
        file.write(head.encode())
        for number, row in enumerate(watch(rows)):
            entry = _entry(row, common, _preview(row, previews, problems))
            file.write(b",\n" if number else b"")
            file.write(json.dumps(entry).replace("<", "\\u003c").encode())  # no text can end the script element
        file.write(tail.encode())

    try:
        return write_file(out, write, overwrite=overwrite), problems
    finally:
        if previews:
            previews.close()


def _all_local(rows: list[Row]) -> bool:
    return bool(rows) and not any("://" in row["path"] for row in rows)


def _entry(row: Row, common: str, preview: Preview | None) -> Row:
    path = row["path"]
    shown = os.path.relpath(path, common) if common else path
    entry: Row = {"path": path, "name": os.path.basename(shown), "folder": os.path.dirname(shown) or "."}
    entry |= {name: row[name] for name in SHOWN}
    if preview:
        entry["photo"] = base64.b64encode(preview[0]).decode()
        entry["tint"] = base64.b64encode(preview[1]).decode() if preview[1] else ""
    return entry


def _preview(row: Row, previews: Previews | None, problems: list[str]) -> Preview | None:
    """The kept preview; where there is none, one made from the photo, without the tint."""
    if row["error"]:
        return None
    if previews and (kept := previews.get(row["path"])):
        return kept
    try:
        return make_preview(Pyramid(open_photo(row["path"])))
    except PhotoError as error:
        problems.append(f"{error}; the report has no picture of it")
        return None
