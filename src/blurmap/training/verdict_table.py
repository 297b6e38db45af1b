"""The table of a verdict's fit: how often each truth was called what, by fits that have not seen the photo's group."""

from typing import Any

import numpy as np

from blurmap.evaluation.verdicts import BLURRED
from blurmap.training.data.verdict_photos import LETTERED, PAGE
from blurmap.training.verdict_fit import Sample
from blurmap.verdict.judgement import VERDICTS


def figures_of(samples: list[Sample], answers: list[int]) -> dict[str, Any]:
    """Figures of real photos, of made-up ones, and of these by label; each answer by a fit that has not seen its group.

    Keys ``real`` (if there are any) and ``sets`` (the same by folder), ``made``, ``pages``, ``lettered``, ``labels``,
    and ``wrong``: the real photos of which good is called bad or bad good.
    """
    rows = [*zip(samples, answers, strict=True)]
    real, made = [r for r in rows if r[0].real], [r for r in rows if not r[0].real]
    folders = sorted({s.folder for s, _ in real})
    plain = [r for r in made if not r[0].label.startswith((PAGE, LETTERED))]
    figures = {"real": confusion(real)} if real else {}
    figures |= {"sets": {name: confusion([r for r in real if r[0].folder == name]) for name in folders}} if real else {}
    figures |= {"made": confusion(plain)}
    for name, start in (("pages", PAGE), ("lettered", LETTERED)):
        figures |= {name: confusion([r for r in made if r[0].label.startswith(start)])}
    labels = sorted({s.label for s, _ in made})
    by_label = {
        name: {
            "photos": sum(s.label == name for s, _ in made),
            "right": float(np.mean([s.truth == said for s, said in made if s.label == name])),
            "wrong_way": float(np.mean([(s.truth < 2) != (said < 2) for s, said in made if s.label == name])),
        }
        for name in labels
    }
    wrong = {s.label: {"truth": truth_of(s), "said": VERDICTS[said]} for s, said in real if (s.truth < 2) != (said < 2)}
    return figures | {"labels": by_label, "wrong": wrong}


def truth_of(one: Sample) -> str:
    return VERDICTS[one.truth] if one.kind_known else BLURRED


def confusion(rows: list[tuple[Sample, int]]) -> dict[str, Any]:
    """Counts by truth and answer, false alarms, misses, and the balanced accuracy over the truths that occur."""
    counts: dict[str, dict[str, int]] = {truth: dict.fromkeys(VERDICTS, 0) for truth in (*VERDICTS, BLURRED)}
    for s, said in rows:
        counts[truth_of(s)][VERDICTS[said]] += 1
    counts = {truth: answers for truth, answers in counts.items() if any(answers.values())}
    right = [
        (answers["defocused"] + answers["motion"] if truth == BLURRED else answers[truth]) / sum(answers.values())
        for truth, answers in counts.items()
    ]
    return {
        "good": sum(s.truth < 2 for s, _ in rows), "false_alarms": sum(s.truth < 2 <= said for s, said in rows),
        "bad": sum(s.truth >= 2 for s, _ in rows), "missed": sum(said < 2 <= s.truth for s, said in rows),
        "balanced": float(np.mean(right)) if right else 0.0, "confusion": counts,
    }  # fmt: skip


def summed_up(figures: dict[str, Any]) -> str:
    """The figures in a line each."""
    lines = []
    parts = {"real": figures.get("real"), **figures.get("sets", {})}
    for name, found in (parts | {part: figures.get(part) for part in ("made", "pages", "lettered")}).items():
        if found:
            alarms = f"{found['false_alarms']} of {found['good']} good ones called bad"
            missed = f"{found['missed']} of {found['bad']} bad ones called good"
            lines.append(f"{name}: {alarms}, {missed}, balanced accuracy {found['balanced']:.3f}")
    lines += [f"  {name}: {wrong['truth']} called {wrong['said']}" for name, wrong in figures["wrong"].items()]
    return "\n".join(lines)
