"""The figures against counts done by hand, and against a slow loop over thresholds."""

import numpy as np
import pytest
from numpy.typing import NDArray

from blurmap.evaluation.metrics import Scores, f_measure


def test_figures_by_hand() -> None:
    truth = np.array([[True, True, True, False]])
    probability = np.array([[0.9, 0.8, 0.2, 0.6]], np.float32)
    scores = Scores()
    scores.add(probability, probability > 0.5, truth)
    figures = scores.figures()
    assert figures["mae"] == pytest.approx((0.1 + 0.2 + 0.8 + 0.6) / 4)
    assert figures["accuracy"] == 0.5
    assert figures["error"] == 0.5
    precision, recall = 2 / 3, 2 / 3
    assert figures["f"] == pytest.approx(1.3 * precision * recall / (0.3 * precision + recall))
    assert figures["iou"] == pytest.approx(2 / 4)
    assert figures["miou"] == pytest.approx((2 / 4 + 0 / 2) / 2)


def test_f_is_a_mean_over_photos_and_iou_is_pooled() -> None:
    scores = Scores()
    right = np.ones((1, 4), bool)
    scores.add(right.astype(np.float32), right, right)
    wrong = np.zeros((1, 12), bool)
    scores.add(wrong.astype(np.float32), wrong, ~wrong)
    figures = scores.figures()
    assert figures["f"] == figures["accuracy"] == 0.5
    assert figures["iou"] == pytest.approx(4 / 16)


def test_calibration_error_by_hand() -> None:
    """Four pixels at .9, three of them blurred, and one at .1 that is blurred: |3.6 - 3| + |.1 - 1| of 5 pixels."""
    scores = Scores()
    probability = np.array([[0.9, 0.9, 0.9, 0.9, 0.1]], np.float32)
    scores.add(probability, probability > 0.5, np.array([[True, True, True, False, True]]))
    assert scores.figures()["ece"] == pytest.approx((0.6 + 0.9) / 5, abs=1e-6)
    honest = Scores()
    p = np.random.default_rng(0).random((500, 500)).astype(np.float32)
    honest.add(p, p > 0.5, np.random.default_rng(1).random((500, 500)) < p)
    assert honest.figures()["ece"] < 0.01


def test_type_by_hand() -> None:
    truth = np.array([[True, True, True, True, False]])
    kind = np.array([[2, 2, 1, 0, 1]], np.uint8)
    scores = Scores()
    scores.add(truth.astype(np.float32), kind > 0, truth, kind, true_kind=2)
    figures = scores.figures()
    assert figures["type"] == pytest.approx(2 / 3)  # of the three that were found
    assert figures["strict_type"] == pytest.approx(2 / 4)


def test_max_f_equals_a_loop_over_thresholds() -> None:
    random = np.random.default_rng(0)
    scores, maps, truths = Scores(), [], []
    for _ in range(3):
        truth = random.random((20, 30)) > 0.4
        probability = np.clip(0.5 * truth + 0.7 * random.random((20, 30)), 0, 1).astype(np.float32)
        scores.add(probability, probability > 0.5, truth)
        maps.append(probability)
        truths.append(truth)
    pairs = list(zip(maps, truths, strict=True))
    best = max(
        np.mean([f_measure(q[m > t].sum(), (m > t).sum(), q.sum()) for m, q in pairs])
        for t in np.arange(256, dtype=np.float32) / np.float32(255)
    )
    assert scores.figures()["max_f"] == pytest.approx(best, abs=1e-6)


def test_nothing_to_find() -> None:
    assert f_measure(0, 0, 0) == 1
    assert f_measure(0, 5, 0) == 0
    assert f_measure(0, 0, 5) == 0


def test_sizes_must_agree() -> None:
    with pytest.raises(ValueError, match="sizes differ"):
        Scores().add(np.zeros((2, 2), np.float32), np.zeros((2, 2), bool), np.zeros((2, 3), bool))


def test_what_is_unknown_counts_nowhere() -> None:
    """Any answer there, and any label, gives the figures of the photo without it."""
    random = np.random.default_rng(3)
    truth, kind = random.random((40, 60)) < 0.5, random.integers(0, 3, (40, 60)).astype(np.uint8)
    probability = random.random((40, 60)).astype(np.float32)
    known = np.zeros((40, 60), bool)
    known[:, :30] = True

    def figures(answer: NDArray[np.float32], labels: NDArray[np.bool_]) -> dict[str, float]:
        scores = Scores()
        scores.add(answer, answer > 0.5, labels, kind, 1, known)
        return scores.figures()

    found = figures(probability, truth)
    assert found == figures(np.where(known, probability, 1 - probability), truth)
    assert found == figures(probability, np.where(known, truth, ~truth))
    assert found != figures(np.where(known, 1 - probability, probability), truth)
    alone = Scores()
    half = probability[:, :30]
    alone.add(half, half > 0.5, truth[:, :30], kind[:, :30], 1)
    for name, value in alone.figures().items():
        if name != "boundary_f":  # those within three pixels of the unknown are left out
            assert found[name] == pytest.approx(value), name
    with pytest.raises(ValueError, match="no pixel's label is known"):
        Scores().add(probability, truth, truth, known=np.zeros_like(known))
