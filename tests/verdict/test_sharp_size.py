"""The sharp size: on blur of known sigma, with few looks, in crops that lie where they should."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import blurmap
from blurmap.maps import Maps
from blurmap.verdict.sharp_size import (
    CROP,
    SMALLEST,
    CloseUp,
    crop_box,
    crop_shape,
    part_of,
    scales,
    sharpest_places,
    sharpness,
)
from tests.support import EXAMPLES, pyramid, soft, textured


def test_sharp_size_follows_sigma() -> None:
    """Falls as sigma rises, and is where that sigma shrinks to what the network calls sharp."""
    with Image.open(EXAMPLES / "coffee.jpg") as image:
        photo = np.asarray(image.resize((1800, 1200), Image.Resampling.LANCZOS))
    sigmas = (4.0, 6.0, 8.0, 12.0)
    sizes = []
    for sigma in sigmas:
        size = blurmap.detect(soft(photo, sigma)).sharp_size
        assert size is not None
        sizes.append(size)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] < 1800
    seen = [size * sigma for size, sigma in zip(sizes, sigmas, strict=True) if size > 1.2 * SMALLEST]
    assert len(seen) >= 3
    assert max(seen) / min(seen) < 1.6  # +- 25 % around what the network calls sharp


def contrast(crop: NDArray[np.uint8]) -> float:
    return float(abs(np.diff(crop.astype(int), axis=1)).mean())


def answers(crops: NDArray[np.uint8], blurred: float, motion: float) -> list[CloseUp]:
    kinds = np.array([0.1, 0.9 - motion, motion], np.float32)
    return [CloseUp(np.full((8, 8), blurred, np.float32), kinds) for _ in crops]


def flat(shape: tuple[int, int], blurred: float, motion: float) -> Maps:
    return Maps(np.full(shape, blurred, np.float32), np.full(shape, motion, np.float32))


def test_sharp_size_is_found_with_few_looks() -> None:
    """A network that knows the truth: blurred from about 1250 pixels on, and moved, which shows from 1700 on."""
    photo = pyramid(soft(textured(600, 3000), 4))
    shown = {
        side: contrast(photo.resized((CROP, CROP), crop_box(photo.shape, (0.5, 0.5), side)))
        for side in (1061, 1500, 1700)
    }
    limit = (shown[1061] + shown[1500]) / 2
    looks = []

    def network(crops: NDArray[np.uint8]) -> list[CloseUp]:
        looks.append(crops.shape)
        seen = contrast(crops[0])
        return answers(crops, 0.9 if seen < limit else 0.1, 0.8 if seen < shown[1700] else 0.3)

    assert shown[1061] > shown[1500] > shown[1700]
    found = sharpness(network, photo, flat((20, 100), 0.1, 0.1), 576)
    assert 1061 < found.size < 1500
    np.testing.assert_allclose(np.exp(found.where_it_shows), [0.1, 0.1, 0.8], atol=1e-6)
    np.testing.assert_allclose(np.exp(found.at_enough), [0.1, 0.6, 0.3], atol=1e-6)
    assert len(looks) <= 5
    assert all(shape[1:] == (min(CROP, shape[1]), CROP, 3) for shape in looks)


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_sharp_size_of_what_is_sharp_or_soft_at_all_sizes(answer: float) -> None:
    looks = []

    def network(crops: NDArray[np.uint8]) -> list[CloseUp]:
        looks.append(crops.shape)
        return answers(crops, answer, 0.8)

    seen = flat((20, 100), answer, 0.2)
    found = sharpness(network, pyramid(textured(600, 3000)), seen, 576)
    assert len(looks) == 2 if answer == 0 else len(looks) == 3
    assert found.size == 3000 if answer == 0 else found.size < 230
    np.testing.assert_allclose(np.exp(found.at_enough), [0.1, 0.1, 0.8], atol=1e-6)
    # the map of a photo seen almost at its own size tells how sharp it is; one look tells of what kind its blur is
    looks.clear()
    found = sharpness(network, pyramid(textured(400, 600)), seen, 576)
    assert found.size == 600 if answer == 0 else found.size < 230
    assert len(looks) == 1 if answer == 0 else len(looks) <= 3


def test_scales_rise_to_the_photos_own_in_even_steps() -> None:
    for long_side, seen in ((4000, 576), (640, 576), (700, 576), (200, 576), (100, 576), (1, 576)):
        sides, start = scales(long_side, seen)
        assert sides[-1] == long_side
        assert sides[start] == pytest.approx(min(seen, long_side), rel=0.22)
        steps = np.array(sides[1:]) / np.array(sides[:-1])
        assert ((steps > 1.18) & (steps < 1.7)).all()
        assert sides[0] < 200


def test_looks_go_to_sharp_detail() -> None:
    photo = np.full((300, 400, 3), 128, np.uint8)
    photo[200:280, 300:380] = textured(80, 80)
    photo[20:100, 20:100] = textured(80, 80)
    blurred = np.zeros((75, 100), np.float32)
    blurred[:40, :40] = 1  # the upper left is blurred
    row, column = sharpest_places(pyramid(photo), blurred)[0]
    assert 0.6 < row < 1
    assert 0.7 < column < 1


@pytest.mark.parametrize("shape", [(50, 80), (700, 300), (3000, 4000)])
def test_crops_show_the_photo_at_the_asked_scale(shape: tuple[int, int]) -> None:
    x = np.mgrid[: shape[0], : shape[1]][1]
    photo = np.repeat(((x * 255) // max(shape)).astype(np.uint8)[..., None], 3, axis=2)  # brightness tells the place
    side = max(shape) / 2
    seen = crop_shape(shape, side)
    crop = pyramid(photo).resized(seen, crop_box(shape, (0.5, 0.5), side))
    assert crop.shape == (*seen, 3)
    assert max(seen) <= CROP
    assert all(n % 32 == 0 for n in seen)
    slope = (float(crop[10, seen[1] - 5, 0]) - float(crop[10, 5, 0])) / (seen[1] - 10)
    whole = 255 * shape[1] / max(shape) / seen[1]  # a side that fits is shown whole, at a multiple of 32
    assert slope == pytest.approx(255 / side if seen[1] == CROP else whole, rel=0.1)


def test_boxes_lie_in_the_photo() -> None:
    for place in ((0.0, 0.0), (1.0, 1.0), (0.3, 0.99)):
        left, top, right, bottom = crop_box((3000, 4000), place, 1000)
        assert 0 <= left < right <= 4000
        assert 0 <= top < bottom <= 3000
        assert right - left == bottom - top == 4 * CROP
        part = part_of(np.zeros((192, 288), np.float32), (3000, 4000), (left, top, right, bottom))
        assert part.size > 30 * 40
