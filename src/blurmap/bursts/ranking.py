"""Which photo of a burst is the best: the one in which the subject is sharpest, on the same region of all."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift

from blurmap.bursts.traces import CELLS, COPY, STEP, Trace

# Chosen on bursts that benchmarks/bursts.py makes of photos for training; detail is told in doublings of its energy.
MARGIN = 0.08  # photos whose subjects differ by less are as sharp as each other
EXPLAINED_LOSS = 0.4  # less detail than the best photo has at a cell that grain, JPEG and small shifts explain
DIFFERENT = 0.5  # what is lost in some photo at a cell that is compared at all
LEAST_COMPARED = 0.05  # share of the whole weight: a few cells do not part photos that are equal elsewhere
NOISE = 4.0  # energy that grain alone may have
SMOOTHING = 1.0  # cells, standard deviation: views are not aligned better than that
CENTRE = 0.2  # of the sides, standard deviation of the weight that falls off from the middle
ANYWHERE = 0.01  # weight of a cell that is sharp in no photo: with CENTRE, the middle decides where nothing is sharp

Floats = NDArray[np.float32]
Shift = tuple[float, float]  # down, across: of a photo's content against the first one's, in pixels of small copies


def ranks(traces: list[Trace], shifts: list[Shift]) -> list[int]:
    """Rank of each photo, 1 = best; photos that are as sharp as each other share one, and the next is left out."""
    lost = detail_lost(traces, shifts)
    order = np.argsort(lost, kind="stable")
    found, leader, rank = [0] * len(lost), -np.inf, 0
    for place, i in enumerate(order, 1):
        if lost[i] - leader > MARGIN:
            leader, rank = lost[i], place
        found[i] = rank
    return found


def detail_lost(traces: list[Trace], shifts: list[Shift]) -> Floats:
    """How much less detail the subject has in each photo than in the best at each place, in doublings, 0 or more.

    Only where photos differ is compared, so that a sharp background does not hide what the subject loses.
    """
    grids = np.array(
        [
            [_moved(values, *by) for values in (trace.sharp, *trace.detail)]
            for trace, by in zip(traces, shifts, strict=True)
        ],
        np.float32,
    )
    weight = subject(grids[:, 0] / np.float32(255))
    level = _same_exposure(grids[:, 1:])
    lost = np.maximum(level.max(axis=0) - level - np.float32(EXPLAINED_LOSS), 0).mean(axis=1)
    compared = weight * (lost.max(axis=0) > DIFFERENT)
    result: Floats = (lost * weight).sum(axis=(1, 2)) / (compared.sum() + LEAST_COMPARED * weight.sum())
    return result


def subject(sharp: Floats) -> Floats:
    """How much each cell counts, h x w: the squared share of photos in which it is sharp, more at the centre.

    So a region that is sharp in most photos outweighs the background that one of them is focused on.
    """
    away = (np.arange(CELLS) + 0.5) / CELLS - 0.5
    centre = np.exp(-np.square(away) / (2 * CENTRE**2))
    share = (sharp > 0.5).mean(axis=0)
    return np.asarray((share**2 + ANYWHERE) * np.outer(centre, centre), np.float32)


def _same_exposure(stored: Floats) -> Floats:
    """Detail of photos x levels x h x w in doublings, as if all were exposed alike; without the coarsest level.

    That one, which mild blur leaves alone, tells how they were exposed.
    """
    energy = gaussian_filter(np.exp2(stored / np.float32(STEP)) - 1, (0, 0, SMOOTHING, SMOOTHING))
    coarse = energy[:, -1] + NOISE
    gain = np.exp2(np.median(np.log2(coarse / coarse[:1]), axis=(1, 2)))
    level: Floats = np.log2(energy[:, :-1] / gain[:, None, None, None] + NOISE)
    return level


def _moved(values: NDArray[np.uint8], down: float, across: float) -> Floats:
    return shift(values.astype(np.float32), (-down / COPY, -across / COPY), order=1, mode="nearest")
