"""Kernels (PSFs) of motion: camera shake along random trajectories, straight pans.

Camera shake follows Boracchi and Foi, "Modeling the performance of image restoration from motion blur" (IEEE TIP 2012),
section III: a particle with inertia is pushed by Gaussian perturbations, pulled back to the centre, and now and then
thrown by an impulsive shake; the PSF is the time that it spends over each pixel while the shutter is open.
"""

import numpy as np
from numpy.typing import NDArray

from blurmap.imaging.kernels import Kernel

CANVAS = 65  # a path of length 60 stays within 30 pixels of its centroid
SIGMAS = tuple(round(0.5 + 0.2 * i, 1) for i in range(18))  # 0.5, 0.7, ... 3.9 pixels, as in the paper


def shake_trajectory(random: np.random.Generator, steps: int = 2000, length: float = 60.0) -> NDArray[np.complex128]:
    """Positions of the particle in pixels, as ``steps`` complex numbers; consecutive ones are ``length / steps`` apart.

    The constants (centripetal pull 0.7 U, Gaussian shake 10 U, probability of a big shake 0.2 U) are the usual ones.
    """
    pull, shake, big = 0.7 * random.random(), 10 * random.random(), 0.2 * random.random()
    anxiety = np.exp(random.uniform(np.log(0.0007), np.log(0.01)))
    speed = length / (steps - 1)
    perturbation = random.standard_normal(steps) + 1j * random.standard_normal(steps)
    thrown = random.random(steps) < big * anxiety
    turn = np.exp(1j * (np.pi + random.uniform(-0.5, 0.5, steps)))
    positions = np.zeros(steps, complex)
    velocity = speed * np.exp(2j * np.pi * random.random())
    for i in range(steps - 1):
        velocity += anxiety * (shake * perturbation[i] - pull * positions[i]) * speed
        if thrown[i]:
            velocity += 2 * velocity * turn[i]
        velocity *= speed / abs(velocity)
        positions[i + 1] = positions[i] + velocity
    return positions


def splat(positions: NDArray[np.complex128], canvas: int = CANVAS) -> Kernel:
    """PSF of a path: its points shifted to their centroid and splatted bilinearly, ``canvas`` x ``canvas``, sum 1.

    Raises
    ------
    ValueError
        If the path leaves the canvas.
    """
    centred = positions - positions.mean() + (canvas // 2) * (1 + 1j)
    x, y = centred.real, centred.imag
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    if min(column.min(), row.min()) < 0 or max(column.max(), row.max()) > canvas - 2:
        raise ValueError(f"the path does not fit on a canvas of {canvas} pixels")
    kernel = np.zeros((canvas, canvas))
    for right in (0, 1):
        for down in (0, 1):
            weight = np.abs(1 - right - (x - column)) * np.abs(1 - down - (y - row))
            np.add.at(kernel, (row + down, column + right), weight)
    return (kernel / kernel.sum()).astype(np.float32)


def kernel_length(kernel: Kernel) -> float:
    """Extent along the main axis in pixels: the length of the straight line with the same variance."""
    rows, columns = np.mgrid[: kernel.shape[0], : kernel.shape[1]]
    points = np.stack([rows.ravel(), columns.ravel()])
    return float(np.sqrt(12 * np.linalg.eigvalsh(np.cov(points, aweights=kernel.ravel(), ddof=0))[-1]))


def shake_kernel(random: np.random.Generator, shortest: float = 3.0) -> Kernel:
    """Camera shake seen through a random exposure of 1/20 to the whole trajectory.

    Kernels shorter than ``shortest`` pixels are drawn again: a photo convolved with them is still sharp.
    """
    while True:
        path = shake_trajectory(random)
        exposed = int(len(path) * np.exp(random.uniform(np.log(0.05), 0.0)))
        kernel = splat(path[:exposed])
        if kernel_length(kernel) >= shortest:
            return kernel


def pan_kernel(random: np.random.Generator, shortest: float = 3.0, longest: float = 40.0) -> Kernel:
    """A straight motion at changing speed, as a moving subject or a panned background has."""
    length, angle = random.uniform(shortest, longest), np.pi * random.random()
    time = np.linspace(0.0, 1.0, 1000)
    way = time + random.uniform(-0.3, 0.3) * time * (1 - time)
    return splat(length * way * np.exp(1j * angle))


def motion_kernels(count: int = 1000, pans: float = 0.4, seed: int = 0) -> list[Kernel]:
    """A repeatable set of motion kernels.

    Parameters
    ----------
    count : int
        Kernels in all.
    pans : float
        Share of straight pans, 0 to 1; the rest is camera shake.
    seed : int

    Returns
    -------
    list of CANVAS x CANVAS float32
        Non-negative, sum 1, centroid in the middle.
    """
    random = np.random.default_rng(seed)
    straight = round(count * pans)
    return [pan_kernel(random) if i < straight else shake_kernel(random) for i in range(count)]


def trimmed(kernel: Kernel) -> Kernel:
    """The smallest odd-sided middle of the kernel that holds all of it; convolving with it is faster."""
    used = np.argwhere(kernel > 0)
    middle = np.array(kernel.shape) // 2
    radius = int(np.abs(used - middle).max())
    return kernel[middle[0] - radius : middle[0] + radius + 1, middle[1] - radius : middle[1] + radius + 1]
