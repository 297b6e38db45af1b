"""Regions of a map: the largest one, its box in the photo, and where in the frame it lies, in words."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_opening, label

Mask = NDArray[np.bool_]
EDGE = 2  # pixels of the map
SPECK = 0.01  # share of the frame: less is hardly what a photo is of


def largest_region(mask: Mask) -> Mask:
    """The largest connected region of an h x w mask, after specks and bridges of a few pixels are taken away."""
    width = max(min(mask.shape) // 50, 1)
    opened = binary_opening(mask, np.ones((width, width), bool))
    regions, count = label(opened)
    if count == 0:
        return opened
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    return regions == sizes.argmax()


def bounding_box(region: Mask, shape: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of a region of the working map, in pixels of a photo of ``shape`` = (height, width)."""
    if not region.any():
        return None
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    down, right = shape[0] / region.shape[0], shape[1] / region.shape[1]
    return (
        round(columns[0] * right), round(rows[0] * down), round((columns[-1] + 1) * right), round((rows[-1] + 1) * down)
    )  # fmt: skip


def is_subject(region: Mask) -> bool:
    """Whether a sharp region is likely what the photo is of: not ground or sky, which run from side to side."""
    from_side_to_side = region[:, :EDGE].any() and region[:, -EDGE:].any()
    return bool(region.mean() > SPECK) and not from_side_to_side
