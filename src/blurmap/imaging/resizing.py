"""Photos and maps to other sizes: antialiased downwards, bilinear upwards, along image edges for the final map."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter

MULTIPLE = 32  # the network of ``default`` halves five times
STRIP = 64  # rows of a full-size map made at a time: they stay in the processor's cache


def fit(shape: tuple[int, ...], long_side: float) -> tuple[int, int]:
    """Height and width with the given long side, never larger than the photo, at least 1."""
    h, w = shape[:2]
    scale = min(1.0, long_side / max(h, w))
    return max(round(h * scale), 1), max(round(w * scale), 1)


def fit_multiple(shape: tuple[int, ...], long_side: float) -> tuple[int, int]:
    """Height and width nearest to ``fit``'s that are multiples of ``MULTIPLE``, at least one of it."""
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


def enlarged(
    maps: list[NDArray[np.float32]], shape: tuple[int, int]
) -> Iterator[tuple[slice, list[NDArray[np.float32]]]]:
    """Maps, h x w float32, at ``shape`` = (height, width), some rows at a time: which rows, and the maps there."""
    height, width = shape
    images = [Image.fromarray(np.ascontiguousarray(x, np.float32)) for x in maps]
    for top in range(0, height, STRIP):
        bottom = min(top + STRIP, height)
        strips = []
        for image in images:
            box = (0, top * image.height / height, image.width, bottom * image.height / height)
            strips.append(np.asarray(image.resize((width, bottom - top), Image.Resampling.BILINEAR, box)))
        yield slice(top, bottom), strips


def upsample_along_edges(
    values: NDArray[np.float32], photo: NDArray[np.uint8] | Image.Image, radius: int = 2, epsilon: float = 1e-3
) -> NDArray[np.float32]:
    """A small map to the photo's size, its edges moved onto those of the photo.

    The fast guided filter of He and Sun (arXiv:1505.00996, 2015): within a window the map is a linear function of the
    photo's grey values; its coefficients are found at the map's size and applied at the photo's.

    Parameters
    ----------
    values : h x w float32
    photo : H x W x 3 uint8, or PIL image of that size and mode RGB
        At least as large as the map.
    radius : int
        Half side of the window in pixels of the small map.
    epsilon : float
        Contrast (squared, greys in [0, 1]) below which an edge of the photo is not followed.

    Returns
    -------
    H x W float32, clipped to the range of ``values``
    """
    grey = (photo if isinstance(photo, Image.Image) else Image.fromarray(photo)).convert("L")  # luma (ITU-R BT.601)
    if values.shape == (grey.height, grey.width):
        return values
    slope, offset = _guided(values, grey, radius, epsilon)
    shape, low, high = (grey.height, grey.width), values.min(), values.max()
    greys, result = np.asarray(grey), np.empty(shape, np.float32)
    for rows, (a, b) in enlarged([slope / np.float32(255), offset], shape):  # greys are of 0 to 255 here
        strip = result[rows]
        np.multiply(a, greys[rows], out=strip)
        strip += b
        np.clip(strip, low, high, out=strip)
    return result


def _guided(
    values: NDArray[np.float32], grey: Image.Image, radius: int, epsilon: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Slope and offset, h x w, of the map as a function of greys in [0, 1]."""
    size = (values.shape[1], values.shape[0])
    guide = np.asarray(grey.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0), np.float32) / np.float32(255)

    def means(*maps: NDArray[np.float32]) -> NDArray[np.float32]:
        smooth: NDArray[np.float32] = uniform_filter(
            np.stack(maps), (1, 2 * radius + 1, 2 * radius + 1), mode="nearest"
        )
        return smooth

    mean_guide, mean_values, mean_product, mean_square = means(guide, values, guide * values, guide * guide)
    slope = (mean_product - mean_guide * mean_values) / (mean_square - mean_guide**2 + epsilon)
    mean_slope, mean_offset = means(slope, mean_values - slope * mean_guide)
    return mean_slope, mean_offset
