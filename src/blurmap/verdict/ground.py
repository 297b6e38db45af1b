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
RELIEF = 6.0  # grey levels above or below the surroundings, in any colour: less is nothing
LEAST_SIDE, MARGIN = (
    12,
    2,
)  # pixels of a copy: smaller ones are not looked at; at the edges a smooth course looks like relief
CENTRE = 0.28  # deviation, as a share of the sides, of where subjects are around the middle of the frame


def nothing_to_judge_by(photo: Pyramid) -> bool:
    """Whether nothing in a photo could show blur: a lens cap, a plain wall, a clear sky, an empty page.

    A photo that is out of focus still has light and dark parts. Over windows of many sizes, what is left of a copy of
    ``SIDE`` pixels without its smooth course is at most ``RELIEF``; grain is gone at that size. Of 493 real photos the
    flattest, a receipt far out of focus, has five times as much; made frames with strong grain have half of it.
    """
    height, width = photo.shape
    scale = min(1.0, SIDE / max(height, width))
    small = np.asarray(photo.resized((max(round(height * scale), 1), max(round(width * scale), 1))), np.float32)
    while min(small.shape[:2]) >= LEAST_SIDE:
        smooth = gaussian_filter(small, (GRAIN, GRAIN, 0), mode="nearest")
        if float(np.abs(small - smooth)[MARGIN:-MARGIN, MARGIN:-MARGIN].max()) > RELIEF:
            return False
        h, w = small.shape[0] // 2, small.shape[1] // 2
        small = small[: 2 * h, : 2 * w].reshape(h, 2, w, 2, 3).mean((1, 3))
    return True


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
