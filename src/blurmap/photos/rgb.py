"""An image of any mode to RGB, a few megapixels at a time: what is made of each beside it is small."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

from blurmap.photos.depth import black_and_white, scaled
from blurmap.photos.jpeg import check_scans
from blurmap.photos.limits import check_size, check_tiff
from blurmap.photos.orientation import upright

STRIP = 4_000_000  # pixels that are converted at a time


def upright_rgb(image: Image.Image, name: str, largest: int) -> Image.Image:
    """The first frame, upright, over white, RGB, loaded."""
    check_size(*image.size, name, largest)
    if image.tell() != 0:
        image.seek(0)
    if file := getattr(image, "fp", None):  # it is not loaded yet
        if image.format == "TIFF":
            check_tiff(image.tag_v2, name, largest)  # type: ignore[attr-defined]
        check_scans(file, image, name)
    return to_rgb(upright(image))


def to_rgb(image: Image.Image) -> Image.Image:
    """An image that is loaded, over white, RGB."""
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    if image.has_transparency_data:
        image = _over_white(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def strips(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes of a few megapixels that cover an image."""
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
    """Grey of 16 or 32 bits to 8, see ``blurmap.photos.depth.black_and_white``."""
    image.load()
    boxes = list(strips(image))
    edges = black_and_white((np.asarray(image.crop(box)) for box in boxes), grey=True)
    result = Image.new("L", image.size)
    for box in boxes:
        result.paste(Image.fromarray(scaled(np.asarray(image.crop(box)), *edges)), box)
    return result
