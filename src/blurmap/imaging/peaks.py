"""Peaks of a map, apart from each other."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

Place = tuple[float, float]  # row, column, as shares of the sides
APART = 4  # of the short side, a share of one in so many


def peaks_apart(score: NDArray[np.float32], count: int) -> list[Place]:
    """The ``count`` places of the highest mean score over a window, no two of them within a window of each other.

    ``score`` is h x w float32, 0 or more; the window's sides are a quarter of the short side.
    """
    window = max(min(score.shape) // APART, 1)
    left = uniform_filter(score, window, mode="nearest")
    height, width = score.shape
    rows, columns = np.mgrid[:height, :width]
    places = []
    for _ in range(count):
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        places.append(((row + 0.5) / height, (column + 0.5) / width))
        left = np.where((abs(rows - row) < window) & (abs(columns - column) < window), -1.0, left)
    return places
