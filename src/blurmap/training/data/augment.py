"""Random views of a labelled photo for the image network: crop, flip, colour, noise, JPEG.

Isola et al. (CVPR 2017) crop 256 from 286 and flip; with 756 photos more variety pays, so crops vary in size and shape.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def random_view(
    photo: NDArray[np.uint8], mask: NDArray[np.bool_], size: int, random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A random crop of a photo and its mask, resized to ``size`` x ``size``.

    Parameters
    ----------
    photo : H x W x 3 uint8
    mask : H x W bool, True = blurred
    size : int
        Side of the result in pixels.
    random : numpy.random.Generator

    Returns
    -------
    view : size x size x 3 uint8
    soft : size x size uint8
        Share of blurred pixels under each pixel, 0 to 255.
    """
    box = random_box(mask.shape, random)
    view = Image.fromarray(photo).resize((size, size), Image.Resampling.BILINEAR, box=box)
    soft = Image.fromarray(mask.astype(np.uint8) * 255).resize((size, size), Image.Resampling.BILINEAR, box=box)
    if random.random() < 0.2:
        view = as_jpeg(view, int(random.integers(40, 95)))
    x, y = np.asarray(view), np.asarray(soft)
    if random.random() < 0.5:
        x, y = x[:, ::-1], y[:, ::-1]
    if random.random() < 0.1:
        x, y = x[::-1], y[::-1]
    if random.random() < 0.1:
        x, y = x.swapaxes(0, 1), y.swapaxes(0, 1)
    return jitter(x, random), np.ascontiguousarray(y)


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    """What is left of an image in a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def random_box(
    shape: tuple[int, ...], random: np.random.Generator, least_share: float = 0.5, stretch: float | None = None
) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a crop of ``least_share`` to all of each side; three in ten are the whole photo.

    With ``stretch`` the sides keep the photo's proportions but for a factor of up to 1 +- ``stretch``.
    """
    height, width = shape[:2]
    side_h, side_w = random.uniform(least_share, 1.0, 2)
    if stretch is not None:
        side_h = min(side_w * random.uniform(1 - stretch, 1 + stretch), 1.0)
    if random.random() < 0.3:
        side_h = side_w = 1.0
    crop_h, crop_w = max(int(height * side_h), 8), max(int(width * side_w), 8)
    top, left = random.integers(0, height - crop_h + 1), random.integers(0, width - crop_w + 1)
    return (int(left), int(top), int(left + crop_w), int(top + crop_h))


def jitter(view: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Random gamma, contrast, brightness, channel gains, saturation and noise."""
    x = view.astype(np.float32) / 255.0
    if random.random() < 0.5:
        x = x ** np.float32(np.exp(random.uniform(-0.4, 0.4)))
    mean = x.mean()
    x = (x - mean) * np.float32(random.uniform(0.7, 1.3)) + mean + np.float32(random.uniform(-0.15, 0.15))
    if random.random() < 0.5:
        grey = x.mean(axis=2, keepdims=True)
        x = grey + (x - grey) * np.float32(random.uniform(0.0, 1.5))
        x = x * random.uniform(0.9, 1.1, 3).astype(np.float32)
    if random.random() < 0.2:
        x = x + random.standard_normal(x.shape, dtype=np.float32) * np.float32(random.uniform(0, 0.04))
    return (np.clip(x, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
