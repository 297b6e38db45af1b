"""XMP sidecars: verdicts and choices as ratings, labels and flags, as Lightroom, digiKam and darktable read them.

Adobe, "XMP specification part 1" (2012), sections 7 and 8: ``xmp:Rating`` is 0 to 5 or -1 (rejected), ``xmp:Label`` a
text; part 2: ``xmpDM:good``. Lightroom's flag is ``xmpDM:pick`` (1, 0, -1), digiKam's ``digiKam:PickLabel`` (1
rejected, 2 pending, 3 accepted). What else a sidecar holds stays as it is, names of its namespaces included; a rating
or label that a person gave is not replaced unless asked for. There is one sidecar per shot.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from blurmap.culling.xmp import DIGIKAM, OURS, XMP, XMP_DM, Property, merged, value_of
from blurmap.fields import Row
from blurmap.files import write_bytes
from blurmap.photos.names import local_path, written
from blurmap.photos.shots import Neighbours, named_raw

RATINGS = {"sharp": ("3", "Green"), "selective": ("4", "Blue"), "defocused": ("1", "Red"), "motion": ("1", "Yellow")}


def sidecars(photo: Path, neighbours: Neighbours) -> list[Path]:
    """The sidecars that are there for a photo's shot."""
    shot = neighbours.shot(photo)
    own = [path.with_name(path.name + ".xmp") for path in shot]
    common = _common(photo, neighbours)
    names = [common, *own] if common and (any(map(named_raw, shot)) or not neighbours.others(photo)) else own
    return [path for path in names if os.path.lexists(path)]  # also where a name is too long


def sidecar_path(photo: Path, neighbours: Neighbours) -> Path:
    """The one that is there; else ``NAME.xmp`` for a shot with a RAW (Adobe), ``NAME.EXT.xmp`` for other photos."""
    there = sidecars(photo, neighbours)
    if there:
        return there[0]
    common = _common(photo, neighbours)
    raw = any(map(named_raw, neighbours.shot(photo)))
    return common if raw and common else photo.with_name(photo.name + ".xmp")


def _common(photo: Path, neighbours: Neighbours) -> Path | None:
    """The name of the one sidecar of a shot; None where it is that of a file: ``a.heic.xmp`` of ``a.heic.jpg``."""
    return None if neighbours.named(photo.stem, photo.parent) else photo.with_suffix(".xmp")


def linked_sidecars(photos: Iterable[Path]) -> set[Path]:
    """The files that those of the photos' sidecars lead to which are links: they are written."""
    neighbours = Neighbours()
    there = (path for photo in photos for path in sidecars(photo, neighbours))
    return {Path(os.path.realpath(path)) for path in there if path.is_symlink()}


def of_verdict(row: Row, *, replace: bool = False) -> list[Property]:
    """What a verdict says: a rating and a label, which with ``replace`` take the place of a person's own."""
    rating, label = RATINGS[row["verdict"]]
    over = None if replace else ()
    return [
        Property(XMP, "xmp", "Rating", rating, over),
        Property(XMP, "xmp", "Label", label, over),
        Property(OURS, "blurmap", "Verdict", row["verdict"], None),
        Property(OURS, "blurmap", "Reason", row["reason"], None),
    ]


def of_choice(choice: str) -> list[Property]:
    """What a choice says: the flags of Lightroom and digiKam, and a rating and label.

    A kept photo keeps the rating and label that a person gave, but for -1 (rejected) and the label of a rejection.
    """
    keep = choice == "keep"
    rating, label = ("3", "Green") if keep else ("-1", "Red")
    return [
        Property(XMP, "xmp", "Rating", rating, ("-1",) if keep else None),
        Property(XMP, "xmp", "Label", label, ("Red",) if keep else ("Green",)),
        Property(XMP_DM, "xmpDM", "pick", "1" if keep else "-1", None),
        Property(XMP_DM, "xmpDM", "good", "True" if keep else "False", None),
        Property(DIGIKAM, "digiKam", "PickLabel", "3" if keep else "1", None),
        Property(OURS, "blurmap", "Choice", choice, None),
    ]


def write_sidecars(
    wanted: dict[Path, list[Property]], note: Callable[[Path, bytes | None, bytes], None] = lambda path, old, new: None
) -> tuple[int, list[str]]:
    """Write or complete the sidecar of each photo's shot; returns how many, and what went wrong.

    Parameters
    ----------
    wanted : dict
        Properties by local photo; of the files of a shot those of the one that decides are taken.
    note : callable
        Called before a sidecar is written, with its path, what it holds (None if it is not there) and will hold.
    """
    written_count, problems = 0, []
    for path, properties in _wanted_of_shots(wanted):
        try:
            _check_link(path)
            before = path.read_bytes() if path.exists() else None
            text = merged(before, properties)
            if text is not None:
                note(path, before, text)
                write_bytes(path, text, overwrite=True)
                written_count += 1
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            problems.append(f"{written(path)}: left as it is ({str(reason).lower()})")
    return written_count, problems


def stars_lost(wanted: dict[Path, list[Property]]) -> int:
    """How many sidecars have a rating of 1 to 5 that -1 (rejected) will take the place of."""
    lost = 0
    for path, properties in _wanted_of_shots(wanted):
        if any((given.name, given.value, given.over) == ("Rating", "-1", None) for given in properties):
            with contextlib.suppress(OSError, ValueError):  # it stays as it is, which is said when it is its turn
                lost += path.exists() and value_of(path.read_bytes(), XMP, "Rating") in set("12345")
    return lost


def _wanted_of_shots(wanted: dict[Path, list[Property]]) -> Iterator[tuple[Path, list[Property]]]:
    """The sidecar of each shot, and what it is to say: that of the file which decides."""
    neighbours = Neighbours()
    done: set[Path] = set()
    for photo in wanted:
        if photo not in done:
            shot = neighbours.shot(photo)
            done.update(shot)
            yield sidecar_path(photo, neighbours), next(wanted[path] for path in shot if path in wanted)


def _check_link(path: Path) -> None:
    """Raise ValueError for a link that leads to nothing, where a file would be made, or to what is no sidecar."""
    real = Path(os.path.realpath(path))
    if path.is_symlink() and not (real.is_file() and real.name.lower().endswith(".xmp")):
        raise ValueError(f"it is a link to {written(real)}, which is no sidecar")


def verdict_properties(rows: Iterable[Row], *, replace: bool = False) -> dict[Path, list[Property]]:
    """What the sidecars of local photos without an error are to say of their verdicts."""
    good = {local: row for row in rows if not row["error"] and row["verdict"] and (local := local_path(row["path"]))}
    return {photo: of_verdict(row, replace=replace) for photo, row in good.items()}
