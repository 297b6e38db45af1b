"""A scan as one HTML page that works from file://: thumbnails, verdicts, filters, keys to keep or reject."""

import base64
import html
import json
import os
from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path
from typing import IO

from blurmap.errors import PhotoError, TableError
from blurmap.files import write_file
from blurmap.imaging.pyramid import Pyramid
from blurmap.photo import open_described
from blurmap.scan.names import is_url
from blurmap.scan.previews import Preview, make_preview
from blurmap.scan.sources import Source
from blurmap.scan.store import Store, store_path
from blurmap.scan.table import Row, read_table

SHOWN = (
    "verdict", "confidence", "reason", "width", "height", "format", "bytes", "blurred", "defocus", "motion",
    "subject_sharpness", "sharp_size", "error",
)  # fmt: skip
DATA, TITLE = "<!-- data -->", "<!-- title -->"
GENERATOR = b'<meta name="generator" content="blurmap report">'  # in the page's head: what may be replaced


def write_report(
    table: Path, out: Path, *, overwrite: bool = False, watch: Callable[[list[Row]], Iterable[Row]] = iter
) -> tuple[Path, list[str]]:
    """Write the page; returns its path and a sentence per photo that has no picture.

    Parameters
    ----------
    table : Path
        Table that a scan wrote, or a folder of the parts that a scan on Ray wrote.
    out : Path
        HTML file to write.
    watch : callable
        Wraps the rows, for a progress bar.

    Raises
    ------
    FileExistsError
        If ``out`` is there and ``overwrite`` is false.
    TableError
        If ``table`` is not the table of a scan, or ``out`` does not end in ``.html`` or is no report.
    """
    if not table.exists():
        raise FileNotFoundError(f"{table}: no such table; make it with 'blurmap scan'")
    _check_out(out, overwrite)
    rows = read_table(table)
    page = (resources.files("blurmap.scan") / "report.html").read_text(encoding="utf-8")
    head, tail = page.replace(TITLE, html.escape(f"{table.stem}: {len(rows)} photos")).split(DATA)
    common = os.path.commonpath([os.path.dirname(row["path"]) for row in rows]) if _all_local(rows) else ""
    problems: list[str] = []
    previews = Store(table, read_only=True) if store_path(table).is_file() else None

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


def _check_out(out: Path, overwrite: bool) -> None:
    if out.suffix.lower() not in (".html", ".htm"):
        raise TableError(f"{out}: a report ends in .html")
    if not out.exists():
        return
    if not overwrite:
        raise FileExistsError(f"{out} is there already; give --overwrite or another --out")
    with out.open("rb") as file:
        if GENERATOR not in file.read(10_000):
            raise TableError(f"{out}: is not a report that blurmap wrote, and is not replaced; give another --out")


def _all_local(rows: list[Row]) -> bool:
    return bool(rows) and not any(is_url(row["path"]) for row in rows)


def _entry(row: Row, common: str, preview: Preview | None) -> Row:
    path = row["path"]
    shown = os.path.relpath(path, common) if common else path
    entry: Row = {"path": path, "name": os.path.basename(shown), "folder": os.path.dirname(shown) or "."}
    entry |= {name: row[name] for name in SHOWN}
    if preview:
        entry["photo"] = base64.b64encode(preview[0]).decode()
        entry["tint"] = base64.b64encode(preview[1]).decode() if preview[1] else ""
    return entry


def _preview(row: Row, previews: Store | None, problems: list[str]) -> Preview | None:
    """The kept preview; where there is none, one made from the photo, without the tint."""
    if row["error"]:
        return None
    if previews and (kept := previews.preview(row["path"])):
        return kept
    try:
        content = Source(row["path"], None, None).read()
        return make_preview(Pyramid(open_described(content, row["path"])[0]))
    except PhotoError as error:
        problems.append(f"{error}; the report has no picture of it")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        problems.append(f"{row['path']}: cannot be read ({reason}); the report has no picture of it")
    return None
