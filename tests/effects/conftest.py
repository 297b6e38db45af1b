"""What the effects are tried on."""

import numpy as np
import pytest

from blurmap import BlurMap
from tests.support import blur_map, textured


@pytest.fixture
def scene() -> BlurMap:
    """A bright red sharp disk before a dark blue background that is labelled blurred."""
    y, x = np.mgrid[:240, :320]
    mask = np.hypot(y - 120, x - 160) > 60
    pixels = np.empty((240, 320, 3), np.uint8)
    pixels[:] = textured(240, 320) // 5
    pixels[mask] += np.array([0, 20, 60], np.uint8)
    pixels[~mask] += np.array([200, 30, 30], np.uint8)
    return blur_map(pixels, mask)
