"""Magnification leaves the subject alone and no halo around it; a cutout's matte is that of the subject."""

import numpy as np
import pytest
from numpy.typing import NDArray

from blurmap import BlurMap, cutout, magnify
from blurmap.effects.cutout import trimap
from blurmap.imaging.kernels import disk_kernel
from tests.conftest import textured


@pytest.fixture
def scene() -> BlurMap:
    """A bright red sharp disk before a dark blue background that is labelled blurred."""
    y, x = np.mgrid[:240, :320]
    mask = np.hypot(y - 120, x - 160) > 60
    pixels = np.empty((240, 320, 3), np.uint8)
    pixels[:] = textured(240, 320) // 5
    pixels[mask] += np.array([0, 20, 60], np.uint8)
    pixels[~mask] += np.array([200, 30, 30], np.uint8)
    return BlurMap(mask.astype(np.float32), mask, pixels, "test")


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
    result = magnify(BlurMap(everything.astype(np.float32), everything, photo, "test"), 6)
    assert result.std() < photo.std()
    assert abs(int(result.mean()) - int(photo.mean())) < 12  # light is kept; the mean of sRGB values rises a little


def test_disk_kernel() -> None:
    disk = disk_kernel(5)
    assert disk.sum() == pytest.approx(1, abs=1e-5)
    assert 1 / disk.max() == pytest.approx(np.pi * 25, rel=0.05)


def test_trimap_has_a_narrow_unknown_band(scene: BlurMap) -> None:
    known = trimap(scene.mask, band=1.5)
    y, x = np.mgrid[:240, :320]
    distance = np.abs(np.hypot(y - 120, x - 160) - 60)
    assert (known[distance < 3.5] == 0.5).all()
    assert (known[(distance > 6) & scene.mask] == 0).all()
    assert (known[(distance > 6) & ~scene.mask] == 1).all()


def test_cutout_mends_a_rough_mask(scene: BlurMap) -> None:
    """The mask is 3 pixels too wide; the matte follows the subject's true edge."""
    y, x = np.mgrid[:240, :320]
    rough = np.hypot(y - 120, x - 160) > 63
    result: NDArray[np.uint8] = cutout(BlurMap(rough.astype(np.float32), rough, scene.photo, "test"), band=2)
    assert result.shape == (240, 320, 4)
    alpha, truth = result[..., 3] / 255, ~scene.mask
    assert np.abs(alpha - truth).mean() < 0.4 * (rough == truth).mean()
    assert np.array_equal(result[110:130, 150:170, 3], np.full((20, 20), 255))
    assert result[..., 3][:20].max() == 0


def test_nothing_to_cut_out() -> None:
    everything = np.ones((40, 50), bool)
    with pytest.raises(ValueError, match="nothing in the photo is sharp"):
        cutout(BlurMap(everything.astype(np.float32), everything, textured(40, 50), "test"))


def test_all_sharp_photo_is_kept_whole() -> None:
    nothing = np.zeros((40, 50), bool)
    result = cutout(BlurMap(nothing.astype(np.float32), nothing, textured(40, 50), "test"))
    assert (result[..., 3] == 255).all()
