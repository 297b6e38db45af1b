"""The ground of a photo: where there is nothing that could be sharp, and where subjects mostly are."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter

from blurmap.imaging.noise import noise_level
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import resize_map

SIDE = 160  # pixels, long side of the copy that is looked at
GRAIN = 1.5  # pixels of it, deviation: finer is noise
LONGEST = 12  # times its short side: a photo longer than that is a strip
WINDOW = 0.12  # of its long side: within so much, a ground without detail is of one shade
SHADES = 6.0  # grey levels between the darkest and the brightest there
RELIEF = 6.0  # grey levels above or below the surroundings, in any colour: less is nothing
NOISE = 8.0  # deviations of the noise: less is nothing either
FADING = 0.6  # what is left of noise in a copy of half the size: .5 of grains that are alone, more of blotches
LEAST_SIDE, MARGIN = 12, 2  # pixels of a copy: smaller is not looked at; at edges a smooth course looks like relief
POINT_SIDE, RING = 1024, 4  # pixels: long side of the copy in which points are looked for, radius around them
BRIGHTER, DARK = 30.0, 0.35  # grey levels of a point above its ring; how uneven that may be, of the point's height
CENTRE = 0.28  # deviation, as a share of the sides, of where subjects are around the middle of the frame


def nothing_to_judge_by(photo: Pyramid) -> bool:
    """Whether nothing in a photo could show blur: a lens cap, a plain wall, a clear sky, an empty page, noise alone.

    A photo that is out of focus still has light and dark parts. Over windows of many sizes, what is left of a copy of
    ``SIDE`` pixels without its smooth course is at most ``RELIEF``, or what noise alone would leave: noise fades from
    copy to copy, what a lens has drawn does not. Of 493 real photos the flattest, a receipt far out of focus, has five
    times as much. Of a strip too thin to see anything in, nobody can tell either.
    """
    height, width = photo.shape
    if min(height, width) < 2 * LEAST_SIDE and max(height, width) > LONGEST * min(height, width):
        return True
    scale = min(1.0, max(SIDE / max(height, width), 2 * LEAST_SIDE / min(height, width)))  # of a strip, all its height
    small = np.asarray(photo.resized((max(round(height * scale), 1), max(round(width * scale), 1))), np.float32)
    noise = None
    while min(small.shape[:2]) >= LEAST_SIDE:
        relief = float(np.abs(small - gaussian_filter(small, (GRAIN, GRAIN, 0)))[MARGIN:-MARGIN, MARGIN:-MARGIN].max())
        if relief > RELIEF:
            noise = NOISE * scale * noise_level(photo) if noise is None else noise
            if relief > noise:
                return False
        noise = None if noise is None else FADING * noise
        scale *= 0.5
        h, w = small.shape[0] // 2, small.shape[1] // 2
        small = small[: 2 * h, : 2 * w].reshape(h, 2, w, 2, 3).mean((1, 3))
    return True


def points_of_light(photo: Pyramid) -> int:
    """How many points a photo shows that are as small as its pixels allow, such as stars.

    A photo out of focus or shaken has none: of 57 such real photos one has 4. A point is brighter by ``BRIGHTER`` than
    all of a ring around it, and that ring is dark in proportion.
    """
    height, width = photo.shape
    scale = min(1.0, POINT_SIDE / max(height, width))
    small = photo.resized((max(round(height * scale), 1), max(round(width * scale), 1)))
    grey = np.asarray(Image.fromarray(small).convert("L"), np.float32)
    if min(grey.shape) <= 2 * RING:
        return 0
    peaks = (grey == maximum_filter(grey, 5)) & (grey - gaussian_filter(grey, 2.0) > BRIGHTER / 2)
    rows, columns = np.nonzero(peaks[RING:-RING, RING:-RING])
    around = np.arange(-RING, RING + 1)
    down, right = np.meshgrid(around, around, indexing="ij")
    ring = np.abs(np.hypot(down, right) - RING + 0.5) <= 0.7
    values = grey[rows[:, None] + RING + down[ring], columns[:, None] + RING + right[ring]]
    if not len(values):
        return 0
    top, high, low = grey[rows + RING, columns + RING], values.max(1), values.min(1)
    return int(((top - high > BRIGHTER) & (high - low < DARK * (top - low))).sum())


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
