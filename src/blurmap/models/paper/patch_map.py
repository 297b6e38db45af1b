"""Blur probability from local sharpness: the patch network over the whole photo (ICIP 2018, section 2.1)."""

import numpy as np
from numpy.typing import NDArray

from blurmap.models.weights import Network

PATCH = 30
STRIDE = 8


def patch_map(network: Network, photo: NDArray[np.uint8], stride: int = STRIDE) -> NDArray[np.float32]:
    """Mean, at every pixel, of the blur probabilities of the 30 x 30 patches that cover it.

    The network is fully convolutional with stride 8: one pass gives the probabilities of all patches at multiples of 8;
    stride 4 takes four passes over the shifted photo.

    Parameters
    ----------
    network : Network
        The exported patch network.
    photo : H x W x 3 uint8
    stride : int
        Distance of neighbouring patches in pixels: 8 or 4.

    Returns
    -------
    H x W float32 in [0, 1]
    """
    h, w = photo.shape[:2]
    padded = _padded(photo)
    total = np.zeros((padded.shape[0] + 1, padded.shape[1] + 1), np.float64)
    count = np.zeros_like(total)
    for top in range(0, STRIDE, stride):
        for left in range(0, STRIDE, stride):
            shifted = padded[top:, left:]
            if min(shifted.shape[:2]) < PATCH:
                continue
            probability = network(shifted[None])[0, 0]
            _add_boxes(total, probability, top, left)
            _add_boxes(count, np.ones_like(probability), top, left)
    covered = total.cumsum(0).cumsum(1)[:h, :w] / count.cumsum(0).cumsum(1)[:h, :w]
    return np.clip(covered, 0.0, 1.0).astype(np.float32)


def _padded(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mirrored at the bottom and right so that patches at multiples of 8 cover every pixel."""
    pad = [(max(PATCH - n, (PATCH - n) % STRIDE)) for n in photo.shape[:2]]
    return np.pad(photo, ((0, pad[0]), (0, pad[1]), (0, 0)), "symmetric")


def _add_boxes(corners: NDArray[np.float64], probability: NDArray[np.float32], top: int, left: int) -> None:
    """Add each patch's value to the four corners of its square; summed along both axes they become filled squares."""
    rows, columns = probability.shape
    for dy, dx, sign in ((0, 0, 1), (0, PATCH, -1), (PATCH, 0, -1), (PATCH, PATCH, 1)):
        y, x = top + dy, left + dx
        corners[y : y + STRIDE * rows : STRIDE, x : x + STRIDE * columns : STRIDE] += sign * probability
