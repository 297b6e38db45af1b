"""Blur magnification: the blurred region blurred further, as by a fast lens (ICIP 2018).

Only colours of the blurred region take part in its blur (normalised convolution, Knutsson and Westin, CVPR 1993), so
the sharp subject neither fades at its edge nor leaves a halo around it.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from blurmap.imaging.colour import linear_light, srgb
from blurmap.imaging.kernels import convolved, disk_kernel
from blurmap.imaging.resizing import fit, resize_map, upsample_along_edges
from blurmap.models.detection import detect
from blurmap.photos.photo import Photo
from blurmap.result import BlurMap


def magnify(photo: Photo | BlurMap, amount: float = 1.0) -> NDArray[np.uint8]:
    """Strengthen the blur of the blurred region.

    Parameters
    ----------
    photo : photo or BlurMap
        A photo as [`blurmap.detect`][] takes it, or what it returned.
    amount : float
        Diameter of the added disk blur in hundredths of the photo's long side, 0 to 10.

    Returns
    -------
    H x W x 3 uint8
        The photo where it is sharp, unchanged; the rest with more blur, mixed in linear light.

    Raises
    ------
    ValueError
        If ``amount`` is out of range.
    PhotoError
        If the photo cannot be used.
    """
    if not 0 <= amount <= 10:
        raise ValueError(f"amount must be from 0 to 10, not {amount}")
    result = photo if isinstance(photo, BlurMap) else detect(photo)
    pixels = result.photo
    radius = amount / 200 * max(pixels.shape)
    if radius < 0.5 or not result.mask.any():
        return pixels.copy()
    blurred = soft_mask(result)
    # The source keeps clear of the boundary by a pixel or two, where subject and background are mixed.
    source = binary_erosion(result.mask, iterations=max(1, round(max(pixels.shape) / 400)), border_value=1)
    weight = source.astype(np.float32) + np.float32(1e-4) * result.mask
    disk = disk_kernel(radius)
    total = np.maximum(convolved(weight, disk), 1e-6)
    light = linear_light(pixels)
    output = np.empty_like(light)
    for channel in range(3):
        background = convolved(light[..., channel] * weight, disk) / total
        output[..., channel] = blurred * background + (1 - blurred) * light[..., channel]
    magnified = (srgb(output) * 255 + 0.5).astype(np.uint8)
    magnified[blurred == 0] = pixels[blurred == 0]
    return magnified


def soft_mask(result: BlurMap) -> NDArray[np.float32]:
    """The mask with a boundary that follows the photo's edges softly, H x W float32 in [0, 1]."""
    shape = fit(result.mask.shape, 480)
    soft = upsample_along_edges(resize_map(result.mask.astype(np.float32), shape), result.photo, 3, 1e-4)
    sure_sharp, sure_blurred = soft < 0.05, soft > 0.95
    return np.where(sure_sharp, 0, np.where(sure_blurred, 1, soft)).astype(np.float32)
