"""A glance at a frame: the map of a small copy, and how much fine detail there is at the frame's own pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blurmap.imaging.logits import logit
from blurmap.imaging.resizing import fit_multiple
from blurmap.models.default import DefaultModel
from blurmap.video.reading import Frame

Floats = NDArray[np.float32]

SMALL_SIDE = 256  # pixels, long side of the copy
CELLS = 24  # across and down, that detail is measured in
ROWS = 4  # every so many rows and columns of the frame are looked at
FAINT = 1.0  # squared greys: what noise alone leaves in a cell, about


@dataclass(frozen=True, eq=False)
class Glance:
    """What is known of every frame.

    Attributes
    ----------
    frame : Frame
    small : h x w x 3 uint8
        Its small copy.
    blurred : h' x w' float32 in [0, 1]
        Probability of blur, of the copy.
    detail : c x c float32
        Logarithm of the mean squared difference between neighbours in each cell of a grid: in its mean over the frame
        strong edges of a sharp background do not outshout the part that moves.
    """

    frame: Frame
    small: NDArray[np.uint8]
    blurred: Floats
    detail: Floats

    @property
    def sharpness(self) -> float:
        """How sure the map is that the frame is sharp: minus the mean logit of its probability of blur.

        Probabilities near 0 and 1 differ little where their logits still tell a slight shake from none.
        """
        return -float(logit(self.blurred).mean())


def glance(model: DefaultModel, frame: Frame) -> Glance:
    """Look at a frame, in some milliseconds."""
    small = frame.pixels(fit_multiple(frame.shape, SMALL_SIDE))
    return Glance(frame, small, model.look(small[None])[0].blurred, detail(frame.grey()))


def detail(grey: NDArray[np.uint8]) -> Floats:
    """See :class:`Glance`; of an H x W uint8 luma."""
    across, down = grey[::ROWS], grey[:, ::ROWS].T
    energy = cells(np.diff(across.astype(np.int16))) + cells(np.diff(down.astype(np.int16))).T
    return np.log(energy + FAINT)


def cells(differences: NDArray[np.int16]) -> Floats:
    """Mean squares over a grid of ``CELLS`` x ``CELLS``, fewer where there are not as many pixels."""
    total: Floats = np.square(differences, dtype=np.float32)
    for axis in (0, 1):
        edges = np.unique(np.linspace(0, total.shape[axis], CELLS + 1).astype(int))
        total = np.add.reduceat(total, edges[:-1], axis) / np.diff(edges).reshape((-1, 1) if axis == 0 else (1, -1))
    return total
