"""Small pictures of the photos of a scan, kept in its store so that a report need not decode them again."""

import io

from PIL import Image

from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit
from blurmap.maps import DEFOCUS, MOTION, Maps
from blurmap.result import TINTS

SIDE = 192  # pixels, long side
ALPHA = 150  # of the tint, of 255

Preview = tuple[bytes, bytes | None]  # JPEG of the photo, PNG of the tint that is laid over it


def make_preview(photo: Pyramid, maps: Maps | None = None) -> Preview:
    """The photo and, from its maps (probability of blur, and of motion where blurred), the tint of its blur."""
    shape = fit(photo.shape, SIDE)
    thumbnail = io.BytesIO()
    Image.fromarray(photo.resized(shape)).save(thumbnail, "JPEG", quality=75)
    if maps is None:
        return thumbnail.getvalue(), None
    kind = maps.kind if maps.kind is not None else DEFOCUS * maps.mask
    tint = Image.fromarray(kind, "P").resize((shape[1], shape[0]), Image.Resampling.NEAREST)
    tint.putpalette([0, 0, 0, *TINTS[DEFOCUS].tolist(), *TINTS[MOTION].tolist()])
    picture = io.BytesIO()
    tint.save(picture, "PNG", transparency=bytes([0, ALPHA, ALPHA]), bits=2)
    return thumbnail.getvalue(), picture.getvalue()
