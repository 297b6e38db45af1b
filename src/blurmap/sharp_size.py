"""The size up to which a photo still looks sharp, from crops of its sharpest parts at rising scale.

A photo of 24 megapixels that is slightly soft at 100 % is perfectly sharp at 1600 pixels: whether it is sharp depends
on the size it is shown at, and this is that size. A few small crops decide, so large photos cost little more.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter

from blurmap.resizing import resize_photo

CROP = 256  # pixels, side of a crop
CROPS = 2
SMALLEST = 160  # pixels, long side: less is not looked at
STEP = 2**0.5  # between neighbouring scales
SHARPEST = 0.25  # share of a crop that has to look sharp
TINY = 1e-4

Maps = NDArray[np.float32]


def sharp_size(network: Callable[[NDArray[np.uint8]], Maps], photo: NDArray[np.uint8], blurred: Maps) -> int:
    """Long side in pixels up to which the sharpest part of the photo looks sharp; at most the photo's own.

    Parameters
    ----------
    network : callable
        N x 256 x 256 x 3 uint8 to N x h x w float32 probabilities of blur.
    photo : H x W x 3 uint8
    blurred : h x w float32 in [0, 1]
        Probability of blur of the whole photo, at any size; shows where to look.

    Returns
    -------
    int
        The scale at which the probability of blur of the sharpest quarter of the sharpest crop passes 0.5,
        interpolated between scales a factor of 1.41 apart; about ``SMALLEST`` (or the photo's long side, if that is
        less) where nothing is sharp at any scale.
    """
    long_side = max(photo.shape[:2])
    count = max(int(np.floor(np.log(long_side / SMALLEST) / np.log(STEP))), 0)
    sides = [long_side / STEP**i for i in range(count, -1, -1)]  # rising; the last is the photo's own
    centres = sharpest_points(photo, blurred)
    known: dict[int, float] = {}

    def softness(i: int) -> float:
        """Logit of the probability of blur at scale i; rises with i."""
        if i not in known:
            crops = np.stack([crop_at(photo, centre, sides[i]) for centre in centres])
            sharpest = np.quantile(network(crops).reshape(len(crops), -1), SHARPEST / 2, axis=1).min()
            p = float(np.clip(sharpest, TINY, 1 - TINY))
            known[i] = float(np.log(p / (1 - p)))
        return known[i]

    low, high = 0, len(sides) - 1
    if softness(high) <= 0:
        return long_side
    if high == low or softness(low) > 0:
        return round(sides[0])
    while high - low > 1:
        middle = (low + high) // 2
        if softness(middle) > 0:
            high = middle
        else:
            low = middle
    share = -softness(low) / (softness(high) - softness(low))
    return round(float(sides[low] * (sides[high] / sides[low]) ** share))


def sharpest_points(photo: NDArray[np.uint8], blurred: Maps) -> list[tuple[float, float]]:
    """Where to look: up to ``CROPS`` places (row, column, as shares of the sides), sharp and full of detail, apart."""
    grey = np.asarray(Image.fromarray(resize_photo(photo, blurred.shape)).convert("L"), np.float32)
    detail = np.abs(np.gradient(grey)[0]) + np.abs(np.gradient(grey)[1])
    window = max(min(blurred.shape) // 4, 1)
    score = uniform_filter((1 - blurred) ** 2 * np.minimum(detail, 40) + 1e-3 * (1 - blurred), window, mode="nearest")
    height, width = score.shape
    rows, columns = np.mgrid[:height, :width]
    points = []
    for _ in range(CROPS):
        row, column = np.unravel_index(int(score.argmax()), score.shape)
        points.append(((row + 0.5) / height, (column + 0.5) / width))
        score = np.where((abs(rows - row) < window) & (abs(columns - column) < window), -1.0, score)
    return points


def crop_at(photo: NDArray[np.uint8], centre: tuple[float, float], side: float) -> NDArray[np.uint8]:
    """``CROP`` x ``CROP`` pixels around a place of the photo, as it looks with a long side of ``side`` pixels."""
    height, width = photo.shape[:2]
    scale = max(height, width) / side  # photo pixels per pixel of the crop
    shape = tuple(min(CROP, max(round(n / scale), 1)) for n in (height, width))
    starts = [
        min(max(c * n - size * scale / 2, 0.0), max(n - size * scale, 0.0))
        for c, n, size in zip(centre, (height, width), shape, strict=True)
    ]
    top, left = (int(start) for start in starts)
    bottom, right = (
        min(int(np.ceil(start + size * scale)), n)
        for start, size, n in zip(starts, shape, (height, width), strict=True)
    )
    crop = resize_photo(photo[top:bottom, left:right], shape)
    missing = [(0, CROP - crop.shape[0]), (0, CROP - crop.shape[1]), (0, 0)]
    return np.pad(crop, missing, "symmetric")
