"""Values of more than 8 bits brought down to 8, by one rule for files and arrays."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

LOWEST_PART = 16_383  # of 16 bits: what has no more was made with 10 to 14 bits
FULL = 65_535
INNER = (0.1, 99.9)  # percentiles: what lies beyond are a few hot or dead pixels, or one hot spot
OUTLIERS = 2  # times what lies within the percentiles: where all is wider than that, a few pixels must not decide
OFFSET, HIGHEST = (
    4,
    49_152,
)  # greys that begin at so many times their range, and end below this, measure heat, not light
SAMPLE = 200_000  # values of a strip that the percentiles are taken of


def black_and_white(strips: Iterable[NDArray[Any]], *, grey: bool, white: float | None = None) -> tuple[float, float]:
    """What becomes 0 and what becomes 255, of integers or floats.

    What the file says is white is white, and 0 black. Else: floats in [0, 1] and integers up to 255 are taken for that;
    integers that use all of 16 bits are divided by 257. Others have their own range: 12- or 14-bit data in 16 bits, of
    which a camera for heat or a microscope often uses a small part, and floats beyond [0, 1]; so have greys that lie in
    a narrow band far above 0, as temperatures do. Of the own range that of all but a few pixels counts, where these few
    would take most of it. No step of the data is made larger than a step of 8 bits, so that the noise of a dark frame
    stays what it is.

    Parameters
    ----------
    strips : iterable of arrays
        The values, in strips; looked at no further than is needed.
    grey : bool
        Whether they are of one colour.
    white : float, optional
        As a file declares it.
    """
    if white:
        return 0.0, float(white)
    low, high, some, floats = np.inf, -np.inf, [], False
    for strip in map(finite, strips):
        low, high = min(low, float(strip.min())), max(high, float(strip.max()))
        if not grey and strip.dtype == np.uint16 and high > LOWEST_PART:
            return 0.0, float(FULL)
        floats = strip.dtype.kind == "f"
        some.append(strip.reshape(-1)[:: max(strip.size // SAMPLE, 1)])
    least, most = (float(edge) for edge in np.percentile(np.concatenate(some), INNER))
    if floats and (low < 0 or high > FULL):  # of no known scale
        return least, max(most, least + 1e-12)
    heat = grey and 0 < OFFSET * (most - least) < least and most < HIGHEST
    known = [1.0] * floats + [255.0] + [float(FULL)] * (high > LOWEST_PART and not heat)
    if low >= 0 and (scales := [scale for scale in known if high <= scale]):
        return 0.0, scales[0]
    if high - low > OUTLIERS * (most - least):
        low, high = least, most
    return low, low + max(high - low, 255.0)


def eight_bits(values: NDArray[Any], white: float | None = None) -> NDArray[np.uint8]:
    """An array H x W or H x W x samples of integers or floats of any range as uint8, see ``black_and_white``."""
    if values.dtype == np.uint8 and not white:
        return values
    return scaled(values, *black_and_white([values], grey=values.ndim == 2 or values.shape[2] == 1, white=white))


def scaled(values: NDArray[Any], black: float, white: float) -> NDArray[np.uint8]:
    """Values with ``black`` at 0 and ``white`` at 255."""
    result = (finite(values).astype(np.float32) - np.float32(black)) * np.float32(255.0 / (white - black))
    return (np.clip(result, 0, 255) + 0.5).astype(np.uint8)


def finite(values: NDArray[Any]) -> NDArray[Any]:
    """The values, 0 where they are no numbers."""
    return np.nan_to_num(values, posinf=0.0, neginf=0.0) if values.dtype.kind == "f" else values
