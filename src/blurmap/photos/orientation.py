"""How a photo lies: its EXIF orientation, and the photo turned upright by it, once."""

from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

ORIENTATION = 0x0112  # in EXIF; 1 is upright
XMP = ("xmp", "XML:com.adobe.xmp")  # where Pillow keeps it
SAYING_HOW_IT_LIES = ("exif", "Raw profile type exif", *XMP)  # of what Pillow knows of an image
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def upright(image: Image.Image) -> Image.Image:
    """The image, loaded and upright.

    It is loaded first: Pillow turns TIFFs itself while it does so, and says from then on that they lie upright; some
    formats have their EXIF after the pixels.
    """
    with _without_xmp(image):
        image.load()
    return turned(image, orientation(image))


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where EXIF cannot be read: it never costs the photo."""
    try:
        with _without_xmp(image):
            told = image.getexif().get(ORIENTATION, 1)
    except Exception:  # parsers of damaged directories raise anything
        return 1
    return told if isinstance(told, int) else 1


def turned(image: Image.Image, told: int) -> Image.Image:
    """The image upright, by its EXIF orientation; it says no more how it lies, or it would be turned again."""
    if told not in TURNS:
        return image
    result = image.transpose(TURNS[told])
    for name in SAYING_HOW_IT_LIES:
        result.info.pop(name, None)
    return result


@contextmanager
def _without_xmp(image: Image.Image) -> Iterator[None]:
    """Pillow would take the orientation from XMP where EXIF has none; browsers and libvips do not."""
    kept = {name: image.info.pop(name) for name in XMP if name in image.info}
    try:
        yield
    finally:
        image.info.update(kept)
