"""The ground of a photo: where there is nothing that could be sharp, and where subjects mostly are."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter

from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import resize_map

SIDE = 160  # pixels, long side of the copy that is looked at
GRAIN = 1.5  # pixels of it, deviation: finer is noise
WINDOW = 0.12  # of its long side: within so much, a ground without detail is of one shade
SHADES = 6.0  # grey levels between the darkest and the brightest there
CENTRE = 0.28  # deviation, as a share of the sides, of where subjects are around the middle of the frame


def without_detail(photo: Pyramid, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Where a photo is of one shade for far around, h x w bool: a dark ground, plain paper, a clear sky.

    Nobody can tell whether that is blurred. A soft background is something else: its shades change.
    """
    height, width = photo.shape
    scale = min(1.0, SIDE / max(height, width))
    small = max(round(height * scale), 1), max(round(width * scale), 1)
    grey = np.asarray(Image.fromarray(photo.resized(small)).convert("L"), np.float32)
    smooth = gaussian_filter(grey, GRAIN, mode="nearest")
    size = max(round(WINDOW * max(small)), 1)
    spread = maximum_filter(smooth, size, mode="nearest") - minimum_filter(smooth, size, mode="nearest")
    plain = maximum_filter((spread < SHADES).astype(np.float32), size, mode="nearest")  # all that such a window covers
    return resize_map(plain, shape) > 0.5


def central_share(soft: NDArray[np.bool_]) -> float:
    """Share of an h x w mask, the middle of the frame counting most."""
    rows, columns = (np.linspace(-0.5, 0.5, n) for n in soft.shape)
    weight = np.exp(-0.5 * (rows[:, None] ** 2 + columns**2) / CENTRE**2)
    return float((soft * weight).sum() / weight.sum())
