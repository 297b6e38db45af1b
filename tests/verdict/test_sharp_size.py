"""The sharp size: on blur of known sigma, with few looks, in crops that lie where they should."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import blurmap
from blurmap.focus.close_up import CELL, CROP, SHARP_WIDTH, WIDTHS, CloseUp, CloseUpsOf, Part
from blurmap.imaging.pyramid import Pyramid
from blurmap.maps import Maps
from blurmap.verdict.sharp_size import (
    SMALLEST,
    confirmed,
    crop_box,
    crop_shape,
    part_of,
    sharpest_places,
    sharpness,
)
from tests.support import EXAMPLES, pyramid, soft, textured


@pytest.mark.slow
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


def flat(shape: tuple[int, int], blurred: float) -> Maps:
    return Maps(np.full(shape, blurred, np.float32), np.full(shape, 0.1, np.float32))


def network(width: float, long_side: int, motion: float = 3.0) -> tuple[CloseUpsOf, list[int]]:
    """In place of a network: it knows that the blur of a photo is so many of its own pixels wide; and its looks.

    The photo's red values tell it how far apart its pixels are: they rise by 1 from pixel to pixel, modulo 256.
    """
    looks: list[int] = []

    def close_ups_of(crops: NDArray[np.uint8]) -> list[CloseUp]:
        steps = np.diff(crops[0, crops.shape[1] // 2, :, 0].astype(int))
        scale = float(np.mean(steps[(steps > 0) & (steps < 40)]))  # pixels of the photo per pixel of the crop
        looks.append(round(long_side / scale))
        seen = 4 * np.log2(width / scale / np.array(WIDTHS))
        h, w = crops.shape[1] // CELL, crops.shape[2] // CELL
        wider = np.broadcast_to(seen[:, None, None], (len(WIDTHS), h, w)).astype(np.float32)
        told = np.full((h, w), motion, np.float32)
        return [CloseUp(wider, told, told) for _ in crops]

    return close_ups_of, looks


def ruler(h: int, w: int, slope: float = 1.0) -> Pyramid:
    x = (np.arange(w) * slope).astype(np.uint8)
    return pyramid(np.repeat(np.broadcast_to(x, (h, w))[..., None], 3, axis=2))


def test_one_look_gives_the_size_of_a_small_photo() -> None:
    """200 pixels: blur 2.4 pixels wide is SHARP_WIDTH at half the size."""
    close_ups_of, looks = network(2 * SHARP_WIDTH, 200)
    found = sharpness(close_ups_of, ruler(150, 200), flat((30, 40), 0.1))
    assert found.size == 160  # no less is told
    assert looks[0] == 200
    assert len(looks) == 2
    close_ups_of, looks = network(1.25 * SHARP_WIDTH, 255)
    found = sharpness(close_ups_of, ruler(200, 255), flat((30, 40), 0.1))
    assert found.size == pytest.approx(255 / 1.25, rel=0.02)
    assert found.soft > 0
    assert found.soft == pytest.approx(found.soft_mean)
    assert found.motion == pytest.approx(3)
    assert found.shake == pytest.approx(min(found.soft_mean, 3))


@pytest.mark.parametrize(
    ("width", "size", "sides"),
    [
        (0.6, 4000, [1280, 4000]),  # sharp at ENOUGH, so looked at as it is
        (2.0, 2400, [1280, 4000]),
        (5.0, 960, [1280, 905]),  # and there it is sharp
        (60.0, 160, [1280, 160]),
    ],
)
def test_large_photos_are_looked_at_once_or_twice(width: float, size: int, sides: list[int]) -> None:
    close_ups_of, looks = network(width, 4000)
    found = sharpness(close_ups_of, ruler(3000, 4000, 1.0), flat((30, 40), 0.1))
    assert looks == pytest.approx(sides, rel=0.2)
    assert found.size == pytest.approx(size, rel=0.12)
    assert (found.soft > 0) == (size < 1280)
    assert (found.at_full_size > 0) == (size < 4000)


def test_what_a_look_says_is_looked_at() -> None:
    """Of very wide blur a network says little of the width: on until it is seen to be sharp."""
    looks: list[float] = []

    def closer(side: float) -> Part:
        looks.append(side)
        return part(1.0) if side < 300 else part(3.0)

    size, last = confirmed(part(1.5), 1280, closer, 160)
    assert looks == sorted(looks, reverse=True)
    assert looks[-1] < 300 <= looks[-2]
    assert looks[-1] <= size < looks[-2]
    assert last is not None
    size, last = confirmed(part(6.0), 1280, lambda side: part(6.0), 160)
    assert size == 160  # soft however small
    size, last = confirmed(part(2.4), 1280, lambda side: part(1.0), 160)
    assert size == pytest.approx(640 * SHARP_WIDTH)
    assert last is None


def part(width: float) -> Part:
    return Part(tuple(4 * np.log2(width / np.array(WIDTHS))), 0.0, (0.5, 0.5))


def test_places_that_the_map_calls_blurred_count_little() -> None:
    """Soft where the map calls it blurred, it is as sharp as where it is sharp."""
    photo = textured(300, 900)
    left = Maps(np.concatenate([np.full((30, 45), 0.02, np.float32), np.full((30, 45), 0.99, np.float32)], 1))

    def close_ups_of(crops: NDArray[np.uint8]) -> list[CloseUp]:
        cells = np.ones((8, 8), np.float32)
        return [
            CloseUp(np.full((6, 8, 8), -3.0 if crop[0, 0, 0] < 128 else 4.0, np.float32), 2 * cells, cells)
            for crop in crops
        ]

    photo[:, :450, 0], photo[:, 450:, 0] = photo[:, :450, 0] // 2, 128 + photo[:, 450:, 0] // 2
    assert sharpness(close_ups_of, pyramid(photo), left).soft_mean < -2
    right = Maps(1 - left.blurred)
    assert sharpness(close_ups_of, pyramid(photo), right).soft_mean > 1


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
        assert part.size > 20 * 25
