"""Blur probability from context: the image network over the whole photo (ICIP 2018, section 2.2)."""

import numpy as np
from numpy.typing import NDArray

from blurmap.imaging.resizing import resize_map, resize_photo
from blurmap.models.weights import Network


def image_map(
    network: Network, photo: NDArray[np.uint8], sizes: tuple[int, ...] = (256,), flip: bool = False
) -> NDArray[np.float32]:
    """Blur probability of the whole photo, squeezed into a square for the network and brought back.

    Parameters
    ----------
    network : Network
        The exported image network; it takes sides that are multiples of 256.
    photo : H x W x 3 uint8
    sizes : tuple of int
        Sides of the squares in pixels; the maps are averaged.
    flip : bool
        Average with the map of the mirrored photo too.

    Returns
    -------
    H x W float32 in [0, 1]
    """
    h, w = photo.shape[:2]
    total = np.zeros((h, w), np.float32)
    for size in sizes:
        square = resize_photo(photo, (size, size))
        batch = np.stack([square, square[:, ::-1]]) if flip else square[None]
        maps = network(batch)[:, 0]
        mean = (maps[0] + maps[1][:, ::-1]) / 2 if flip else maps[0]
        total += resize_map(mean, (h, w))
    return np.clip(total / len(sizes), 0.0, 1.0)
