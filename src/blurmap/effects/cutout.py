"""Cutout: the sharp subject with an alpha matte (ICIP 2018, section 4), by closed-form matting.

Levin, Lischinski and Weiss, "A closed-form solution to natural image matting" (PAMI 2008), as PyMatting implements it.
Needs the ``matting`` extra.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from blurmap.imaging.resizing import fit, resize_map, resize_photo, upsample_along_edges
from blurmap.models.detection import detect
from blurmap.photos.photo import Photo
from blurmap.result import BlurMap

MATTING_SIDE = 512  # closed-form matting takes seconds and hundreds of MB beyond


def cutout(photo: Photo | BlurMap, band: float = 1.5) -> NDArray[np.uint8]:
    """Cut the sharp subject out.

    Parameters
    ----------
    photo : photo or BlurMap
        A photo as [`blurmap.detect`][] takes it, or what it returned.
    band : float
        Half width of the unknown band of the trimap along the mask's boundary, in hundredths of the long side.

    Returns
    -------
    H x W x 4 uint8
        RGBA: the subject's own colours, alpha 255 where it is sharp and 0 where it is blurred.

    Raises
    ------
    ImportError
        If PyMatting is not installed.
    ValueError
        If nothing in the photo is sharp.
    PhotoError
        If the photo cannot be used.
    """
    try:
        import pymatting
    except ImportError:
        raise ImportError("cutting out needs PyMatting: pip install pymatting") from None
    result = photo if isinstance(photo, BlurMap) else detect(photo)
    if result.mask.all():
        raise ValueError("nothing in the photo is sharp, so there is no subject to cut out")
    pixels = result.photo
    shape = fit(pixels.shape, MATTING_SIDE)
    small = resize_photo(pixels, shape).astype(np.float64) / 255.0
    known = trimap(resize_map(result.mask.astype(np.float32), shape) > 0.5, band)
    if (known == 0.5).any() and (known == 0).any() and (known == 1).any():
        matte = np.asarray(pymatting.estimate_alpha_cf(small, known), np.float32)
    else:
        matte = (known > 0).astype(np.float32)
    alpha = np.clip(upsample_along_edges(matte, pixels, 2, 1e-4), 0, 1)
    colours = pymatting.estimate_foreground_ml(pixels.astype(np.float32) / 255.0, alpha)
    rgba = np.dstack([np.asarray(colours, np.float32), alpha])
    return (np.clip(rgba, 0, 1) * 255 + 0.5).astype(np.uint8)


def trimap(mask: NDArray[np.bool_], band: float = 1.5) -> NDArray[np.float64]:
    """1 = subject (sharp), 0 = background, 0.5 = unknown: within ``band`` % of the long side from the boundary."""
    if mask.all() or not mask.any():
        return (~mask).astype(np.float64)
    reach = max(band / 100 * max(mask.shape), 1.5)
    distance = np.where(mask, distance_transform_edt(mask), distance_transform_edt(~mask))
    return np.where(distance <= reach, 0.5, np.where(mask, 0.0, 1.0))
