"""A glance at a frame: how much fine detail there is where, at the frame's own pixels.

It is cheap, so that every frame gets one; which of the best few is the sharpest is seen close up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blurmap.video.reading import Frame

Floats = NDArray[np.float32]

CELLS = 24  # across and down, that detail is measured in
ROWS = 128  # about so many rows of the frame are looked at, and columns as close together
FAINT = 5.0  # squared greys, that compression alone leaves in a cell, about
FINE = 2  # pixels between those that detail compares: noise and compression rule what lies closer
NEAR, FAR = 4, 8  # pixels, for crispness


@dataclass(frozen=True, eq=False)
class Glance:
    """What is known of every frame.

    Attributes
    ----------
    frame : Frame
    detail : c x c float32
        Logarithm of the mean squared difference between pixels close together, in each cell of a grid: in its mean
        over the frame the strong edges of a sharp background do not outshout the part that moves.
    crispness : float
        Mean over the cells of the logarithm of how much pixels differ from near ones, in shares of how much they
        differ from farther ones: light, contrast and what is in the picture hardly change it, blur does.
    """

    frame: Frame
    detail: Floats
    crispness: float


def glance(frame: Frame) -> Glance:
    """Look at a frame, in some milliseconds."""
    grey = frame.grey()
    step = max(min(grey.shape) // ROWS, 1)
    rows, columns = grey[::step].astype(np.int16), np.ascontiguousarray(grey[:, ::step].T).astype(np.int16)
    detail, near, far = (np.log(energy(rows, lag) + energy(columns, lag).T + FAINT) for lag in (FINE, NEAR, FAR))
    return Glance(frame, detail, float((near - far).mean()))


def energy(rows: NDArray[np.int16], lag: int) -> Floats:
    """Mean squared difference of pixels that far apart in a row, over ``CELLS`` x ``CELLS`` cells, float32."""
    lag = min(lag, rows.shape[1] - 1)
    total: Floats = np.square(rows[:, lag:] - rows[:, : rows.shape[1] - lag], dtype=np.float32)
    for axis in (0, 1):
        edges = np.linspace(0, total.shape[axis], CELLS, endpoint=False).astype(int)
        counts = np.maximum(np.diff(np.append(edges, total.shape[axis])), 1)
        shape = (-1, 1) if axis == 0 else (1, -1)
        total = (np.add.reduceat(total, edges, axis) / counts.reshape(shape)).astype(np.float32)
    return total
