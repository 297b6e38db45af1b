"""Light is mixed in linear values, and comes back to sRGB as it was."""

import numpy as np
import pytest

from blurmap.imaging.colour import linear_light, srgb


def test_there_and_back() -> None:
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_allclose(srgb(linear_light(levels)) * 255, levels, atol=1e-3)


def test_values_of_the_standard() -> None:
    """Middle grey of sRGB is 21.4 % of the light; black and white are themselves."""
    assert linear_light(np.array([0, 127, 255], np.uint8)) == pytest.approx([0, 0.2122, 1], abs=1e-3)
    assert srgb(np.array([-1, 2], np.float32)).tolist() == pytest.approx([0, 1])
