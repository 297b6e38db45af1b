"""Where photos come from: folders, globs, lists of files, standard input, and URLs that fsspec knows."""

import glob
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from blurmap.fields import COLUMNS, Row
from blurmap.files import open_regular
from blurmap.photos.names import file_name, is_url, written
from blurmap.photos.photo import PHOTO_ENDINGS

LIST = "@"  # before the name of a file of paths, one per line
MASK_ENDING = ".mask.png"  # of the masks that a scan keeps: no photos


@dataclass(frozen=True, slots=True)
class Source:
    """A photo that is to be looked at.

    Attributes
    ----------
    path : str
        Absolute path, or URL, as ``blurmap.photos.names.written`` writes it.
    size : int or None
        Bytes of the file, where known without reading it.
    mtime : float or None
        Seconds since 1970 of its last change, where known.
    """

    path: str
    size: int | None
    mtime: float | None

    def row(self, model: str, weights: str, error: str | None = None) -> Row:
        """The row of the photo before it is looked at; what is not known yet is None."""
        known = {"path": self.path, "bytes": self.size, "mtime": self.mtime, "model": model, "weights": weights}
        return dict.fromkeys(COLUMNS) | known | {"error": error}

    def read(self) -> bytes:
        """The file's content.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        name = file_name(self.path)
        if is_url(name):
            with _fsspec().open(name, "rb") as file:
                content: bytes = file.read()
                return content
        with open_regular(name) as file:
            return file.read()


def find_photos(sources: Iterable[str], problem: Callable[[str], None], *, null: bool = False) -> list[Source]:
    """All photos that the sources name, each once, sorted by path.

    Parameters
    ----------
    sources : iterable of str
        Folders (looked through with all that is in them), photos, globs, ``@FILE`` (a list of paths, one per line),
        ``-`` (a list on standard input), URLs of files, folders or globs.
    problem : callable
        Told, as one sentence, of each folder that cannot be read and each source that names nothing.
    null : bool
        The paths of lists end in a zero byte, as ``find -print0`` writes them, and not with their line.
    """
    by_path: dict[str, Source] = {}
    for source in sources:
        for photo in photos_of(source, problem, null=null):
            by_path.setdefault(photo.path, photo)
    return [by_path[path] for path in sorted(by_path)]


def photos_of(source: str, problem: Callable[[str], None], *, null: bool = False) -> list[Source]:
    """What one source names, in its own order, see ``find_photos``; a file that is missing too."""
    troubles = 0

    def tell(text: str) -> None:
        nonlocal troubles
        troubles += 1
        problem(written(text))

    photos = list(_expand(source, tell, null))
    if not photos and not troubles:
        tell(f"{source}: no photos there")
    return photos


def _expand(source: str, problem: Callable[[str], None], null: bool) -> Iterator[Source]:
    if source == "-":
        yield from _listed(sys.stdin.buffer, problem, null)
    elif source.startswith(LIST):
        try:
            with open_regular(source[1:]) as file:
                yield from _listed(file, problem, null)
        except OSError as error:
            problem(f"{source[1:]}: cannot be read ({error.strerror or error})")
    elif is_url(source):
        yield from _remote(source, problem)
    elif os.path.isdir(source):
        yield from _folder(source, problem)
    elif os.path.exists(source):
        yield file_source(source)
    elif glob.has_magic(source):
        for path in glob.iglob(source, recursive=True):
            if os.path.isfile(path) and is_photo(path):
                yield file_source(path)
    else:
        yield Source(written(os.path.abspath(source)), None, None)  # its row will say that it is missing


def is_photo(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in PHOTO_ENDINGS and not path.endswith(MASK_ENDING)


def file_source(path: str) -> Source:
    path = os.path.abspath(path)
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a zero byte in the path
        return Source(written(path), None, None)
    if not stat.S_ISREG(status.st_mode):
        return Source(written(path), None, None)  # its row will say so
    return Source(written(path), status.st_size, status.st_mtime)


def _folder(folder: str, problem: Callable[[str], None]) -> Iterator[Source]:
    def failed(error: OSError) -> None:
        problem(f"{error.filename}: folder cannot be read ({error.strerror})")

    for parent, folders, files in os.walk(folder, onerror=failed):
        folders.sort()
        for name in sorted(files):
            if is_photo(name) and not name.startswith("._"):  # the shadow files of macOS are no photos
                path = os.path.join(parent, name)
                if os.path.exists(path) and not os.path.isfile(path):
                    problem(f"{path}: is not a regular file; left out")
                else:
                    yield file_source(path)


def _listed(file: IO[bytes], problem: Callable[[str], None], null: bool) -> Iterator[Source]:
    """Paths as they are, bytes of any kind, or as a table or report wrote them."""
    for line in file.read().split(b"\0") if null else file:
        path = os.fsdecode(line if null else line.strip())
        if is_url(path):
            yield from _remote(path, problem)
        elif path:
            yield file_source(path if os.path.lexists(path) else file_name(path))


def _remote(url: str, problem: Callable[[str], None]) -> Iterator[Source]:
    try:
        system, path = _fsspec().core.url_to_fs(url)
        if glob.has_magic(path) and not url.startswith(("http://", "https://")):
            entries = list(system.glob(path, detail=True).values())
        elif is_photo(path):
            entries = [system.info(path)]
        else:
            entries = list(system.find(path, detail=True).values())
    except ImportError as error:
        problem(f"{url}: {error}")
        return
    except Exception as error:
        problem(f"{url}: cannot be listed ({type(error).__name__}: {error})")
        return
    for entry in entries:
        if entry.get("type") != "directory" and is_photo(entry["name"]):
            changed = entry.get("mtime") or entry.get("LastModified") or entry.get("updated")
            moment = changed.timestamp() if hasattr(changed, "timestamp") else changed
            seconds = float(moment) if isinstance(moment, int | float) else None
            yield Source(written(str(system.unstrip_protocol(entry["name"]))), entry.get("size"), seconds)


def _fsspec() -> Any:
    try:
        import fsspec
    except ImportError:
        raise ImportError("URLs need fsspec: install blurmap with its extra 'scan'") from None
    return fsspec
