"""An image of any mode to RGB, a few megapixels at a time: what is made of each beside it is small."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from blurmap.photos.depth import scaled, white_and_black
from blurmap.photos.limits import check_size
from blurmap.photos.orientation import upright

STRIP = 4_000_000  # pixels that are converted at a time


def upright_rgb(image: Image.Image, name: str, largest: int) -> Image.Image:
    """The first frame, upright, over white, RGB, loaded."""
    check_size(*image.size, name, largest)
    if image.tell() != 0:
        image.seek(0)
    image = upright(image)
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    if image.has_transparency_data:
        image = _over_white(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def strips(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of a few megapixels that cover an image: what is made of each beside it is small."""
    rows = max(STRIP // image.width, 1)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def _over_white(image: Image.Image) -> Image.Image:
    """What can be seen of an image with transparency before white, RGB."""
    image.load()
    result = Image.new("RGB", image.size)
    for box in strips(image):
        strip = image.crop(box).convert("RGBA")
        white = Image.new("RGBA", strip.size, "white")
        result.paste(Image.alpha_composite(white, strip).convert("RGB"), box)
    return result


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits to 8, see ``blurmap.photos.depth.white_and_black``."""
    image.load()
    boxes = list(strips(image))
    ranges = [(float(strip.min()), float(strip.max())) for strip in (_values(image, box) for box in boxes)]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    declared = 1.0 if image.mode == "F" and low >= 0 and high <= 1 else None
    black, white = white_and_black(low, high, declared)
    result = Image.new("L", image.size)
    for box in boxes:
        result.paste(Image.fromarray(scaled(_values(image, box), black, white)), box)
    return result


def _values(image: Image.Image, box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    return np.nan_to_num(np.asarray(image.crop(box), np.float32))
