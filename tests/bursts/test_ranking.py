"""Ranks: the subject decides, compared at the same place, whatever the exposure; equals are said to be equal."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blurmap.bursts.likeness import ALIKE, likeness
from blurmap.bursts.ranking import ranks
from blurmap.bursts.traces import CELLS, Trace, make_trace
from blurmap.imaging.pyramid import Pyramid
from blurmap.maps import Maps
from tests.support import soft, textured

Pixels = NDArray[np.uint8]
SIDE = 384
SUBJECT = (slice(128, 256), slice(128, 256))  # a third of each side, in the middle


def trace(photo: Pixels, blurred: NDArray[np.float32]) -> Trace:
    return make_trace(Pyramid(Image.fromarray(photo)), Maps(blurred))


def seen(subject: float, behind: float, seed: int = 0, light: float = 1.0) -> Trace:
    """A photo by the sigmas of its subject and of the background; its map says blurred from a sigma of 1 on."""
    scene = textured(SIDE, SIDE, seed)
    photo, blurred = soft(scene, behind), np.full((SIDE, SIDE), behind >= 1, np.float32)
    photo[SUBJECT], blurred[SUBJECT] = soft(scene, subject)[SUBJECT], subject >= 1
    return trace((photo * light).astype(np.uint8), blurred)


STILL = (0.0, 0.0)


def test_the_subject_decides_and_not_the_background() -> None:
    burst = [seen(0.7, 3), seen(0, 3), seen(2, 0), seen(0.9, 3)]
    assert burst[2].detail[0].sum(dtype=int) > burst[1].detail[0].sum(dtype=int)
    assert ranks(burst, [STILL] * 4) == [2, 1, 4, 3]


def test_a_subject_that_moved_before_a_sharp_background() -> None:
    assert ranks([seen(1.5, 0), seen(3, 0), seen(0, 0)], [STILL] * 3) == [2, 3, 1]


def test_the_centre_decides_where_nothing_is_sharp() -> None:
    assert ranks([seen(4, 2), seen(2, 4), seen(6, 1.5)], [STILL] * 3) == [2, 1, 3]


@pytest.mark.parametrize("light", [1.0, 0.7])
def test_equals_have_one_rank_whatever_their_exposure(light: float) -> None:
    assert ranks([seen(0, 0), seen(2, 2), seen(0, 0, light=light)], [STILL] * 3) == [1, 3, 1]


def test_the_same_place_is_compared_where_the_camera_moved() -> None:
    wide = textured(SIDE, SIDE + 96)
    half = soft(wide, 3)
    half[:, : SIDE // 2] = wide[:, : SIDE // 2]  # the left is sharp, and shows only in the first photo's middle
    sharp = np.zeros((24, 24), np.float32)
    first, second = trace(half[:, :SIDE], sharp), trace(np.ascontiguousarray(half[:, 96:]), sharp)
    found = likeness(first.copy, second.copy)
    assert found.value > ALIKE
    assert (found.down, found.across) == pytest.approx((0, -96 / SIDE * 2 * CELLS), abs=0.3)
    assert ranks([first, second], [STILL, (found.down, found.across)]) == [1, 1]


def test_likeness() -> None:
    photo = seen(0, 0)
    assert likeness(photo.copy, photo.copy).value == pytest.approx(1)
    assert likeness(photo.copy, seen(3, 3, light=0.6).copy).value > 0.9
    assert likeness(photo.copy, seen(0, 0, seed=1).copy).value < ALIKE
    assert likeness(photo.copy, np.full_like(photo.copy, 128)).value == 0
    assert likeness(photo.copy, photo.copy[:20]).value == 0


def test_the_detail_is_that_of_the_pixels() -> None:
    photo = np.zeros((48, 96, 3), np.uint8)
    photo[:, 48::2] = 100  # on the right, columns of one pixel
    detail = np.exp2(trace(photo, np.zeros((6, 6), np.float32)).detail / 12) - 1
    assert detail[0, :, :11] == pytest.approx(0)
    assert detail[0, :, 13:23] == pytest.approx(100**2, rel=0.05)
    assert detail[1, :, 13:23] == pytest.approx(0)  # gone at half the size
    for shape in ((1, 1, 3), (1, 500, 3), (700, 2, 3)):
        assert trace(np.zeros(shape, np.uint8), np.zeros((1, 1), np.float32)).detail.shape == (4, CELLS, CELLS)
