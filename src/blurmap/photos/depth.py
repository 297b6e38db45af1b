"""Values of more than 8 bits brought down to 8, by one rule for files and arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWEST_PART = 16_383  # of 16 bits: what has no more was made with 10 to 14 bits


def white_and_black(low: float, high: float, white: float | None = None) -> tuple[float, float]:
    """What becomes 0 and what becomes 255, of integers or floats between ``low`` and ``high``.

    What the file says is white is white, and 0 black. Else: floats in [0, 1] and integers up to 255 are taken for that;
    integers that use all of 16 bits are divided by 257. Others have their own range: 12- or 14-bit data in 16 bits, of
    which a camera for heat or a microscope often uses a small part, and floats beyond [0, 1]. No step of the data is
    made larger than a step of 8 bits, so that the noise of a dark frame stays what it is.

    Parameters
    ----------
    low, high : float
        Least and largest value.
    white : float, optional
        As a file declares it; for floats in [0, 1] it is 1.
    """
    if white:
        return 0.0, float(white)
    if low >= 0 and high <= 255:
        return 0.0, 255.0
    if low >= 0 and LOWEST_PART < high <= 65535:
        return 0.0, 65535.0
    return low, low + max(high - low, 255.0)


def eight_bits(values: NDArray[Any], white: float | None = None) -> NDArray[np.uint8]:
    """An array of integers or floats of any range as uint8, see ``white_and_black``; NaN is black."""
    if values.dtype == np.uint8 and not white:
        return values
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if values.dtype.kind == "f" and not white:
        white = 1.0 if low >= 0 and high <= 1 else None
        if white is None and (low < 0 or high > 65535):  # of no known scale: a few extremes must not decide
            low, high = (float(edge) for edge in np.percentile(values, (0.1, 99.9)))
            return scaled(values, low, max(high, low + 1e-12))
    return scaled(values, *white_and_black(low, high, white))


def scaled(values: NDArray[Any], black: float, white: float) -> NDArray[np.uint8]:
    """Values with ``black`` at 0 and ``white`` at 255."""
    result = (values.astype(np.float32) - np.float32(black)) * np.float32(255.0 / (white - black))
    return (np.clip(result, 0, 255) + 0.5).astype(np.uint8)
