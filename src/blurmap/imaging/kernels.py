"""Kernels (PSFs) of lenses, and layers seen through any kernel. All are square, of odd side, sum 1."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

Kernel = NDArray[np.float32]


def disk_kernel(radius: float) -> Kernel:
    """Antialiased disk of ``radius`` pixels, sum 1: the blur of a lens out of focus."""
    side = int(np.ceil(radius))
    y, x = np.mgrid[-side : side + 1, -side : side + 1]
    disk = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return (disk / disk.sum()).astype(np.float32)


def gaussian_kernel(sigma: float) -> Kernel:
    """Isotropic Gaussian, odd side of at least 6 sigma, sum 1."""
    radius = max(int(np.ceil(3.5 * sigma)), 1)
    x = np.arange(-radius, radius + 1)
    row = np.exp(-0.5 * (x / sigma) ** 2)
    kernel = np.outer(row, row)
    return (kernel / kernel.sum()).astype(np.float32)


def convolved(layer: NDArray[np.float32], kernel: Kernel) -> NDArray[np.float32]:
    """A layer, H x W or H x W x 3, under a kernel, the borders mirrored."""
    r = kernel.shape[0] // 2
    flat = layer.ndim == 2
    padded = np.pad(layer[..., None] if flat else layer, ((r, r), (r, r), (0, 0)), "symmetric")
    result: NDArray[np.float32] = oaconvolve(padded, kernel[:, :, None], mode="valid", axes=(0, 1)).astype(np.float32)
    return result[..., 0] if flat else result
