"""Pictures that were drawn, not taken with a camera: screenshots, logos, fax pages, rendered text.

Their grounds are of one value to the bit, and their edges lie between one pixel and the next. The network of close-ups
has learnt from what cameras make of a scene, and takes small smoothed letters for shaken ones.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from blurmap.imaging.pyramid import Pyramid

SQUARE, ACROSS = 160, 3  # pixels, and how many squares each way are looked at of a photo that has more
NEAR = 11  # pixels, side: strokes are that near to their ground, through JPEG too
EVEN = 0.8  # share of the pixels that are on, or near, a ground of one value
TILE = 16  # pixels, side
SHADES = 12  # grey levels between the darkest and the brightest of a tile that shows something
STEP = 0.45  # of these, from one pixel to the next: blur with a deviation of a pixel has at most .4
HARD = 0.9  # share of the tiles that show something which have such a step
BOTH = 0.3  # share of them that has one down, and across
PLAIN, MOST = 60, 0.25  # grey levels of a step that no grain makes, and the share of the tiles which have one


def drawn(photo: Pyramid) -> bool:
    """Whether a picture was drawn: even grounds, and a hard edge wherever there is anything to see.

    Of 180 photos blurred by 3 to 20 pixels with a title over them, as PNG and JPEG, at most .64 of the tiles have a
    hard edge (and most of them at most .42); of 74 drawn pictures at least .98.
    """
    pixels = even = shown = hard = plainly = 0
    each_way = np.zeros(2)  # tiles with a hard edge down, and across: a page shaken along its lines keeps half of them
    for grey in _squares(photo):
        down, right = np.abs(np.diff(grey, axis=0)), np.abs(np.diff(grey, axis=1))
        level = (down[:, :-1] == 0) & (right[:-1] == 0)
        even += int(maximum_filter(level, NEAR).sum())
        pixels += level.size
        tiles = _tiles(grey)
        shades = np.ptp(tiles, axis=(1, 3))
        ways = [np.abs(np.diff(tiles, axis=axis)).max((1, 3)) for axis in (1, 3)]
        steps = np.maximum(*ways)
        shown += int((shades >= SHADES).sum())
        each_way += [((shades >= SHADES) & (way >= STEP * shades)).sum() for way in ways]
        plainly += int((steps >= PLAIN).sum())
        hard += int(((shades >= SHADES) & (steps >= STEP * shades)).sum())
    enough = hard >= HARD * shown and plainly >= MOST * shown and bool((each_way >= BOTH * shown).all())
    return shown > 0 and enough and even >= EVEN * pixels


def _squares(photo: Pyramid) -> Iterator[NDArray[np.int16]]:
    """Grey levels of squares of the photo's own pixels, spread over it; all of it where it is small."""
    height, width = photo.shape
    for y, down in _spans(height):
        for x, across in _spans(width):
            yield np.asarray(photo.image.crop((x, y, x + across, y + down)).convert("L"), np.int16)


def _spans(size: int) -> list[tuple[int, int]]:
    """Starts and lengths of what is looked at of a side."""
    if size <= SQUARE * ACROSS:
        return [(0, size)]
    return [(round(start), SQUARE) for start in np.linspace(0, size - SQUARE, ACROSS)]


def _tiles(grey: NDArray[np.int16]) -> NDArray[np.int16]:
    """Rows x TILE x columns x TILE: what does not fill a tile at the right and below is left out."""
    rows, columns = grey.shape[0] // TILE, grey.shape[1] // TILE
    return grey[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
