"""The size up to which a photo still looks sharp, and what kind of blur ends it, from crops of its sharpest parts.

A photo of 24 megapixels that is slightly soft at 100 % is perfectly sharp at 1600 pixels: whether it is sharp depends
on the size it is shown at, and this is that size. The map tells where to look. A crop tells how wide the blur is, along
the direction in which it is widest, so that one look at one scale nearly gives the size, and one more confirms it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.special import expit

from blurmap.focus.close_up import CROP, SHARP_WIDTH, CloseUpsOf, Part, sharpest_part
from blurmap.imaging.peaks import Place, peaks_apart
from blurmap.imaging.pyramid import Box, Pyramid
from blurmap.imaging.resizing import fit_multiple
from blurmap.maps import Maps

CROPS = 3
ENOUGH = 1280  # pixels: a photo that is sharp at this long side is as good as sharp
NEAR = 2**0.5  # a photo up to this much larger is looked at as it is
SMALLEST = 160  # pixels, long side: less is not looked at
UNLIKELY = 1e-3  # what a place counts that the map calls blurred
MOST = 6.0  # of log odds in a mean
MOST_LOOKS = 3  # at smaller sizes, of a part that is soft

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sharpness:
    """Up to which size a photo looks sharp, and what its blur is like.

    Attributes
    ----------
    size : int
        The long side in pixels at which the blur of the sharpest part is ``SHARP_WIDTH`` pixels wide; at most the
        photo's own, at least ``SMALLEST`` (or the photo's long side, if that is less).
    soft : float
        Log odds that the sharpest part looks soft at ``ENOUGH`` pixels, or at the photo's own size.
    soft_mean : float
        The same, the mean over the places looked at, those that the map calls sharp counting most: a photo whose
        subject is sharp may be soft elsewhere, but not where its map sees nothing but sharpness.
    motion : float
        Log odds that its blur, if any, is motion.
    at_full_size : float
        Log odds that at the photo's own size the blur of the sharpest part is wider than a pixel: seen at 100 % only.
    """

    size: int
    soft: float
    soft_mean: float
    motion: float
    at_full_size: float = -MOST

    @classmethod
    def of_drawing(cls, size: int) -> Self:
        """Of a picture of that long side that was drawn: its edges are as sharp as its pixels."""
        return cls(size, -MOST, -MOST, -MOST)

    @property
    def shake(self) -> float:
        """Log odds, about, that it was shaken: that all places are soft, and by motion."""
        return min(self.soft_mean, self.motion)


def sharpness(close_ups_of: CloseUpsOf, photo: Pyramid, maps: Maps) -> Sharpness:
    """How sharp the sharpest part of a photo is.

    Parameters
    ----------
    close_ups_of : callable
        N x H x W x 3 uint8 crops to what is seen in each; H and W are multiples of 32, at most ``CROP``.
    photo : Pyramid
    maps : Maps
        Maps of the whole photo, at any size; they show where to look.
    """
    own = max(photo.shape)
    enough = min(own, ENOUGH)
    side: float = own if own <= ENOUGH * NEAR else ENOUGH
    places = sharpest_places(photo, maps.blurred)
    boxes = list(dict.fromkeys(crop_box(photo.shape, place, side) for place in places))  # one where all are the whole
    parts = sharpest_parts(close_ups_of, photo, boxes, side)
    odds = np.array([part.odds_wider(SHARP_WIDTH * side / enough) for part in parts])
    sharp = np.array([float((1 - part_of(maps.blurred, photo.shape, box)).max()) for box in boxes]) ** 2 + UNLIKELY
    best = int(odds.argmin())
    soft_mean = float(np.average(np.clip(odds, -MOST, MOST), weights=sharp))
    motion = float(np.average([part.motion for part in parts], weights=expit(odds)))
    full = parts[best] if side == own else None
    if parts[best].width <= SHARP_WIDTH:
        size = float(side)
        if side < own:  # what is sharp at that size stays so, whatever is seen at a larger one
            box = crop_box(photo.shape, middle(parts[best], boxes[best], photo.shape), own)
            (full,) = sharpest_parts(close_ups_of, photo, [box], own)
            size = max(sharp_up_to(full, own), size)
    else:

        def smaller(size: float) -> Part:
            at_size = list(dict.fromkeys(crop_box(photo.shape, place, size) for place in places))
            return min(sharpest_parts(close_ups_of, photo, at_size, size), key=lambda part: part.softness)

        size, last = confirmed(parts[best], float(side), smaller, min(SMALLEST, own))
        motion = motion if last is None else last.motion
    return Sharpness(round(min(size, own)), float(odds[best]), soft_mean, motion, full.wider[0] if full else MOST)


def sharp_up_to(part: Part, side: float) -> float:
    """The size at which the blur of a part, seen at ``side``, is ``SHARP_WIDTH`` pixels wide."""
    return side * SHARP_WIDTH / part.width


def confirmed(part: Part, side: float, smaller: Callable[[float], Part], least: float) -> tuple[float, Part | None]:
    """The size up to which a part looks sharp that is soft at ``side``; and how it was seen last while it was soft.

    Nobody can tell how wide very wide blur is, so what a crop says is looked at: at the size at which the part
    should be sharp, and if it is not, on from there.
    """
    soft = None
    for _ in range(MOST_LOOKS):
        guess = max(min(sharp_up_to(part, side), side / NEAR), least)
        part_there = smaller(guess)
        if part_there.width <= SHARP_WIDTH:
            return min(sharp_up_to(part_there, guess), side), soft
        part, side, soft = part_there, guess, part_there
        if guess <= least:
            break
    return max(min(sharp_up_to(part, side), side), least), soft


def sharpest_parts(close_ups_of: CloseUpsOf, photo: Pyramid, boxes: list[Box], side: float) -> list[Part]:
    """The sharpest part of each of some boxes of a photo whose long side is ``side`` pixels."""
    shape = crop_shape(photo.shape, side)
    return [
        sharpest_part(close_up) for close_up in close_ups_of(np.stack([photo.resized(shape, box) for box in boxes]))
    ]


def middle(part: Part, box: Box, shape: tuple[int, int]) -> Place:
    """Where in a photo of that shape the middle of a part of a box is."""
    left, top, right, bottom = box
    row, column = part.place
    return (top + row * (bottom - top)) / shape[0], (left + column * (right - left)) / shape[1]


def sharpest_places(photo: Pyramid, blurred: Floats) -> list[Place]:
    """Where to look: ``CROPS`` places, sharp and full of detail, apart."""
    grey = np.asarray(Image.fromarray(photo.resized(blurred.shape)).convert("L"), np.float32)
    detail = np.abs(np.gradient(grey, axis=0)) + np.abs(np.gradient(grey, axis=1))
    return peaks_apart((1 - blurred) ** 2 * np.minimum(detail, 40) + 1e-3 * (1 - blurred), CROPS)


def crop_shape(shape: tuple[int, int], side: float) -> tuple[int, int]:
    """Height and width of a crop of a photo whose long side is ``side``: ``CROP``, or less where the photo is."""
    height, width = fit_multiple(shape, side)
    return min(height, CROP), min(width, CROP)


def crop_box(shape: tuple[int, int], place: Place, side: float) -> Box:
    """What a crop around a place shows, in pixels of the photo: all of a side that is shorter than ``CROP``."""
    scale = max(shape) / side  # photo pixels per pixel of the crop
    (top, bottom), (left, right) = (
        span(centre * n, CROP * scale if size == CROP else n, n)
        for centre, size, n in zip(place, crop_shape(shape, side), shape, strict=True)
    )
    return left, top, right, bottom


def span(centre: float, size: float, whole: float) -> tuple[float, float]:
    """Start and end of a stretch around a centre, moved and cut to lie within the whole."""
    start = min(max(centre - size / 2, 0.0), max(whole - size, 0.0))
    return start, min(start + size, whole)


def part_of(blurred: Floats, shape: tuple[int, int], box: Box) -> Floats:
    """What the map of a photo of that shape tells of a box of it."""
    down, across = blurred.shape[0] / shape[0], blurred.shape[1] / shape[1]
    left, top, right, bottom = box
    return blurred[int(top * down) : int(np.ceil(bottom * down)), int(left * across) : int(np.ceil(right * across))]
