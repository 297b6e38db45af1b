"""A scan as one HTML page that works from file://, to look through photos and to decide which are kept.

The page is put together from the files in ``desk/``, its modules bundled into one script. Words and figures of all
photos come first and the script next, so that the first photos are there at once; the pictures follow, each in an
element of its own that is read when shown.
"""

import base64
import html
import json
import os
from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import IO

from blurmap.browser.bundle import bundled
from blurmap.errors import PhotoError, TableError
from blurmap.fields import FIELDS, Row
from blurmap.files import write_file
from blurmap.imaging.pyramid import Pyramid
from blurmap.photos.names import is_url, local_path
from blurmap.photos.photo import open_described
from blurmap.photos.shots import ShotRows, rows_of_shots
from blurmap.photos.sources import Source
from blurmap.scanning.previews import CENTRE, MOST, Preview, make_preview
from blurmap.scanning.store import Store, store_path
from blurmap.scanning.table import read_table

SHOWN = [field for field in FIELDS if field.shown]
IN_PAGE = [{"name": field.name, "label": field.label, "meaning": field.meaning} for field in SHOWN]
BROWSERS_SHOW = frozenset({"JPEG", "MPO", "PNG", "WEBP", "GIF", "AVIF", "BMP"})  # formats, as tables name them
GENERATOR = b'<meta name="generator" content="blurmap report">'  # in the page's head: what may be replaced
WORDS = 1_000  # bytes of a photo's own words and figures, about


def write_report(
    table: Path,
    out: Path,
    *,
    overwrite: bool = False,
    loupes: bool = True,
    expect: Callable[[int, int], None] = lambda photos, size: None,
    watch: Callable[[list[ShotRows]], Iterable[ShotRows]] = iter,
) -> tuple[Path, list[str]]:
    """Write the page; returns its path and a sentence per photo that has no picture.

    Parameters
    ----------
    table : Path
        Table that a scan wrote, or a folder of the parts that a scan on Ray wrote.
    out : Path
        HTML file to write.
    loupes : bool
        Put in the crops of the photos' own pixels; without them the page has about a third of the size.
    expect : callable
        Called, before anything is written, with the number of photos and about how many bytes the page will have.
    watch : callable
        Wraps the shots, for a progress bar.

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
    found = rows_of_shots(read_table(table))
    previews = Store(table, read_only=True) if store_path(table).is_file() else None
    problems: list[str] = []
    common = _common_folder(found)
    name = os.path.basename(common) or table.stem
    before, between, after = page_parts(f"{name}: {len(found)} photo{'s' if len(found) != 1 else ''}")

    def write(file: IO[bytes]) -> None:
        file.write(before)
        for number, shot in enumerate(found):
            file.write(b",\n" if number else b"")
            file.write(json.dumps(_entry(shot, common)).replace("<", "\\u003c").encode())  # no text ends the element
        file.write(between)
        for number, shot in enumerate(watch(found)):
            if preview := _preview(shot[0], previews, problems):
                file.writelines(_pictures(number, preview, loupes))
        file.write(after)

    try:
        expect(len(found), _expected_bytes(len(found), previews, loupes))
        return write_file(out, write, overwrite=overwrite), problems
    finally:
        if previews:
            previews.close()


def page_parts(title: str) -> tuple[bytes, bytes, bytes]:
    """The page before the photos' words, from there to the pictures, and after these."""
    folder = resources.files("blurmap.culling") / "desk"
    page = (folder / "page.html").read_text(encoding="utf-8")
    page = page.replace("/* style */", (folder / "desk.css").read_text(encoding="utf-8"))
    page = (
        page.replace("/* scripts */", bundled("culling/desk/start.js"))
        .replace("<!-- fields -->", json.dumps(IN_PAGE))
        .replace("<!-- title -->", html.escape(title))
    )
    before, rest = page.split("<!-- words -->")
    between, after = rest.split("<!-- pictures -->")
    return before.encode(), between.encode(), after.encode()


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


def _common_folder(found: list[ShotRows]) -> str:
    """The folder that all photos are in, however deep; "" where there is none."""
    paths = [shot[0]["path"] for shot in found]
    if not paths or any(map(is_url, paths)):
        return ""
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:  # on several drives
        return ""


def _expected_bytes(photos: int, previews: Store | None, loupes: bool) -> int:
    known_bytes = previews.bytes_of_previews(crops=loupes) if previews else 0
    most = MOST["photo"] + (MOST["crop"] if loupes else 0)
    return photos * WORDS + (known_bytes or photos * most) * 4 // 3


def _entry(shot: ShotRows, common: str) -> Row:
    """The words and figures of a photo."""
    row = shot[0]
    path, local = row["path"], local_path(row["path"])
    name = os.path.relpath(path, common) if common else path
    entry: Row = {"path": path, "name": os.path.basename(name), "folder": os.path.dirname(name) or "."}
    entry |= {field.name: row.get(field.name) for field in SHOWN}
    if len(shot) > 1:
        entry["also"] = [{"path": other["path"], "bytes": other["bytes"]} for other in shot[1:]]
    if local and local.is_absolute() and row["format"] in BROWSERS_SHOW:
        entry["file"] = local.as_uri()  # the page shows the file itself where it is at hand
    return entry


def _pictures(number: int, preview: Preview, loupes: bool) -> Iterator[bytes]:
    """Elements with the pictures of a photo, as base64; browsers do not show them, nor look into them."""
    whole = base64.b64encode(preview.photo) + b" " + base64.b64encode(preview.tint or b"")
    yield b'<script type="text/plain" id="whole%d">%s</script>\n' % (number, whole)
    if loupes and preview.crop and preview.box:
        box = ",".join(map(str, preview.box)).encode()
        crop = base64.b64encode(preview.crop)
        yield b'<script type="text/plain" id="crop%d" data-box="%s">%s</script>\n' % (number, box, crop)


def _preview(row: Row, previews: Store | None, problems: list[str]) -> Preview | None:
    """The kept preview; where there is none, one made from the photo, without the tint."""
    if row["error"]:
        return None
    if previews and (kept := previews.preview(row["path"])):
        return kept
    try:
        content = Source(row["path"], None, None).read()
        photo = Pyramid(open_described(content, row["path"])[0])
        return make_preview(photo, place=_centre_of_subject(row, photo.shape))
    except PhotoError as error:
        problems.append(f"{error}; the report has no picture of it")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        problems.append(f"{row['path']}: cannot be read ({reason}); the report has no picture of it")
    return None


def _centre_of_subject(row: Row, shape: tuple[int, int]) -> tuple[float, float]:
    if not row["subject"]:
        return CENTRE
    left, top, right, bottom = row["subject"]
    return (top + bottom) / 2 / shape[0], (left + right) / 2 / shape[1]
