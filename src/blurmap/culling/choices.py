"""What a person has chosen on the report's page, from the file that it writes: photos to keep and to reject."""

import json
import os
from pathlib import Path
from typing import Any, Literal, get_args

from blurmap.errors import TableError, in_words
from blurmap.photos.endings import PHOTO_ENDINGS
from blurmap.photos.names import local_path, written
from blurmap.photos.shots import Neighbours

Choice = Literal["keep", "reject"]
LARGEST = 500_000_000  # bytes of a file of choices


def read_choices(path: Path) -> tuple[dict[Path, Choice], list[str]]:
    """The choices by photo, and a sentence per photo that must be left alone.

    Left alone are photos that are gone, have changed since the scan or lie behind URLs, files that are no photos by
    their name, and shots (RAW and JPEG) of which one file is kept and one rejected.

    Raises
    ------
    TableError
        If it is not such a file; nothing of it is taken then.
    """
    chosen: dict[Path, Choice] = {}
    problems = []
    for entry in _entries(path):
        photo = local_path(entry["path"])
        if problem := _wrong(photo, entry):
            problems.append(f"{_shown(entry['path'])}: {problem}; left alone")
        elif photo:
            chosen[photo] = entry["choice"]
    neighbours = Neighbours()
    for photo in list(chosen):
        shot = neighbours.shot(photo)
        if len({chosen[file] for file in shot if file in chosen}) > 1:
            problems.append(f"{written(photo)}: of its shot one file is kept and one rejected; left alone")
            for file in shot:
                chosen.pop(file, None)
    return chosen, problems


def _entries(path: Path) -> list[dict[str, Any]]:
    if path.stat().st_size > LARGEST:
        raise TableError(f"{path}: is too large for choices of a report")
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["choices"]
        paths = {entry["path"]: entry["choice"] for entry in entries}
        if not all(isinstance(name, str) and choice in get_args(Choice) for name, choice in paths.items()):
            raise TypeError("a choice is keep or reject")
        if any(paths[entry["path"]] != entry["choice"] for entry in entries):
            raise ValueError("a photo is both kept and rejected")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TableError(
            f"{path}: holds no choices of a report ({in_words(error)}); on its page: Take with you, Choices as a file"
        ) from None
    return entries


def _shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _can_be(path: Path) -> bool:
    """Whether a system takes the path: zero bytes and halves of surrogate pairs are in none."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _wrong(photo: Path | None, entry: dict[str, Any]) -> str:
    """Why a photo must be left alone; "" if nothing is wrong with it."""
    if photo is None:
        return "is behind a URL"
    if not _can_be(photo):
        return "can be no path"
    if not photo.is_absolute() or photo.suffix.lower() not in PHOTO_ENDINGS:
        return "is not the full path of a photo"
    if not os.path.isfile(photo):
        return "is not there"
    if entry.get("bytes") not in (None, photo.stat().st_size):
        return "has changed since the scan"
    return ""
