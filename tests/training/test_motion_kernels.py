"""Blur kernels are what a camera could do: non-negative, of sum 1, centred, repeatable."""

import numpy as np
import pytest

from blurmap.training.data.motion_kernels import kernel_length, motion_kernels, pan_kernel, splat, trimmed


@pytest.mark.slow
def test_a_thousand_kernels() -> None:
    kernels = np.array(motion_kernels(1000, seed=3))
    assert kernels.shape == (1000, 65, 65)
    assert kernels.min() >= 0
    np.testing.assert_allclose(kernels.sum(axis=(1, 2)), 1, atol=1e-5)
    offsets = np.arange(65) - 32
    np.testing.assert_allclose(np.einsum("kyx,y->k", kernels, offsets), 0, atol=1e-3)
    np.testing.assert_allclose(np.einsum("kyx,x->k", kernels, offsets), 0, atol=1e-3)
    lengths = np.array([kernel_length(kernel) for kernel in kernels])
    assert lengths.min() > 2.9
    assert np.ptp(np.percentile(lengths, [10, 90])) > 10  # short and long ones


def test_a_seed_repeats_the_set() -> None:
    first, again, other = (np.array(motion_kernels(20, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_length_of_a_straight_line() -> None:
    for length, angle in ((10.0, 0.0), (20.0, 0.7), (31.0, 1.2)):
        line = splat(np.linspace(0, length, 2000) * np.exp(1j * angle))
        assert kernel_length(line) == pytest.approx(length, abs=0.4)


def test_pans_are_thin() -> None:
    kernel = pan_kernel(np.random.default_rng(0), 20, 20)
    points = np.argwhere(kernel > 1e-6) - 32
    across = np.linalg.svd(points - points.mean(0), full_matrices=False)[1][1] / np.sqrt(len(points))
    assert across < 1


def test_trimming_loses_nothing() -> None:
    kernel = pan_kernel(np.random.default_rng(0), 8, 8)
    small = trimmed(kernel)
    assert small.shape[0] % 2 == 1
    assert small.shape[0] < 20
    assert small.sum() == pytest.approx(1, abs=1e-6)


def test_a_path_that_leaves_the_canvas() -> None:
    with pytest.raises(ValueError, match="canvas"):
        splat(np.linspace(0, 100, 50).astype(np.complex128))
