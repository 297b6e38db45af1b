"""Photos and maps to other sizes: antialiased downwards, bilinear upwards, along image edges for the final map."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter

MULTIPLE = 32  # the network of ``default`` halves five times
STRIP = 256  # rows of the full-size map made at a time, to bound memory


def fit(shape: tuple[int, ...], long_side: float) -> tuple[int, int]:
    """Height and width with the given long side, never larger than the photo, at least 1."""
    h, w = shape[:2]
    scale = min(1.0, long_side / max(h, w))
    return max(round(h * scale), 1), max(round(w * scale), 1)


def fit_multiple(shape: tuple[int, ...], long_side: float) -> tuple[int, int]:
    """Height and width nearest to :func:`fit`'s that are multiples of ``MULTIPLE``, at least one of it."""
    height, width = fit(shape, long_side)
    return max(round(height / MULTIPLE), 1) * MULTIPLE, max(round(width / MULTIPLE), 1) * MULTIPLE


def resize_photo(photo: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """H x W x 3 uint8 to ``shape`` = (height, width)."""
    if photo.shape[:2] == shape:
        return photo
    size = (shape[1], shape[0])
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0))


def resize_map(values: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """H x W float32 to ``shape`` = (height, width)."""
    if values.shape == shape:
        return values
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((shape[1], shape[0]), Image.Resampling.BILINEAR))


def upsample_along_edges(
    values: NDArray[np.float32], photo: NDArray[np.uint8], radius: int = 2, epsilon: float = 1e-3
) -> NDArray[np.float32]:
    """A small map to the photo's size, its edges moved onto those of the photo.

    The fast guided filter of He and Sun (arXiv:1505.00996, 2015): within a window the map is a linear function of the
    photo's grey values; its coefficients are found at the map's size and applied at the photo's.

    Parameters
    ----------
    values : h x w float32
    photo : H x W x 3 uint8
        At least as large as the map.
    radius : int
        Half side of the window in pixels of the small map.
    epsilon : float
        Contrast (squared, greys in [0, 1]) below which an edge of the photo is not followed.

    Returns
    -------
    H x W float32, clipped to the range of ``values``
    """
    height, width = photo.shape[:2]
    if values.shape == (height, width):
        return values
    guide = _grey(resize_photo(photo, (values.shape[0], values.shape[1])))

    def mean(x: NDArray[np.float32]) -> NDArray[np.float32]:
        smooth: NDArray[np.float32] = uniform_filter(x, 2 * radius + 1, mode="nearest")
        return smooth

    mean_guide, mean_values = mean(guide), mean(values)
    slope = (mean(guide * values) - mean_guide * mean_values) / (mean(guide * guide) - mean_guide**2 + epsilon)
    offset = mean(mean_values - slope * mean_guide)
    slope = mean(slope)
    result = np.empty((height, width), np.float32)
    images = [Image.fromarray(np.ascontiguousarray(x, np.float32)) for x in (slope, offset)]
    ratio = values.shape[0] / height
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        box = (0, top * ratio, values.shape[1], bottom * ratio)
        a, b = (np.asarray(image.resize((width, bottom - top), Image.Resampling.BILINEAR, box=box)) for image in images)
        result[top:bottom] = a * _grey(photo[top:bottom]) + b
    return np.clip(result, values.min(), values.max(), out=result)


def _grey(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Luma (ITU-R BT.601) in [0, 1]."""
    return np.asarray(Image.fromarray(photo).convert("L"), np.float32) / 255.0
