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
from urllib.parse import quote

from blurmap.browser.bundle import bundled
from blurmap.errors import PhotoError, TableError, in_words
from blurmap.fields import FIELDS, Row
from blurmap.files import write_file
from blurmap.imaging.pyramid import Pyramid
from blurmap.photos.names import is_foreign, local_path
from blurmap.photos.photo import open_described
from blurmap.photos.shots import shots
from blurmap.photos.sources import Source
from blurmap.scanning.pictures import BROWSERS_SHOW, kept_picture, pictures_folder
from blurmap.scanning.previews import CENTRE, MOST, Preview, make_preview
from blurmap.scanning.store import Store, store_path
from blurmap.scanning.table import iterate_table

SHOWN = [field for field in FIELDS if field.shown]
IN_PAGE = [{"name": field.name, "label": field.label, "meaning": field.meaning} for field in SHOWN]
GENERATOR = b'<meta name="generator" content="blurmap report">'  # in the page's head: what may be replaced
WORDS = 1_000  # bytes of a photo's own words and figures, about


def write_report(
    table: Path,
    out: Path,
    *,
    overwrite: bool = False,
    loupes: bool = True,
    large: bool = False,
    fetch: bool = False,
    expect: Callable[[int, int], None] = lambda photos, size: None,
    watch: Callable[[Iterator[Row], int], Iterable[Row]] = lambda rows, count: rows,
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
    large : bool
        Put in the large pictures of photos that browsers do not show; without, the page shows them from the folder
        beside the table, where that is at hand.
    fetch : bool
        Fetch the photos behind URLs of which no picture is kept; without it nothing is asked of any network.
    expect : callable
        Called, before anything is written, with the number of photos and about how many bytes the page will have.
    watch : callable
        Wraps the rows of the photos and their number, for a progress bar.

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
    # The table is read three times, a few rows at a time: hundreds of thousands of rows are never held at once.
    photos, also = _photos(table)
    previews = Store(table, read_only=True) if store_path(table).is_file() else None
    problems: list[str] = []
    common, folder = _common_folder(photos), pictures_folder(table)
    name = os.path.basename(common) or table.stem
    before, between, after = page_parts(f"{name}: {len(photos)} photo{'s' if len(photos) != 1 else ''}")

    def write(file: IO[bytes]) -> None:
        file.write(before)
        for number, row in enumerate(_rows_of(table, photos)):
            file.write(b",\n" if number else b"")
            picture = None if large else _picture_address(row, folder, out)
            entry = json.dumps(_entry(row, also.get(row["path"], ()), common, picture))
            file.write(entry.replace("<", "\\u003c").encode())  # no text ends the element
        file.write(between)
        for number, row in enumerate(watch(_rows_of(table, photos, problems.append), len(photos))):
            if preview := _preview(row, previews, problems, fetch):
                file.writelines(_pictures(number, preview, loupes))
            if large and (content := _large_picture(row, folder, problems)):
                encoded = base64.b64encode(content)
                file.write(b'<script type="text/plain" id="large%d">%s</script>\n' % (number, encoded))
        file.write(after)

    try:
        size = _expected_bytes(len(photos), previews, loupes)
        if large and folder.is_dir():
            size += sum(file.stat().st_size for file in folder.iterdir()) * 4 // 3
        expect(len(photos), size)
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


def _photos(table: Path) -> tuple[set[str], dict[str, list[Row]]]:
    """The path of the file that decides of each shot, and by it the path and size of the others of the shot."""
    sizes = {row["path"]: row["bytes"] for row in iterate_table(table)}
    photos, also = set(), {}
    for first, *others in shots(Source(path, None, None) for path in sizes):
        photos.add(first.path)
        if others:
            also[first.path] = [{"path": other.path, "bytes": sizes[other.path]} for other in others]
    return photos, also


def _rows_of(table: Path, photos: set[str], tell: Callable[[str], None] = lambda text: None) -> Iterator[Row]:
    """The rows of these photos, each once."""
    left = set(photos)
    for row in iterate_table(table, tell):
        if row["path"] in left:
            left.remove(row["path"])
            yield row


def _common_folder(paths: set[str]) -> str:
    """The folder that all photos are in, however deep; "" where there is none."""
    if not paths or any(map(is_foreign, paths)):
        return ""
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:  # on several drives
        return ""


def _expected_bytes(photos: int, previews: Store | None, loupes: bool) -> int:
    known_bytes = previews.bytes_of_previews(crops=loupes) if previews else 0
    most = MOST["photo"] + (MOST["crop"] if loupes else 0)
    return photos * WORDS + (known_bytes or photos * most) * 4 // 3


def _entry(row: Row, also: Iterable[Row], common: str, picture: str | None) -> Row:
    """The words and figures of a photo, with the other files of its shot, and where its large picture is."""
    path, local = row["path"], local_path(row["path"])
    name = os.path.relpath(path, common) if common else path
    entry: Row = {"path": path, "name": os.path.basename(name), "folder": os.path.dirname(name) or "."}
    entry |= {field.name: row.get(field.name) for field in SHOWN}
    if also:
        entry["also"] = also
    if picture:
        entry["large"] = picture
    if local and local.is_absolute() and row["format"] in BROWSERS_SHOW:
        address = local.as_uri()
        if address.startswith("file:///"):  # and not that of another machine, which the page would ask
            entry["file"] = address  # the page shows the file itself where it is at hand
    return entry


def _large_picture(row: Row, folder: Path, problems: list[str]) -> bytes | None:
    kept = kept_picture(row, folder)
    try:
        return kept.read_bytes() if kept else None
    except OSError as error:
        problems.append(f"{kept}: cannot be read ({in_words(error).lower()}); the page has no large picture of it")
        return None


def _picture_address(row: Row, folder: Path, out: Path) -> str | None:
    """The address of the large picture from the page: both may be moved, or sent, together."""
    kept = kept_picture(row, folder)
    if kept is None:
        return None
    try:
        return quote(Path(os.path.relpath(kept, out.parent)).as_posix())
    except ValueError:  # on another drive
        return kept.absolute().as_uri()


def _pictures(number: int, preview: Preview, loupes: bool) -> Iterator[bytes]:
    """Elements with the pictures of a photo, as base64; browsers do not show them, nor look into them."""
    whole = base64.b64encode(preview.photo) + b" " + base64.b64encode(preview.tint or b"")
    yield b'<script type="text/plain" id="whole%d">%s</script>\n' % (number, whole)
    if loupes and preview.crop and preview.box:
        box = ",".join(map(str, preview.box)).encode()
        crop = base64.b64encode(preview.crop)
        yield b'<script type="text/plain" id="crop%d" data-box="%s">%s</script>\n' % (number, box, crop)


def _preview(row: Row, previews: Store | None, problems: list[str], fetch: bool) -> Preview | None:
    """The kept preview; where there is none, one made from the photo, without the tint."""
    if row["error"]:
        return None
    if previews and (kept := previews.preview(row["path"])):
        return kept
    if is_foreign(row["path"]) and not fetch:
        problems.append(f"{row['path']}: is behind a URL; the report has no picture of it without --fetch")
        return None
    try:
        content = Source(row["path"], None, None).read()
        photo = Pyramid(open_described(content, row["path"])[0])
        return make_preview(photo, place=_centre_of_subject(row, photo.shape))
    except PhotoError as error:
        problems.append(f"{error}; the report has no picture of it")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        problems.append(f"{row['path']}: cannot be read ({reason}); the report has no picture of it")
    except (ImportError, ValueError) as error:  # a file system that is not installed, or what is no path
        problems.append(f"{row['path']}: cannot be read ({in_words(error)}); the report has no picture of it")
    except Exception as error:
        if not is_foreign(row["path"]):
            raise
        # every file system has errors of its own
        problems.append(f"{row['path']}: cannot be fetched ({in_words(error)}); no picture of it")
    return None


def _centre_of_subject(row: Row, shape: tuple[int, int]) -> tuple[float, float]:
    if not row["subject"]:
        return CENTRE
    left, top, right, bottom = row["subject"]
    return (top + bottom) / 2 / shape[0], (left + right) / 2 / shape[1]
