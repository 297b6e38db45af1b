"""Where in the frame something lies, in words."""

import numpy as np
from numpy.typing import NDArray


def whereabouts(region: NDArray[np.bool_]) -> str:
    """Where in the frame a region is: "upper left" to "lower right", "centre"."""
    if not region.any():
        return "nowhere"
    rows, columns = np.nonzero(region)
    row, column = rows.mean() / region.shape[0], columns.mean() / region.shape[1]
    down = "upper" if row < 1 / 3 else "lower" if row > 2 / 3 else ""
    across = "left" if column < 1 / 3 else "right" if column > 2 / 3 else ""
    return f"{down} {across}".strip() if down and across else (f"{down} middle" if down else across or "centre")
