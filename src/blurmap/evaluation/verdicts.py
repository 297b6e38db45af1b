"""Verdicts on whole photos against those of a person: false alarms, misses, and a page of what went wrong.

A folder holds ``image/FILE`` and ``photos.csv`` with the columns ``file`` and ``verdict``: ``sharp``, ``selective``,
``defocused``, ``motion``, or ``blurred`` where the kind was not said; ``doubtful`` ones are left out. Of the other
columns ``kind`` (of scene) divides the table, and ``group`` names photos of one scene, which no fit may part.
"""

import csv
import html
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blurmap.errors import PhotoError
from blurmap.models import Model
from blurmap.photos.photo import open_photo
from blurmap.result import BlurMap
from blurmap.showing import encoded, figure
from blurmap.verdict.judgement import GOOD, UNJUDGED, VERDICTS

TABLE = "photos.csv"
BLURRED = "blurred"  # bad, of whatever kind
DOUBTFUL = "doubtful"  # a person could not say: left out
TRUTHS = (*VERDICTS, BLURRED)
PAGE_SIDE = 480  # pixels, long side of the thumbnails


@dataclass(frozen=True)
class JudgedPhoto:
    """A photo, and what a person said of it.

    Attributes
    ----------
    path : Path
    verdict : str
        One of ``TRUTHS``.
    kind, group : str
        Kind of its scene; the scene that its photos share, or the file's name where the table does not say.
    """

    path: Path
    verdict: str
    kind: str
    group: str

    @property
    def good(self) -> bool:
        return self.verdict in GOOD


@dataclass(frozen=True)
class Answer:
    """What a model said of a photo: its ``record``, or why it could not be looked at; and its overlay as JPEG."""

    photo: JudgedPhoto
    record: dict[str, Any] | None
    error: str = ""
    overlay: bytes | None = None

    @property
    def said(self) -> str:
        return self.record["verdict"] or UNJUDGED if self.record else "error"

    @property
    def false_alarm(self) -> bool:
        return self.photo.good and self.record is not None and self.said not in GOOD

    @property
    def missed(self) -> bool:
        return not self.photo.good and self.said in GOOD

    @property
    def right(self) -> bool:
        return self.said == self.photo.verdict or (self.photo.verdict == BLURRED and self.said not in (*GOOD, "error"))


def read_photos(folder: Path) -> list[JudgedPhoto]:
    """The photos that a folder's table lists.

    Raises
    ------
    ValueError
        If there is no table, or it names a photo that is not there or a verdict that is none.
    """
    table = folder / TABLE
    if not table.is_file():
        raise ValueError(f"{folder}: no {TABLE} here, with the columns file and verdict")
    answers = []
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            name, verdict = row.get("file") or "", row.get("verdict") or ""
            path = folder / "image" / name
            if verdict == DOUBTFUL:
                continue
            if verdict not in TRUTHS:
                raise ValueError(f"{table}: the verdict of {name or 'a photo'} must be one of {', '.join(TRUTHS)}")
            if not name or not path.is_file():
                raise ValueError(f"{table}: there is no photo {path}")
            answers.append(JudgedPhoto(path, verdict, row.get("kind") or "photo", row.get("group") or name))
    if not answers:
        raise ValueError(f"{table}: lists no photos")
    return answers


def judged(
    model: Model, photos: list[JudgedPhoto], watch: Callable[[list[JudgedPhoto]], Iterable[JudgedPhoto]] = iter
) -> list[Answer]:
    """What a model says of each photo; ``watch`` wraps them, for a progress bar. Overlays are kept of wrong answers."""
    answers = []
    for photo in watch(photos):
        try:
            result: BlurMap = model.detect(open_photo(photo.path))
        except PhotoError as error:
            answers.append(Answer(photo, None, str(error)))
            continue
        answer = Answer(photo, result.record())
        picture = None if answer.right else encoded(result.overlay(PAGE_SIDE), "JPEG", PAGE_SIDE)
        answers.append(Answer(photo, answer.record, overlay=picture))
    return answers


def verdict_figures(answers: list[Answer]) -> dict[str, Any]:
    """Counts of all, by kind of scene, the confusion by truth, and every photo whose verdict is wrong."""
    kinds = sorted({answer.photo.kind for answer in answers})
    return {
        "all": counts(answers),
        "by_kind": {kind: counts([a for a in answers if a.photo.kind == kind]) for kind in kinds},
        "confusion": {
            truth: dict(Counter(a.said for a in answers if a.photo.verdict == truth))
            for truth in TRUTHS
            if any(a.photo.verdict == truth for a in answers)
        },
        "wrong": [
            {"file": a.photo.path.name, "truth": a.photo.verdict, "said": a.said, "kind": a.photo.kind,
             "reason": a.record["reason"] if a.record else a.error}
            for a in sorted(answers, key=_worst_first)
            if not a.right
        ],
    }  # fmt: skip


def counts(answers: list[Answer]) -> dict[str, int]:
    good = [answer for answer in answers if answer.photo.good]
    return {
        "good": len(good), "false_alarms": sum(answer.false_alarm for answer in answers),
        "bad": len(answers) - len(good), "missed": sum(answer.missed for answer in answers),
        "right": sum(answer.right for answer in answers),
    }  # fmt: skip


def wrong_page(answers: list[Answer], title: str) -> str:
    """An HTML page with a thumbnail of every photo whose verdict is wrong, the blur tinted; false alarms first."""
    wrong = sorted((answer for answer in answers if not answer.right), key=_worst_first)
    figures = []
    for answer in wrong:
        truth, name = answer.photo.verdict, answer.photo.path.name
        reason = answer.record["reason"] if answer.record else answer.error
        head = "FALSE ALARM " if answer.false_alarm else "MISSED " if answer.missed else ""
        figures.append(
            figure(answer.overlay, f"{head}{truth} → {answer.said}", f"{name} ({answer.photo.kind}): {reason}")
        )
    body = "\n".join(figures) or "<p>None.</p>"
    title = html.escape(title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<body style="font:15px/1.5 sans-serif;margin:16px"><h1>{title}</h1>\n{body}\n</body></html>\n'
    )


def _worst_first(answer: Answer) -> tuple[int, str]:
    return (0 if answer.false_alarm else 1 if answer.missed else 2), answer.photo.path.name
