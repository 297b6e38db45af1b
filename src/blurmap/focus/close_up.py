"""What is seen in a close-up: how wide the blur of its sharpest part is, and whether it is motion."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CROP = 128  # pixels, side of a crop
CELL = 16  # pixels, side of a cell: each has an answer of its own
WIDTHS = (1.0, 2**0.5, 2.0, 2 * 2**0.5, 4.0, 4 * 2**0.5)  # pixels of the crop: deviation along the longest axis
SHARP_WIDTH = 1.2  # pixels: what is no wider looks sharp
PART = 4  # cells, side of the part that has to be sharp


@dataclass(frozen=True, eq=False)
class CloseUp:
    """What the network of close-ups says of a crop; h x w are its cells.

    Attributes
    ----------
    wider : 6 x h x w float32
        Log odds that the blur is wider than each of ``WIDTHS``, along the direction in which it is widest.
    motion : h x w float32
        Log odds that it is motion, given that there is blur.
    lettering : h x w float32
        Log odds that something is written over the photo there: a title, a watermark, a bar.
    """

    wider: Floats
    motion: Floats
    lettering: Floats


CloseUpsOf = Callable[[NDArray[np.uint8]], list[CloseUp]]  # of N x H x W x 3 crops, what is seen in each


@dataclass(frozen=True)
class Part:
    """The sharpest part of a crop.

    Attributes
    ----------
    wider : 6 floats
        Log odds that its blur is wider than each of ``WIDTHS``.
    motion : float
        Log odds that its blur, if any, is motion.
    place : (row, column)
        Its middle, as shares of the crop's sides.
    """

    wider: tuple[float, ...]
    motion: float
    place: tuple[float, float]

    def odds_wider(self, width: float) -> float:
        """Log odds that its blur is wider than ``width`` pixels: a straight line over the logarithm of the width."""
        return float(np.interp(np.log2(width), np.log2(WIDTHS), self.wider))

    @property
    def softness(self) -> float:
        """Log odds that it does not look sharp."""
        return self.odds_wider(SHARP_WIDTH)

    @property
    def width(self) -> float:
        """Width of its blur in pixels: wider and narrower are as likely; at the ends half the first, twice the last."""
        return float(widths(np.array(self.wider)))


def widths(wider: NDArray[Any]) -> NDArray[Any]:
    """Width of the blur in pixels of what was looked at, from 6 x ... log odds; of their shape and type.

    Wider and narrower are as likely; at the ends half the first of ``WIDTHS``, twice the last. A curve that rises again
    is read from its start.
    """
    falling, octave = np.minimum.accumulate(wider, 0), np.log2(WIDTHS).astype(wider.dtype)
    width = octave[0] + np.maximum(falling[0] / 4, -1) * (falling[0] <= 0)
    for i in range(len(WIDTHS) - 1):
        between = (falling[i] > 0) & (falling[i + 1] <= 0)
        share = falling[i] / np.maximum(falling[i] - falling[i + 1], 1e-6)
        width = np.where(between, octave[i] + share * (octave[i + 1] - octave[i]), width)
    width = np.where(falling[-1] > 0, octave[-1] + np.minimum(falling[-1] / 4, 1), width)
    result: NDArray[Any] = np.exp2(width).astype(wider.dtype)
    return result


def sharpest_part(crop: CloseUp) -> Part:
    """The part of a crop, ``PART`` x ``PART`` cells or as many as there are, that is least likely to look soft."""
    h, w = crop.motion.shape
    size = min(PART, h), min(PART, w)
    means = part_means(np.concatenate([crop.wider, crop.motion[None]]), size)
    low = int(np.searchsorted(WIDTHS, SHARP_WIDTH)) - 1
    share = np.log2(SHARP_WIDTH / WIDTHS[low]) / np.log2(WIDTHS[low + 1] / WIDTHS[low])
    softness = means[low] * (1 - share) + means[low + 1] * share
    row, column = np.unravel_index(int(softness.argmin()), softness.shape)
    *wider, motion = means[:, row, column].tolist()
    return Part(tuple(wider), motion, ((row + size[0] / 2) / h, (column + size[1] / 2) / w))


def part_means(values: Floats, size: tuple[int, int]) -> Floats:
    """Mean over every rectangle of ``size`` of C x h x w values."""
    windows = np.lib.stride_tricks.sliding_window_view(values, size, axis=(1, 2))
    means: Floats = windows.mean((3, 4))
    return means
