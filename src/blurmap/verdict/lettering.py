"""Lettering over a photo, titles, watermarks, bars and date stamps: sharp, and not what the photo is of."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from scipy.special import expit

from blurmap.focus.close_up import CloseUpsOf
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit_multiple, resize_map
from blurmap.maps import Maps

SIDE = 352  # pixels, long side: lettering is large enough there
CERTAIN = 0.85  # probability that some cell has to reach: panned riders have numbers and stripes
LIKELY = 0.3  # probability that a cell holds lettering
AROUND = 3  # cells, side: the map is sharp beside letters too
LITTLE = 0.5  # share of the frame: where more is sharp, it is not sharp by lettering
EXPLAINED = 0.7  # share of what is sharp that has to lie at lettering: a subject is not thrown out for a watermark


def sharp_by_lettering(close_ups_of: CloseUpsOf, photo: Pyramid, maps: Maps) -> bool:
    """Whether nearly all that the maps call sharp is written over the photo.

    ``close_ups_of`` takes N x H x W x 3 uint8 pixels, H and W multiples of 32.
    """
    sharp = ~maps.mask
    if not sharp.any() or sharp.mean() > LITTLE:
        return False
    (close_up,) = close_ups_of(photo.resized(fit_multiple(photo.shape, SIDE))[None])
    cells = expit(close_up.lettering).astype(np.float32)
    if cells.max() < CERTAIN:
        return False
    letters = maximum_filter(cells, AROUND, mode="nearest")
    height, width = sharp.shape
    return bool((resize_map(letters, (height, width)) > LIKELY)[sharp].mean() > EXPLAINED)


def without(blurred: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map in which nothing is sharper than all of it is on the whole, h x w float32."""
    return np.maximum(blurred, blurred[blurred > 0.5].mean() if (blurred > 0.5).any() else blurred.mean())
