"""Photos of one moment: same camera, seconds apart, alike; the columns ``burst`` and ``rank`` of the table."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from blurmap.bursts.likeness import ALIKE, likeness
from blurmap.bursts.ranking import Shift, ranks
from blurmap.bursts.traces import Trace
from blurmap.fields import Row
from blurmap.photos.shots import ShotRows, rows_of_shots

SECONDS = 2.0  # from one photo of a burst to the next, at most
LONGEST = 500  # photos: what goes on longer is a time lapse, and parted; bounds the memory

Burst = list[tuple[ShotRows, Trace, Shift]]


def mark_bursts(rows: Iterable[Row], trace: Callable[[str], Trace | None], seconds: float = SECONDS) -> None:
    """Write ``burst`` and ``rank`` into the rows; photos that are alone have neither.

    A burst is known again by the photos in it: it keeps its id when photos are added.

    Parameters
    ----------
    rows : iterable of dict
        Rows of a table, with what an earlier call wrote.
    trace : callable
        The trace of a photo by its path; None where there is none.
    seconds : float
        Most that may lie between two photos of a burst.
    """
    known: dict[str, str | None] = {}
    series: dict[str, list[tuple[datetime, ShotRows]]] = {}
    for shot in rows_of_shots(row for row in rows if not row["error"]):
        for row in shot:
            known[row["path"]] = row["burst"]
            row["burst"] = row["rank"] = None
        if (moment := _moment(shot[0])) is not None:
            series.setdefault(shot[0]["camera"] or "", []).append((moment, shot))
    used: set[str] = set()
    for photos in series.values():
        photos.sort(key=lambda photo: (photo[0], photo[1][0]["path"]))
        for burst in _bursts(photos, trace, seconds):
            name = _name(burst, known, used)
            used.add(name)
            places = ranks([seen for _, seen, _ in burst], [by for _, _, by in burst])
            for (shot, _, _), rank in zip(burst, places, strict=True):
                for row in shot:
                    row["burst"], row["rank"] = name, rank


def _moment(row: Row) -> datetime | None:
    """When a photo was taken; clocks without an offset are compared as they stand."""
    if not row["taken"]:
        return None
    try:
        moment = datetime.fromisoformat(row["taken"])
    except ValueError:  # a table that a person has edited
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bursts(
    photos: list[tuple[datetime, ShotRows]], trace: Callable[[str], Trace | None], seconds: float
) -> Iterator[Burst]:
    """The bursts among one camera's photos in order of time. Each is compared with the one before it only."""
    burst: Burst = []
    before: datetime | None = None
    for i, (moment, shot) in enumerate(photos):
        near = before is not None and (moment - before).total_seconds() <= seconds
        followed = i + 1 < len(photos) and (photos[i + 1][0] - moment).total_seconds() <= seconds
        before = moment
        photo_trace = trace(shot[0]["path"]) if near or followed else None
        by = _joins(burst, photo_trace) if near and burst and photo_trace else None
        if by is None:
            if len(burst) > 1:
                yield burst
            burst = []
        if photo_trace:
            burst.append((shot, photo_trace, by or (0.0, 0.0)))
    if len(burst) > 1:
        yield burst


def _joins(burst: Burst, seen: Trace) -> Shift | None:
    """The shift of a photo against the first of a burst, if it is like the last one."""
    _, last, (down, across) = burst[-1]
    match = likeness(last.copy, seen.copy)
    if match.value < ALIKE or len(burst) >= LONGEST:
        return None
    return down + match.down, across + match.across


def _name(burst: Burst, known: dict[str, str | None], used: set[str]) -> str:
    """The id that most of the photos had; else a new one, from the first photo's time and file name."""
    former = Counter(id_ for shot, _, _ in burst if (id_ := known[shot[0]["path"]]) and id_ not in used)
    if former:
        return max(sorted(former), key=lambda id_: former[id_])
    first = burst[0][0][0]
    moment = datetime.fromisoformat(first["taken"]).strftime("%Y%m%d-%H%M%S")
    text = f"{first['camera']}\t{first['taken']}\t{os.path.basename(first['path'])}"
    while (name := f"{moment}-{hashlib.sha256(text.encode()).hexdigest()[:6]}") in used:
        text += "+"
    return name
