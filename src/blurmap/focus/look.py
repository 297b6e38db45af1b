"""The look at a whole photo: the network of close-ups over all of its pixels, and over its halved copies.

Nobody can tell how wide very wide blur is from near by, so each place is judged at the size at which its blur is a few
pixels wide: near at first, and where that sees nothing but blur, from further away.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy.ndimage import uniform_filter
from scipy.special import expit

from blurmap.focus.close_up import CELL as SEEN
from blurmap.focus.close_up import SHARP_WIDTH, WIDTHS, CloseUp, CloseUpsOf, widths
from blurmap.focus.focus_map import CELL, FocusMap
from blurmap.imaging.noise import noise_level
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import MULTIPLE, fit, resize_map

SMALLEST = 240  # pixels, long side: smaller copies show nothing more
CLEAR, BLURRED = 2.0, 4.0  # pixels of a copy: blur up to the first is judged there, above the second further away
TILE, MARGIN = 1536, 96  # pixels of a copy seen at a time, and around them: bounds the memory
SMOOTH = 1.0  # pixels of a copy, deviation: finer is noise
STEP, PER_NOISE = 4.0, 1.5  # grey levels from pixel to pixel that tell something: at least, and per level of noise
COMPANY = 0.45  # share of a cell and its neighbours: fewer with such a step are grains

Floats = NDArray[np.float32]


def look(close_ups_of: CloseUpsOf, photo: Pyramid, long_side: int | None = None) -> FocusMap:
    """How wide the blur of a photo is everywhere.

    Parameters
    ----------
    close_ups_of : callable
        N x H x W x 3 uint8 pixels to what is seen in each; H and W are multiples of 32.
    photo : Pyramid
    long_side : int, optional
        Pixels at which the nearest look is taken, at most the photo's own, which it is if not given.
    """
    own, noise = max(photo.shape), noise_level(photo)
    nearest = float(min(long_side or own, own))
    cells = -(-photo.shape[0] // CELL), -(-photo.shape[1] // CELL)
    sides = [nearest / 2**i for i in range(12) if i == 0 or nearest / 2**i >= SMALLEST]
    octaves, motion = np.zeros(cells, np.float32), np.zeros(cells, np.float32)
    known = np.zeros(cells, np.bool_)
    for side in reversed(sides):  # from further away to near by
        pixels = photo.picture(fit(photo.shape, side))
        seen = over_tiles(close_ups_of, np.asarray(pixels))
        here, moves = resize_map(np.log2(widths(seen.wider)), cells), resize_map(seen.motion, cells)
        shown = resize_map(evidence(pixels, noise * side / own).astype(np.float32), cells) > 0.5
        if side != nearest:
            shown &= here > np.log2(SHARP_WIDTH)  # what looks sharp from away is not seen well enough from there
        away = np.clip((here - np.log2(CLEAR)) / np.log2(BLURRED / CLEAR), 0, 1).astype(np.float32)
        away *= side != sides[-1]
        larger = np.float32(np.log2(own / side))
        at_least = np.minimum(here, np.float32(np.log2(BLURRED))) + larger  # as far as one can tell from here
        octaves = (1 - away) * (here + larger) + away * np.maximum(octaves, at_least)
        motion = (1 - away) * moves + away * motion
        known = shown | (known & (away > 0))
    return FocusMap(np.exp2(octaves).astype(np.float32), known, expit(motion).astype(np.float32), photo.shape)


def over_tiles(close_ups_of: CloseUpsOf, pixels: NDArray[np.uint8]) -> CloseUp:
    """What is seen in H x W x 3 pixels of any size, of which the last row and column of cells may be a part."""
    height, width = pixels.shape[:2]
    cells = -(-height // SEEN), -(-width // SEEN)
    full = [-(-n // MULTIPLE) * MULTIPLE for n in (height, width)]
    padded = np.pad(pixels, ((0, full[0] - height), (0, full[1] - width), (0, 0)), mode="edge")
    answers = np.empty((len(WIDTHS) + 2, full[0] // SEEN, full[1] // SEEN), np.float32)
    for top in range(0, full[0], TILE):
        for left in range(0, full[1], TILE):
            up, before = max(top - MARGIN, 0), max(left - MARGIN, 0)
            tile = padded[up : top + TILE + MARGIN, before : left + TILE + MARGIN]
            (close_up,) = close_ups_of(tile[None])
            here = np.concatenate([close_up.wider, close_up.motion[None], close_up.lettering[None]])
            rows, columns = slice(top // SEEN, (top + TILE) // SEEN), slice(left // SEEN, (left + TILE) // SEEN)
            place = answers[:, rows, columns]
            y, x = (top - up) // SEEN, (left - before) // SEEN
            place[:] = here[:, y : y + place.shape[1], x : x + place.shape[2]]
    answers = answers[:, : cells[0], : cells[1]]
    return CloseUp(answers[: len(WIDTHS)], answers[-2], answers[-1])


def evidence(pixels: Image.Image, noise: float) -> NDArray[np.bool_]:
    """Cells of ``SEEN`` pixels in which there is a course of light and dark that noise does not make, h x w bool."""
    grey = pixels.convert("L")
    cells = -(-grey.height // SEEN), -(-grey.width // SEEN)
    smooth = np.asarray(grey.filter(ImageFilter.GaussianBlur(SMOOTH)), np.int16)
    smooth = np.pad(
        smooth, ((0, cells[0] * SEEN - grey.height + 1), (0, cells[1] * SEEN - grey.width + 1)), mode="edge"
    )
    steps = np.maximum(np.abs(np.diff(smooth, axis=0))[:, :-1], np.abs(np.diff(smooth, axis=1))[:-1])
    most = steps.reshape(cells[0], SEEN, cells[1], SEEN).max((1, 3))
    shown = most > STEP + PER_NOISE * noise
    in_company: NDArray[np.bool_] = uniform_filter(shown.astype(np.float32), 3, mode="nearest") > COMPANY - 1e-3
    return shown & in_company
