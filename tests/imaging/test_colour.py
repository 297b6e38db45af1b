"""Light is mixed in linear values, and comes back to sRGB as it was."""

import numpy as np
import pytest

from blurmap.imaging.colour import lab, linear_light, srgb


def test_there_and_back() -> None:
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_allclose(srgb(linear_light(levels)) * 255, levels, atol=1e-3)


def test_values_of_the_standard() -> None:
    """Middle grey of sRGB is 21.4 % of the light; black and white are themselves."""
    assert linear_light(np.array([0, 127, 255], np.uint8)) == pytest.approx([0, 0.2122, 1], abs=1e-3)
    assert srgb(np.array([-1, 2], np.float32)).tolist() == pytest.approx([0, 1])


def test_lab_of_known_colours() -> None:
    """White, middle grey, black and the three primaries, as tables of CIE Lab under D65 have them."""
    colours = [[255, 255, 255], [119, 119, 119], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]]
    expected: list[list[float]] = [
        [100, 0, 0],
        [50.0, 0, 0],
        [0, 0, 0],
        [53.2, 80.1, 67.2],
        [87.7, -86.2, 83.2],
        [32.3, 79.2, -107.9],
    ]
    np.testing.assert_allclose(lab(np.array([colours], np.uint8))[0], expected, atol=0.2)
