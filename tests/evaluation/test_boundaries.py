"""The figures of a mask's shape, by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from blurmap.evaluation.boundaries import boundary_f, regions
from blurmap.evaluation.metrics import Scores


def half(column: int, shape: tuple[int, int] = (40, 60)) -> NDArray[np.bool_]:
    mask = np.zeros(shape, bool)
    mask[:, column:] = True
    return mask


@pytest.mark.parametrize(("shift", "expected"), [(0, 1), (3, 1), (-3, 1), (4, 0), (-4, 0)])
def test_a_boundary_is_found_within_three_pixels(shift: int, expected: float) -> None:
    assert boundary_f(half(30 + shift), half(30)) == expected


def test_boundary_by_hand() -> None:
    """Of three found lines as long as the true one, one is right: precision a third, recall one."""
    mask, truth = half(30), half(30)
    mask[:, 10:20] = True
    assert boundary_f(mask, truth) == pytest.approx(2 * (1 / 3) * 1 / (1 / 3 + 1))
    assert boundary_f(truth, mask) == pytest.approx(2 * (1 / 3) * 1 / (1 / 3 + 1))


def test_no_boundary() -> None:
    nothing = np.zeros((10, 10), bool)
    assert boundary_f(nothing, nothing) == boundary_f(~nothing, nothing) == 1
    assert boundary_f(nothing, half(5, (10, 10))) == boundary_f(half(5, (10, 10)), nothing) == 0


def test_stray_regions_are_counted_on_both_sides() -> None:
    truth = half(50, (100, 100))
    mask = truth.copy()
    mask[10:20, 10:20] = True  # blurred where it is sharp
    mask[60:70, 60:70] = False  # sharp where it is blurred
    mask[0, 0] = True  # a pixel of ten thousand is a speck
    assert regions(truth, truth) == (2, 0)
    assert regions(mask, truth) == (4, 2)
    assert regions(mask, mask) == (4, 0)
    assert regions(~truth, truth) == (2, 2)


def test_means_over_photos() -> None:
    scores = Scores()
    truth = half(50, (100, 100))
    torn = truth.copy()
    torn[10:20, 10:20] = True
    for mask in (truth, torn):
        scores.add(mask.astype(np.float32), mask, truth)
    figures = scores.figures()
    assert (figures["regions"], figures["labelled_regions"], figures["stray_regions"]) == (2.5, 2, 0.5)
    assert figures["boundary_f"] == pytest.approx((1 + boundary_f(torn, truth)) / 2)
    assert boundary_f(torn, truth) < 1


def test_boundaries_and_regions_in_the_unknown_do_not_count() -> None:
    mask, truth, known = half(30), half(30), np.ones((40, 60), bool)
    mask[:, 5:15] = True  # blurred where nobody knows
    known[:, :18] = False
    assert boundary_f(mask, truth) < 1
    assert boundary_f(mask, truth, known=known) == 1
    assert regions(mask, truth) == (4, 1)
    assert regions(mask, truth, known) == (2, 0)
    assert boundary_f(half(40), truth, known=known) == 0
