"""RAW and JPEG of one shot: files of one folder and stem, a camera RAW among them.

The JPEG (or HEIC) decides: it is what the photographer saw, at full size. The RAW has the same answer in its row.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from blurmap.fields import Row
from blurmap.photos.camera_raw import RAW_ENDINGS
from blurmap.photos.endings import HEIC_ENDINGS, PHOTO_ENDINGS
from blurmap.photos.names import written
from blurmap.photos.sources import Source

DEVELOPED = frozenset({".jpg", ".jpeg", *HEIC_ENDINGS})  # what cameras write beside the RAW

Shot = tuple[Source, ...]  # the file that decides first
ShotRows = list[Row]  # the rows of its files, in that order


def named_raw(path: str | os.PathLike[str]) -> bool:
    return _ending(path) in RAW_ENDINGS


def shots(photos: Iterable[Source]) -> list[Shot]:
    """The photos, those of one shot together, in the order of their first paths."""
    groups: dict[str, list[Source]] = {}
    for photo in photos:
        stem, ending = os.path.splitext(photo.path)
        kind = ending.lower() in RAW_ENDINGS or ending.lower() in DEVELOPED
        groups.setdefault(stem if kind else photo.path, []).append(photo)
    result: list[Shot] = []
    for group in groups.values():
        if any(named_raw(photo.path) for photo in group):
            result.append(tuple(sorted(group, key=lambda photo: (named_raw(photo.path), photo.path))))
        else:
            result += [(photo,) for photo in group]
    return result


def rows_of_shots(rows: Iterable[Row]) -> list[ShotRows]:
    """The rows, those of the files of one shot together."""
    by_path = {row["path"]: row for row in rows}
    return [[by_path[file.path] for file in shot] for shot in shots(Source(path, None, None) for path in by_path)]


class Neighbours:
    """What lies beside a photo under the same stem. Each folder is listed once."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, list[Path]]] = {}
        self._names: dict[Path, set[str]] = {}  # as systems compare them that do not tell capitals

    def shot(self, photo: Path) -> list[Path]:
        """The files of the photo's shot, the one that decides first; itself alone if there is no RAW among them."""
        names = [path for path in self._same_stem(photo) if _ending(path) in RAW_ENDINGS | DEVELOPED]
        if photo not in names or not any(map(named_raw, names)):
            return [photo]
        return sorted(names, key=lambda path: (named_raw(path), written(path)))

    def others(self, photo: Path) -> list[Path]:
        """Photos under the same stem that are of other shots."""
        shot = self.shot(photo)
        return [path for path in self._same_stem(photo) if _ending(path) in PHOTO_ENDINGS and path not in shot]

    def named(self, name: str, folder: Path) -> bool:
        """Whether a file with an ending has that whole name: ``a.heic`` beside ``a.heic.jpg``."""
        self._list(folder)
        return bool(_ending(name)) and name.casefold() in self._names[folder]

    def _same_stem(self, photo: Path) -> list[Path]:
        self._list(photo.parent)
        return self._folders[photo.parent].get(os.path.splitext(photo.name)[0], [])

    def _list(self, folder: Path) -> None:
        if folder in self._folders:
            return
        stems: dict[str, list[Path]] = {}
        names = set()
        with contextlib.suppress(OSError):  # the photo itself will say what is wrong
            for entry in os.scandir(folder):
                stems.setdefault(os.path.splitext(entry.name)[0], []).append(folder / entry.name)
                if not entry.is_dir():
                    names.add(entry.name.casefold())
        self._folders[folder], self._names[folder] = stems, names


def _ending(path: str | os.PathLike[str]) -> str:
    return os.path.splitext(os.fspath(path))[1].lower()
