"""What a table of a scan says of all its photos: how many have which trouble, and which have it worst."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from blurmap.fields import Row
from blurmap.verdict.judgement import UNJUDGED

FEW = 100  # examples that are held at a time beside those that are asked for


@dataclass(frozen=True)
class Issue:
    """A trouble that photos may have.

    Attributes
    ----------
    name, meaning : str
    has : callable
        Whether a row has it.
    badness : callable
        How badly, for the order of the examples.
    """

    name: str
    meaning: str
    has: Callable[[Row], bool]
    badness: Callable[[Row], float]


def _detail(row: Row) -> float:
    """Share of the long side up to which a photo is sharp; 1 where its row does not know."""
    known = row["sharp_size"] is not None and row["width"] and row["height"]
    return row["sharp_size"] / max(row["width"], row["height"]) if known else 1.0


ISSUES = (
    Issue("unreadable", "cannot be opened or decoded", lambda row: bool(row["error"]), lambda row: 1.0),
    Issue(
        "motion", "shaken, or it moved", lambda row: row["verdict"] == "motion", lambda row: row["confidence"] or 0.0
    ),
    Issue(
        "defocused", "nothing that matters is in focus", lambda row: row["verdict"] == "defocused",
        lambda row: row["confidence"] or 0.0,
    ),
    Issue(
        "soft", "sharp when seen small, soft at full size", lambda row: bool(row["soft"]),
        lambda row: -_detail(row),
    ),
    Issue(
        "doubtful", "the verdict is less than 70 % sure",
        lambda row: row["confidence"] is not None and row["confidence"] < 0.7, lambda row: -(row["confidence"] or 0.0),
    ),
)  # fmt: skip


def summary(rows: Iterable[Row], examples: int = 3) -> dict[str, Any]:
    """Counts and the worst photos of a scan.

    Parameters
    ----------
    rows : iterable of dict
        Rows of [`blurmap.scan`][] or ``blurmap.scanning.table.read_table``.
    examples : int
        Most photos to name per issue, the worst first.

    Returns
    -------
    dict
        ``photos``; ``verdicts`` (verdict or ``error`` to number); ``blurred`` and ``sharp_size`` (medians, None where
        no photo could be read); ``issues``: a list of dicts with ``issue``, ``meaning``, ``photos``, ``share`` and
        ``examples`` (dicts of ``path`` and ``reason``). A photo may have several issues, or none.
    """
    total, verdicts, having = 0, Counter[str](), Counter[str]()
    worst: dict[str, list[tuple[float, str, str | None]]] = {issue.name: [] for issue in ISSUES}
    figures = {"blurred": array("d"), "sharp_size": array("d")}  # a million rows are not held, their figures are
    for row in rows:
        total += 1
        verdicts["error" if row["error"] else row["verdict"] or UNJUDGED] += 1
        for name, known in figures.items():
            if row[name] is not None:
                known.append(row[name])
        for issue in ISSUES:
            if issue.has(row):
                having[issue.name] += 1
                found = worst[issue.name]
                found.append((-issue.badness(row), str(row["path"]), row["error"] or row["reason"]))
                if len(found) > 2 * examples + FEW:
                    worst[issue.name] = sorted(found)[:examples]
    issues = [
        {
            "issue": issue.name, "meaning": issue.meaning, "photos": having[issue.name],
            "share": round(having[issue.name] / total, 4) if total else 0.0,
            "examples": [{"path": path, "reason": why} for _, path, why in sorted(worst[issue.name])[:examples]],
        }
        for issue in ISSUES
    ]  # fmt: skip
    middles = {name: round(median(known), 4) if known else None for name, known in figures.items()}
    return {"photos": total, "verdicts": dict(sorted(verdicts.items())), **middles, "issues": issues}
