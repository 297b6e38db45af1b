"""Where photos come from: folders, globs, lists of files, standard input, and URLs that fsspec knows."""

import fnmatch
import glob
import os
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import IO, Any

from blurmap.errors import in_words
from blurmap.fields import COLUMNS, Row
from blurmap.files import open_regular
from blurmap.photos.endings import PHOTO_ENDINGS
from blurmap.photos.names import file_name, is_url, local_path, written

LIST = "@"  # before the name of a file of paths, one per line
MASK_ENDING = ".mask.png"  # of the masks that a scan keeps: no photos
PICTURE_ENDING = ".blurmap.jpg"  # of the large pictures that a scan keeps for its report
NO_PHOTOS = (MASK_ENDING, PICTURE_ENDING)
COMPANIONS = (".xmp", ".XMP", ".store")  # of photos and tables, which nobody misses
SHOWN = 5  # kinds
# thumbnails, libraries, trashes and histories: what is in there is no photo of a person's, or none to be moved
KEPT_BY_PROGRAMS = (
    ".*", "@eaDir", "*.photoslibrary", "*.lrdata", "#recycle", "$RECYCLE.BIN", "System Volume Information",
)  # fmt: skip


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


@dataclass(frozen=True)
class Finding:
    """How photos are found.

    Attributes
    ----------
    problem : callable
        Told, as one sentence, of each folder that cannot be read and each source that names nothing.
    null : bool
        The paths of lists end in a zero byte, as ``find -print0`` writes them, and not with their line.
    hidden : bool
        Look into folders too that programs keep for themselves: hidden ones, thumbnails, libraries, trashes.
    exclude : tuple of str
        Patterns, as ``.gitignore`` has them, of what is left out of folders; paths from the folder that is named.
    left_out : Counter
        Files of folders that are no photos by their ending, by that; counted while photos are found.
    """

    problem: Callable[[str], None]
    null: bool = False
    hidden: bool = False
    exclude: tuple[str, ...] = ()
    left_out: Counter[str] = field(default_factory=Counter)

    def told(self) -> str | None:
        """How many files were left out, and of which kinds, the most first."""
        if not self.left_out:
            return None
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.left_out.most_common(SHOWN))
        more = ", and others" if len(self.left_out) > SHOWN else ""
        total = self.left_out.total()
        return f"{total} file{'s' if total != 1 else ''} of other kinds left out: {kinds}{more}"


def find_photos(sources: Iterable[str], problem: Callable[[str], None] | Finding) -> list[Source]:
    """All photos that the sources name, each once, sorted by path.

    Parameters
    ----------
    sources : iterable of str
        Folders (looked through with all that is in them), photos, globs, ``@FILE`` (a list of paths, one per line),
        ``-`` (a list on standard input), URLs of files, folders or globs.
    problem : callable or Finding
        Told, as one sentence, of each folder that cannot be read and each source that names nothing; or more of how
        photos are found.
    """
    finding = problem if isinstance(problem, Finding) else Finding(problem)
    by_path: dict[str, Source] = {}
    for source in sources:
        for photo in photos_of(source, finding):
            by_path.setdefault(photo.path, photo)
    return [by_path[path] for path in sorted(by_path)]


def photos_of(source: str, finding: Finding) -> list[Source]:
    """What one source names, in its own order, see ``find_photos``; a file that is missing too."""
    troubles = 0

    def tell(text: str) -> None:
        nonlocal troubles
        troubles += 1
        finding.problem(written(text))

    photos = list(_expand(source, replace(finding, problem=tell)))
    if not photos and not troubles:
        tell(f"{source}: no photos there")
    return photos


def _expand(source: str, finding: Finding) -> Iterator[Source]:
    if source == "-":
        yield from _listed(sys.stdin.buffer, finding)
    elif source.startswith(LIST) and not os.path.exists(source):
        try:
            with open_regular(source[1:]) as file:
                yield from _listed(file, finding)
        except OSError as error:
            finding.problem(f"{source[1:]}: cannot be read ({in_words(error)})")
    elif is_url(source):
        yield from _remote(source, finding.problem)
    elif os.path.isdir(source):
        yield from _folder(source, finding)
    elif os.path.exists(source):
        yield file_source(source)
    elif glob.has_magic(source):
        for path in glob.iglob(_as_written(source), recursive=True):
            if os.path.isfile(path) and is_photo(path):
                yield file_source(path)
    else:
        yield Source(written(os.path.abspath(source)), None, None)  # its row will say that it is missing


def _as_written(pattern: str) -> str:
    """A glob in which the folders that exist as they are written are taken so: ``2024 [trip]/*.jpg``."""
    there, rest = pattern, []
    while there and not os.path.isdir(there):
        there, last = os.path.split(there)
        rest.append(last)
    return os.path.join(glob.escape(there), *reversed(rest)) if there else pattern


def is_photo(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in PHOTO_ENDINGS and not path.endswith(NO_PHOTOS)


def file_source(path: str) -> Source:
    path = os.path.abspath(path)
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a zero byte in the path
        return Source(written(path), None, None)
    if not stat.S_ISREG(status.st_mode):
        return Source(written(path), None, None)  # its row will say so
    return Source(written(path), status.st_size, status.st_mtime)


def is_there(path: str) -> bool:
    """Whether there may be a photo at a path: a file that is there, or a URL, which is only asked when it is read."""
    local = local_path(path)
    return local is None or os.path.exists(local)


def _folder(folder: str, finding: Finding) -> Iterator[Source]:
    excluded = _excluded(finding.exclude)

    def failed(error: OSError) -> None:
        finding.problem(f"{error.filename}: folder cannot be read ({in_words(error)})")

    for parent, folders, files in os.walk(folder, onerror=failed):
        inner = os.path.relpath(parent, folder)
        folders[:] = sorted(
            name for name in folders
            if (finding.hidden or not _is_kept_by_a_program(name)) and not excluded(os.path.join(inner, name) + "/")
        )  # fmt: skip
        for name in sorted(files):
            path = os.path.join(parent, name)
            if name.startswith("._") or excluded(os.path.join(inner, name)):  # shadow files of macOS are no photos
                continue
            if not is_photo(name):
                if not name.startswith(".") and not name.endswith((*NO_PHOTOS, *COMPANIONS)):
                    finding.left_out[os.path.splitext(name)[1].lower() or "without an ending"] += 1
            elif os.path.exists(path) and not os.path.isfile(path):
                finding.problem(f"{path}: is not a regular file; left out")
            else:
                yield file_source(path)


def _is_kept_by_a_program(folder: str) -> bool:
    return any(fnmatch.fnmatchcase(folder, pattern) for pattern in KEPT_BY_PROGRAMS)


def _excluded(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path from the folder that was named is left out."""
    if not patterns:
        return lambda path: False
    try:
        import pathspec
    except ImportError:
        raise ImportError("--exclude needs pathspec: install blurmap with its extra 'scan'") from None
    spec = pathspec.GitIgnoreSpec.from_lines(patterns)
    return lambda path: bool(spec.match_file(path.removeprefix("./")))


def _listed(file: IO[bytes], finding: Finding) -> Iterator[Source]:
    """Paths as they are, bytes of any kind, or as a table or report wrote them."""
    for line in file.read().split(b"\0") if finding.null else file:
        path = os.fsdecode(line if finding.null else line.strip())
        if is_url(path):
            yield from _remote(path, finding.problem)
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
        problem(f"{url}: cannot be listed ({in_words(error)})")
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
