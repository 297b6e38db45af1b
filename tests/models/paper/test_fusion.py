"""The product of the two maps and its calibration."""

import numpy as np

from blurmap.models.paper.fusion import Calibration, calibrated, product


def test_product() -> None:
    patch, image = np.array([[0.9, 0.1]], np.float32), np.array([[0.8, 0.9]], np.float32)
    np.testing.assert_allclose(product(patch, image), [[0.72, 0.09]], atol=1e-6)
    np.testing.assert_allclose(calibrated(patch, image, Calibration()), [[0.72, 0.09]], atol=1e-5)


def test_exponent_zero_is_the_image_network_alone() -> None:
    patch, image = np.random.default_rng(0).uniform(0.01, 0.99, (2, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(calibrated(patch, image, Calibration(patch_exponent=0)), image, atol=1e-5)


def test_certain_maps_stay_finite() -> None:
    ends = np.array([[0.0, 1.0]], np.float32)
    result = calibrated(ends, ends, Calibration(3, -1, 0.5))
    assert np.isfinite(result).all()
    assert result[0, 0] < 0.01
    assert result[0, 1] > 0.99
