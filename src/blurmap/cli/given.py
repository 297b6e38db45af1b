"""What the commands on single photos are given: files, folders, globs, lists, URLs, and ``-``: one photo on stdin."""

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from blurmap.cli.console import fail, watched
from blurmap.errors import PhotoError, in_words
from blurmap.fields import Row
from blurmap.photos.capture import captured
from blurmap.photos.names import file_name, is_url, local_path, written
from blurmap.photos.photo import file_content, open_described
from blurmap.photos.sources import Finding, Source, photos_of

STDIN = "-"


@dataclass(frozen=True)
class Given:
    """A photo that a command was given.

    Attributes
    ----------
    source : Source
    name : str
        What messages call it.
    stem : str
        How the names of its results begin; no two photos of a command share one.
    """

    source: Source
    name: str
    stem: str

    def read(self) -> bytes:
        """Its content.

        Raises
        ------
        PhotoError
            If it cannot be read.
        """
        if self.source.path == STDIN:
            return sys.stdin.buffer.read()
        if path := local_path(self.name):
            return file_content(path)
        try:
            return self.source.read()
        except Exception as error:  # of whichever file system fsspec asks
            raise PhotoError(f"{self.name}: cannot be read ({in_words(error)})") from None


def find_given(sources: Iterable[str]) -> tuple[list[Given], list[str]]:
    """The photos that the sources name, each once, in their order; and a sentence per source that names none."""
    by_path: dict[str, tuple[Source, str]] = {}
    problems: list[str] = []
    finding = Finding(problems.append)
    for source in sources:
        photos = [Source(STDIN, None, None)] if source == STDIN else photos_of(source, finding)
        for photo in photos:
            by_path.setdefault(photo.path, (photo, called(photo.path, source)))
    return [Given(*by_path[path], stem) for path, stem in zip(by_path, stems(by_path), strict=True)], problems


def called(path: str, source: str) -> str:
    """A path as messages name it: as it was given, or as it is found from the current folder."""
    if path == STDIN:
        return "standard input"
    if path == written(os.path.abspath(source)):
        return written(source)
    return path.removeprefix(written(os.path.join(os.getcwd(), "")))


def stems(paths: Iterable[str]) -> list[str]:
    """Stem of each photo's results; photos of one name get -2, -3 and so on, so that none replaces another's."""
    used: set[str] = set()
    result = []
    for path in paths:
        name = urlsplit(path).path if is_url(path) else file_name(path)
        first = "stdin" if path == STDIN else Path(name).stem
        stem, count = first, 1
        while stem.lower() in used:
            count += 1
            stem = f"{first}-{count}"
        used.add(stem.lower())
        result.append(stem)
    return result


def opened(photo: Given, row: Row) -> Image.Image:
    """The photo; its row is told what the file says of itself."""
    content = photo.read()
    with silent_decoders():
        image, row["format"] = open_described(content, photo.name)
    row["taken"], row["camera"] = captured(content, photo.name)
    return image


@contextmanager
def silent_decoders() -> Iterator[None]:
    """Keeps from stderr what decoders (libtiff, tifffile) write by themselves: it names no file; errors are raised."""
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def each(
    photos: list[Given],
    problems: list[str],
    one: Callable[[Given], None],
    failed: Callable[[Given, str], None] = lambda photo, reason: None,
) -> list[str]:
    """Call ``one`` with each photo; one that fails does not stop the others. Returns what went wrong, in sentences."""
    reasons = list(problems)
    for photo in watched(photos, "photos", len(photos)):
        try:
            one(photo)
        except (PhotoError, FileExistsError, ValueError) as error:
            reasons.append(str(error) if photo.name in str(error) else f"{photo.name}: {error}")
        except OSError as error:
            reasons.append(f"{photo.name}: cannot write its results ({in_words(error).lower()}: {error.filename})")
        except MemoryError:
            reasons.append(f"{photo.name}: there is not enough memory for it; make it smaller first")
        else:
            continue
        failed(photo, reasons[-1])
    return reasons


def fail_with(reasons: list[str], photos: int, status: int = 1) -> None:
    """End with the status, and say why, if anything went wrong with the photos."""
    if len(reasons) == 1 and photos <= 1:
        fail(reasons[0], status)
    if reasons:
        fail("\n  ".join([f"{len(reasons)} of {max(photos, len(reasons))} photos failed:", *reasons]), status)
