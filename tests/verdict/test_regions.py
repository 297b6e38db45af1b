"""Regions of a map: the largest, its box, and where it lies in words."""

import numpy as np
import pytest

from blurmap.imaging.places import whereabouts
from blurmap.verdict.regions import bounding_box, largest_region


def test_specks_are_no_region() -> None:
    sharp = np.zeros((200, 300), bool)
    sharp[::10, ::10] = True
    assert not largest_region(sharp).any()
    assert bounding_box(largest_region(sharp), (200, 300)) is None
    assert whereabouts(largest_region(sharp)) == "nowhere"


def test_the_largest_of_two_that_a_thread_joins() -> None:
    mask = np.zeros((200, 300), bool)
    mask[20:60, 20:60] = mask[100:180, 150:280] = True
    mask[60:100, 55] = mask[100, 55:150] = True
    found = largest_region(mask)
    assert found[140, 200]
    assert not found[40, 40]
    assert bounding_box(found, (400, 900)) == (450, 200, 840, 360)


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [(10, 10, "upper left"), (10, 45, "upper middle"), (45, 10, "left"), (45, 45, "centre"), (45, 80, "right"),
     (80, 45, "lower middle"), (80, 80, "lower right")],
)  # fmt: skip
def test_whereabouts(row: int, column: int, words: str) -> None:
    region = np.zeros((100, 100), bool)
    region[row : row + 10, column : column + 10] = True
    assert whereabouts(region) == words
