"""How much noise a photo has, from its quietest tiles."""

import numpy as np

from blurmap.imaging.pyramid import Pyramid

TILE, TILES = 16, 8  # pixels of the photo, side of a tile, and how many each way noise is measured in
QUIET = 0.1  # the share of them that show nothing else
DEVIATION = 1.4826 / 1.25**0.5  # of noise, over the median of how much a pixel differs from the mean of four


def noise_level(photo: Pyramid) -> float:
    """Deviation of the noise of a photo's own pixels, in grey levels of one colour.

    Noise is everywhere, so quiet tiles tell; even text leaves gaps between its lines.
    """
    height, width = photo.shape
    rows, columns = (np.linspace(0, max(n - TILE, 0), TILES).round().astype(int) for n in (height, width))
    levels = []
    for row in rows:
        for column in columns:
            box = (column, row, min(column + TILE, width), min(row + TILE, height))
            tile = np.asarray(photo.image.crop(box), np.float32)
            if min(tile.shape[:2]) > 2:
                around = (tile[:-2, 1:-1] + tile[2:, 1:-1] + tile[1:-1, :-2] + tile[1:-1, 2:]) / 4
                levels.append(float(np.median(np.abs(tile[1:-1, 1:-1] - around))))
    return DEVIATION * float(np.quantile(levels, QUIET)) if levels else 0.0
