"""Kernels of lenses have their size and sum, and layers under them keep their light."""

import numpy as np
import pytest

from blurmap.imaging.kernels import convolved, disk_kernel, gaussian_kernel


def test_disk_kernel() -> None:
    disk = disk_kernel(5)
    assert disk.sum() == pytest.approx(1, abs=1e-5)
    assert 1 / disk.max() == pytest.approx(np.pi * 25, rel=0.05)


def spread(kernel: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """Standard deviation along one axis, in pixels."""
    offsets = np.arange(len(kernel)) - len(kernel) // 2
    return float(np.sqrt((kernel.sum(axis=0) * offsets**2).sum()))


@pytest.mark.parametrize("sigma", [0.8, 2.0, 6.5])
def test_gaussian_kernel(sigma: float) -> None:
    kernel = gaussian_kernel(sigma)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert len(kernel) % 2 == 1
    assert spread(kernel) == pytest.approx(sigma, rel=0.03)


@pytest.mark.parametrize("radius", [1.5, 4.0, 9.3])
def test_a_disk_spreads_as_a_gaussian_of_half_its_radius(radius: float) -> None:
    assert spread(disk_kernel(radius)) == pytest.approx(radius / 2, rel=0.15)


def test_convolution_keeps_flat_layers_and_their_size() -> None:
    flat = np.full((40, 50, 3), 0.3, np.float32)
    np.testing.assert_allclose(convolved(flat, disk_kernel(4.5)), flat, atol=1e-5)
    assert convolved(flat[..., 0], disk_kernel(2)).shape == (40, 50)


def test_convolution_spreads_a_point_into_the_kernel() -> None:
    point = np.zeros((31, 31), np.float32)
    point[15, 15] = 1
    kernel = disk_kernel(4)
    reach = len(kernel) // 2
    np.testing.assert_allclose(
        convolved(point, kernel)[15 - reach : 16 + reach, 15 - reach : 16 + reach], kernel, atol=1e-6
    )
