"""The regressions of a verdict: what is fitted to samples, what each counts, and answers of fits that are fair."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from scipy.optimize import minimize

from blurmap.training.data.verdict_photos import PAGE
from blurmap.verdict.judge import Seen, chances, features, type_features

FOLDS = 5
FALSE_ALARM = 5.0  # what a good photo called bad costs, in missed bad ones
REAL = 1.0  # the real photos of a class weigh as much as all made ones of it, times this
SPARED = 0.05  # share of sharp photos that may be said to be slightly shaken
SHRINKAGE = 3e-3


@dataclass(frozen=True)
class Sample:
    """What was seen of a photo, its true verdict, the group it may not be parted from, and a label for the table.

    ``truth`` is an index of VERDICTS; 2 with ``kind_known`` false for a bad photo of which nobody said the kind.
    """

    seen: Seen
    truth: int
    group: str
    label: str
    real: bool = False
    kind_known: bool = True
    folder: str = ""  # of a real photo: the name of the set that it is of


Fitted = tuple[NDArray[np.float64], NDArray[np.float64]]  # of the verdict, of the type


def fit_regressions(samples: list[Sample]) -> Fitted:
    """Weights of the verdict and of the type of bad photos."""
    broad = np.array([min(s.truth, 2) for s in samples])
    cost = 1 - np.eye(3)
    cost[:2, 2] = FALSE_ALARM  # [truth, answer]
    verdict = fit_regression(np.array([features(s.seen) for s in samples]), broad, cost, importance(samples, broad))
    bad = [s for s in samples if s.truth >= 2 and s.kind_known]
    kinds = np.array([s.truth - 2 for s in bad])
    x = np.array([type_features(s.seen) for s in bad])
    alike = 1 / np.bincount(kinds)[kinds]  # real ones whose kind is known are too few to weigh as much as made ones
    types = fit_regression(x, kinds, 1 - np.eye(2), alike)
    return verdict, types[1] - types[0]


def shake_to_name(samples: list[Sample]) -> float:
    """The shake from which on it is named: all but ``SPARED`` of the sharp photos have less, real and made alike."""
    shakes = [
        [s.seen.sharpness.shake for s in samples if s.truth == 0 and s.real == real and not s.label.startswith(PAGE)]
        for real in (True, False)
    ]
    return max(float(np.quantile(part, 1 - SPARED)) for part in shakes if part)


def importance(samples: list[Sample], classes: NDArray[np.int_]) -> NDArray[np.float64]:
    """How much each sample counts: classes alike, and within each real photos ``REAL`` times as much as made ones."""
    real, weights = np.array([s.real for s in samples]), np.zeros(len(samples))
    for one in np.unique(classes):
        for part, share in ((real, REAL), (~real, 1.0)):
            chosen = (classes == one) & part
            if chosen.any():
                weights[chosen] = share / chosen.sum()
    return weights


def fit_regression(
    x: NDArray[np.float64],
    y: NDArray[np.int_],
    cost: NDArray[np.float64],
    weights: NDArray[np.float64],
    shrinkage: float = SHRINKAGE,
) -> NDArray[np.float64]:
    """Weights (classes x features + 1) of a multinomial regression, with a little shrinkage.

    ``cost[truth, answer]`` is what a wrong answer costs, ``weights`` what each of the samples counts.
    """
    x, count = np.column_stack([x, np.ones(len(x))]), len(cost)
    target = np.eye(count)[y]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = x @ flat.reshape(count, -1).T + np.log(np.maximum(cost[y], 1e-9)) * (target == 0)
        shift = logits - logits.max(1, keepdims=True)
        p = np.exp(shift) / np.exp(shift).sum(1, keepdims=True)
        value = -(weights * np.log(np.maximum((p * target).sum(1), 1e-12))).sum() + shrinkage * (flat**2).sum()
        gradient = ((weights[:, None] * (p - target)).T @ x).ravel() + 2 * shrinkage * flat
        return float(value), gradient

    optimum = minimize(loss, np.zeros(count * x.shape[1]), jac=True, method="L-BFGS-B")
    result: NDArray[np.float64] = optimum.x.reshape(count, -1)
    return result


def answer(fitted: Fitted, one: Sample) -> int:
    """Index of the verdict, as ``blurmap.verdict.judge.judge`` passes it."""
    broad = int(chances(one.seen, fitted[0]).argmax())
    return broad if broad < 2 else (3 if fitted[1] @ np.append(type_features(one.seen), 1.0) > 0 else 2)


def held_out_answers(samples: list[Sample]) -> NDArray[np.int_]:
    """Answers by fits that have not seen a photo's group: real ones group by group, made ones in ``FOLDS`` parts."""
    made = sorted({s.group for s in samples if not s.real})
    part: dict[str, str] = dict(
        zip(made, np.random.default_rng(0).integers(0, FOLDS, len(made)).astype(str), strict=True)
    )
    parts = [f"real {s.group}" if s.real else part[s.group] for s in samples]
    answers = np.empty(len(samples), int)
    for one in track(sorted(set(parts)), "fits"):
        fitted = fit_regressions([s for s, p in zip(samples, parts, strict=True) if p != one])
        for i, s in enumerate(samples):
            if parts[i] == one:
                answers[i] = answer(fitted, s)
    return answers
