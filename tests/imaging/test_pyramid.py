"""A photo in many sizes: as smooth as resized at once, boxes at their place, no work before it is needed."""

import numpy as np
import pytest
from PIL import Image

from blurmap.imaging.pyramid import Pyramid
from tests.support import soft, textured


@pytest.fixture(scope="module")
def large() -> Image.Image:
    return Image.fromarray(soft(textured(1201, 1801), 3))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(384, 576), (100, 150), (17, 23), (1200, 1800), (1300, 1900)])
def test_looks_like_resized_at_once(large: Image.Image, shape: tuple[int, int]) -> None:
    seen = Pyramid(large).resized(shape).astype(float)
    once = np.asarray(large.resize((shape[1], shape[0]), Image.Resampling.BILINEAR), float)
    assert seen.shape == (*shape, 3)
    assert abs(seen - once).mean() < 2


def test_boxes_show_their_part() -> None:
    x, y = np.meshgrid(np.linspace(0, 255, 1600), np.linspace(0, 255, 1200))
    photo = Pyramid(Image.fromarray(np.stack([x, y, x], 2).astype(np.uint8)))
    for size in (600, 100, 20):
        part = photo.resized((size, size), (400.5, 300.25, 1000.5, 900.25)).astype(float)
        assert part[..., 0].mean() == pytest.approx(255 * 700.5 / 1600, abs=1)
        assert part[..., 1].mean() == pytest.approx(255 * 600.25 / 1200, abs=1)
        assert part[0, 0, 0] < part[0, -1, 0]


def test_a_pixel_and_a_line() -> None:
    assert Pyramid(Image.new("RGB", (1, 1), "red")).resized((32, 32)).tolist() == [[[255, 0, 0]] * 32] * 32
    assert Pyramid(Image.new("RGB", (5000, 1))).resized((32, 576)).shape == (32, 576, 3)
