"""Whether two photos show one moment: the highest correlation of their small copies over all shifts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

FINEST, COARSEST = 1.0, 6.0  # sigmas in pixels of the small copy, between which it is compared
FARTHEST = 0.25  # of the sides, that one photo may be shifted against the other
ALIKE = 0.65  # correlation from which on two photos are of one moment

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """``value``: correlation, -1 to 1; ``down``, ``across``: shift of the second's content, in pixels of the copies."""

    value: float
    down: float = 0.0
    across: float = 0.0


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Likeness:
    """How alike two small grey copies are; 0 where their shapes differ.

    Brightness and contrast do not matter, and blur hardly, since only what is between two scales is compared.
    """
    if one.shape != other.shape:
        return Likeness(0.0)
    first, second = _band(one), _band(other)
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    if scale < 1e-6:
        return Likeness(0.0)
    product = np.conj(np.fft.rfft2(first)) * np.fft.rfft2(second)
    correlation = np.fft.irfft2(product, s=first.shape) / scale
    reach = [max(int(FARTHEST * side), 1) for side in first.shape]
    rows, columns = (np.arange(-far, far + 1) for far in reach)
    near = correlation[np.ix_(rows, columns)]
    row, column = np.unravel_index(int(near.argmax()), near.shape)
    down = rows[row] + _summit(near[:, column], int(row))
    across = columns[column] + _summit(near[row], int(column))
    return Likeness(float(near[row, column]), float(down), float(across))


def _band(copy: NDArray[np.uint8]) -> Floats:
    """What of a copy is between the two scales, faded out towards the edges, where a shift brings in something new."""
    values = copy.astype(np.float32)
    window = np.outer(*(np.hanning(side + 2)[1:-1] ** 0.5 for side in copy.shape))
    band = gaussian_filter(values, FINEST) - gaussian_filter(values, COARSEST)
    return np.asarray(band * window, np.float32)


def _summit(values: NDArray[np.float64], i: int) -> float:
    """Where, from i, a parabola through a peak and its neighbours is highest."""
    if not 0 < i < len(values) - 1:
        return 0.0
    before, peak, after = values[i - 1 : i + 2]
    bend = before - 2 * peak + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
