"""A cutout's matte is that of the subject, even where the mask is rough."""

import numpy as np
import pytest

from blurmap import BlurMap, cutout
from blurmap.effects.cutout import trimap
from tests.support import blur_map, textured


def test_trimap_has_a_narrow_unknown_band(scene: BlurMap) -> None:
    known = trimap(scene.mask, band=1.5)
    y, x = np.mgrid[:240, :320]
    distance = np.abs(np.hypot(y - 120, x - 160) - 60)
    assert (known[distance < 3.5] == 0.5).all()
    assert (known[(distance > 6) & scene.mask] == 0).all()
    assert (known[(distance > 6) & ~scene.mask] == 1).all()


@pytest.mark.slow  # PyMatting compiles itself on its first use in an environment
def test_cutout_mends_a_rough_mask(scene: BlurMap) -> None:
    """The mask is 3 pixels too wide; the matte follows the subject's true edge."""
    y, x = np.mgrid[:240, :320]
    rough = np.hypot(y - 120, x - 160) > 63
    result = cutout(blur_map(scene.photo, rough), band=2)
    assert result.shape == (240, 320, 4)
    alpha, truth = result[..., 3] / 255, ~scene.mask
    assert np.abs(alpha - truth).mean() < 0.4 * (rough == truth).mean()
    assert np.array_equal(result[110:130, 150:170, 3], np.full((20, 20), 255))
    assert result[..., 3][:20].max() == 0


def test_nothing_to_cut_out() -> None:
    everything = np.ones((40, 50), bool)
    with pytest.raises(ValueError, match="nothing in the photo is sharp"):
        cutout(blur_map(textured(40, 50), everything))


@pytest.mark.slow  # PyMatting, too
def test_all_sharp_photo_is_kept_whole() -> None:
    nothing = np.zeros((40, 50), bool)
    result = cutout(blur_map(textured(40, 50), nothing))
    assert (result[..., 3] == 255).all()
