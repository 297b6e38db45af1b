"""Magnification leaves the subject alone, and no halo around it."""

import numpy as np
import pytest

from blurmap import BlurMap, magnify
from tests.support import blur_map, textured


def test_subject_is_untouched_and_background_is_smoother(scene: BlurMap) -> None:
    result = magnify(scene, 3)
    y, x = np.mgrid[:240, :320]
    distance = np.hypot(y - 120, x - 160)
    assert np.array_equal(result[distance < 50], scene.photo[distance < 50])
    far = distance > 75
    detail = [np.abs(np.diff(p.astype(int), axis=1))[far[:, 1:]].mean() for p in (result, scene.photo)]
    assert detail[0] < 0.3 * detail[1]


def test_no_halo_around_the_subject(scene: BlurMap) -> None:
    """Ordinary blur would spill the subject's red some 5 pixels into the background."""
    result = magnify(scene, 3)
    y, x = np.mgrid[:240, :320]
    ring = (np.hypot(y - 120, x - 160) > 64) & (np.hypot(y - 120, x - 160) < 72)
    assert result[ring][:, 0].max() < 70
    inside = (np.hypot(y - 120, x - 160) > 50) & (np.hypot(y - 120, x - 160) < 57)
    assert result[inside][:, 0].min() > 190


def test_no_amount_changes_nothing(scene: BlurMap) -> None:
    assert np.array_equal(magnify(scene, 0), scene.photo)
    with pytest.raises(ValueError, match="amount"):
        magnify(scene, 11)


def test_all_blurred_photo_is_blurred_evenly() -> None:
    photo = textured(80, 100)
    everything = np.ones((80, 100), bool)
    result = magnify(blur_map(photo, everything), 6)
    assert result.std() < photo.std()
    assert abs(int(result.mean()) - int(photo.mean())) < 12  # light is kept; the mean of sRGB values rises a little
