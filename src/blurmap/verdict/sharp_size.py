"""The size up to which a photo still looks sharp, and what kind of blur ends it, from crops of its sharpest parts.

A photo of 24 megapixels that is slightly soft at 100 % is perfectly sharp at 1600 pixels: whether it is sharp depends
on the size it is shown at, and this is that size. The map tells where to look, and what is seen at its own scale; a few
small crops decide the rest, so large photos cost little more.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter

from blurmap.imaging.logits import EPSILON, logit
from blurmap.imaging.pyramid import Box, Pyramid
from blurmap.imaging.resizing import fit_multiple
from blurmap.maps import Maps

CROP = 192  # pixels, side of a crop; a multiple of what the network takes
CROPS = 2
ENOUGH = 1280  # pixels: a photo that is sharp at this long side is as good as sharp
SMALLEST = 160  # pixels, long side, about: less is not looked at
STEP = 2**0.5  # between neighbouring scales, about
SHARPEST = 0.25  # share of a crop that has to look sharp

Floats = NDArray[np.float32]
Place = tuple[float, float]  # row, column, as shares of the sides
LogChances = NDArray[np.float64]  # 3 logarithms of the probabilities of sharp, defocus and motion


@dataclass(frozen=True, eq=False)
class CloseUp:
    """What the network says of a crop.

    Attributes
    ----------
    blurred : h x w float32 in [0, 1]
        Calibrated probability that a pixel is blurred.
    kinds : 3 float32 in [0, 1]
        Probabilities that the crop, taken as a whole, is sharp, defocused, and blurred by motion.
    """

    blurred: Floats
    kinds: Floats


@dataclass(frozen=True, eq=False)
class Sharpness:
    """Up to which size a photo looks sharp, and what its blur is like there.

    Attributes
    ----------
    size : int
        The long side in pixels at which the probability of blur of the sharpest quarter of the sharpest crop passes
        0.5, interpolated between scales a factor of about 1.41 apart; at most the photo's own; about ``SMALLEST`` (or
        the photo's long side, if that is less) where nothing is sharp at any scale.
    where_it_shows : 3 float64
        Log chances of the kinds of the crops one scale above that at which they begin to look soft: mild blur does not
        show, so its kind does not either, at the scale of the map, and where it begins to, its kind is hard to tell.
    at_enough : 3 float64
        The same at the scale nearest to ``ENOUGH``, or at the photo's own.
    """

    size: int
    where_it_shows: LogChances
    at_enough: LogChances


def sharpness(look: Callable[[NDArray[np.uint8]], list[CloseUp]], photo: Pyramid, maps: Maps, side: float) -> Sharpness:
    """How sharp the sharpest part of a photo is.

    Parameters
    ----------
    look : callable
        N x H x W x 3 uint8 crops to what is seen in each; H and W are multiples of 32, at most ``CROP``.
    photo : Pyramid
    maps : Maps
        Of the whole photo, at any size; show where to look.
    side : float
        Long side in pixels that the photo was seen at for these.
    """
    sides, start = scales(max(photo.shape), side)
    places = sharpest_places(photo, maps.blurred)
    last = len(sides) - 1
    enough = max((i for i in range(last + 1) if sides[i] <= ENOUGH * STEP**0.5), default=0)

    def boxes(i: int) -> list[Box]:
        return sorted({crop_box(photo.shape, place, sides[i]) for place in places})  # one where all are the whole photo

    @cache
    def seen(i: int) -> list[CloseUp]:
        shape = crop_shape(photo.shape, sides[i])
        return look(np.stack([photo.resized(shape, box) for box in boxes(i)]))

    @cache
    def soft(i: int) -> float:
        """Logit of the probability of blur at scale i; rises with i."""
        if i == start:
            return softness(part_of(maps.blurred, photo.shape, box) for box in boxes(i))
        return softness(crop.blurred for crop in seen(i))

    def found(size: float, shows: int) -> Sharpness:
        return Sharpness(round(float(size)), log_chances(seen(min(shows + 1, last))), log_chances(seen(enough)))

    low, high = (0, start) if soft(start) > 0 else (start, last)
    if soft(high) <= 0:
        return found(sides[-1], last)
    if soft(low) > 0:
        return found(sides[0], low)

    def crossing() -> float:
        """Share of the way from low to high at which the logit passes 0, were it a straight line."""
        return -soft(low) / (soft(high) - soft(low))

    while high - low > 1:
        guess = low + round(crossing() * (high - low))
        guess = min(max(guess, low + 1), high - 1)
        if soft(guess) > 0:
            high = guess
        else:
            low = guess
    return found(sides[low] * (sides[high] / sides[low]) ** crossing(), high)


def scales(long_side: int, seen: float) -> tuple[list[float], int]:
    """Long sides to look at, rising to the photo's own, and which of them the map stands for."""
    seen = min(seen, long_side)
    up = round(np.log(long_side / seen) / np.log(STEP))
    seen = seen if up else long_side  # near enough
    down = max(round(np.log(seen / SMALLEST) / np.log(STEP)), 0)
    below = [seen / STEP**i for i in range(down, 0, -1)]
    return below + [seen * (long_side / seen) ** (i / max(up, 1)) for i in range(up + 1)], down


def softness(crops: Iterable[Floats]) -> float:
    """Logit of the probability of blur of the sharpest part of the sharpest crop."""
    sharpest = min(float(np.quantile(crop, SHARPEST / 2)) for crop in crops)
    return float(logit(np.float32(sharpest)))  # type: ignore[arg-type]


def log_chances(crops: list[CloseUp]) -> LogChances:
    """Logarithms of the probabilities of the kinds, their mean over the crops."""
    kinds = np.array([crop.kinds for crop in crops], np.float64)
    mean: LogChances = np.log(np.maximum(kinds, EPSILON)).mean(0)
    return mean


def sharpest_places(photo: Pyramid, blurred: Floats) -> list[Place]:
    """Where to look: ``CROPS`` places, sharp and full of detail, apart."""
    grey = np.asarray(Image.fromarray(photo.resized(blurred.shape)).convert("L"), np.float32)
    detail = np.abs(np.gradient(grey, axis=0)) + np.abs(np.gradient(grey, axis=1))
    window = max(min(blurred.shape) // 4, 1)
    score = uniform_filter((1 - blurred) ** 2 * np.minimum(detail, 40) + 1e-3 * (1 - blurred), window, mode="nearest")
    height, width = score.shape
    rows, columns = np.mgrid[:height, :width]
    places = []
    for _ in range(CROPS):
        row, column = np.unravel_index(int(score.argmax()), score.shape)
        places.append(((row + 0.5) / height, (column + 0.5) / width))
        score = np.where((abs(rows - row) < window) & (abs(columns - column) < window), -1.0, score)
    return places


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
