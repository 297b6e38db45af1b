"""Small pictures of the photos of a scan, kept in its store so that a report need not decode them again.

Three pictures of each photo: the whole of it, small; the tint of its blur; and for the loupe a crop of its own pixels,
at the sharpest place of its subject. Their sizes are bounded, so that a report with 5,000 photos has less than 200 MB.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from blurmap.imaging.peaks import Place
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit, resize_map
from blurmap.maps import DEFOCUS, MOTION, Maps, kind_map
from blurmap.result import TINTS, BlurMap
from blurmap.verdict.sharp_size import sharpest_places, span

SIDE = 256  # pixels, long side
ALPHA = 150  # of the tint, of 255
CROPS = (400, 280, 160)  # pixels, side of the crop: less of a photo full of grain, whose JPEG would show its own blocks
MOST = {"photo": 9_000, "crop": 17_000}  # bytes
QUALITIES = (85, 75, 65, 55)  # of JPEG: the first that is small enough

CENTRE: Place = (0.5, 0.5)

PixelBox = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the photo, upright


@dataclass(frozen=True)
class Preview:
    """What is kept of a photo.

    Attributes
    ----------
    photo : bytes
        JPEG of the whole photo, long side ``SIDE``.
    tint : bytes or None
        PNG that is laid over it: the colour of each kind of blur, transparent where the photo is sharp.
    crop : bytes or None
        JPEG of the photo's own pixels within ``box``.
    box : (left, top, right, bottom) in pixels of the photo, or None
    """

    photo: bytes
    tint: bytes | None = None
    crop: bytes | None = None
    box: PixelBox | None = None


def make_preview(photo: Pyramid, maps: Maps | None = None, place: Place = CENTRE) -> Preview:
    """The photo, the tint of its maps where it has them, and a crop around a place.

    Parameters
    ----------
    photo : Pyramid
    maps : Maps, optional
    place : (row, column) as shares of the sides
        What the crop shows, see ``subject_place``; it is moved to lie within the photo.
    """
    tint = _tint(photo, maps) if maps else None
    whole = jpeg(Image.fromarray(photo.resized(fit(photo.shape, SIDE))), MOST["photo"], (*QUALITIES, 40, 20))
    return Preview(whole, tint, *_crop(photo, place))


def subject_place(result: BlurMap) -> Place:
    """Row and column, as shares of the sides, of the sharpest place of the subject; of the photo, if it has none."""
    blurred = result.maps.blurred
    judged = result.judgement
    if judged and judged.subject:
        left, top, right, bottom = judged.subject
        down, across = blurred.shape[0] / result.seen.shape[0], blurred.shape[1] / result.seen.shape[1]
        within = np.ones_like(blurred)
        rows = slice(int(top * down), int(np.ceil(bottom * down)))
        columns = slice(int(left * across), int(np.ceil(right * across)))
        within[rows, columns] = blurred[rows, columns]
        blurred = within
    return sharpest_places(result.seen, blurred)[0]


def _tint(photo: Pyramid, maps: Maps) -> bytes:
    shape = fit(photo.shape, SIDE)
    mask = resize_map(maps.mask.astype(np.float32), shape) > 0.5  # its outline is smooth so
    kind = DEFOCUS * mask if maps.motion is None else kind_map(mask, resize_map(maps.motion, shape))
    tint = Image.fromarray(kind.astype(np.uint8), "P")
    tint.putpalette([0, 0, 0, *TINTS[DEFOCUS].tolist(), *TINTS[MOTION].tolist()])
    picture = io.BytesIO()
    tint.save(picture, "PNG", transparency=bytes([0, ALPHA, ALPHA]), bits=2)
    return picture.getvalue()


def _crop(photo: Pyramid, place: Place) -> tuple[bytes, PixelBox]:
    for side in CROPS:
        (top, bottom), (left, right) = (
            span(centre * whole, side, whole) for centre, whole in zip(place, photo.shape, strict=True)
        )
        box = (round(left), round(top), round(right), round(bottom))
        content = jpeg(photo.image.crop(box), MOST["crop"])
        if len(content) <= MOST["crop"]:
            break
    return content, box


def jpeg(picture: Image.Image, most: int, qualities: tuple[int, ...] = QUALITIES) -> bytes:
    """The picture as JPEG of at most ``most`` bytes, unless that takes less than the last quality."""
    for quality in qualities:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= most:
            break
    return buffer.getvalue()
