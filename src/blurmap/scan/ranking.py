"""Which photo of a burst is the best: the one in which the subject is sharpest, on the same region of all."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, shift

from blurmap.scan.traces import COPY, STEP, Trace

MARGIN = 0.05  # doublings of the detail: photos that differ by less are as sharp as each other
NOISE = 4.0  # energy that grain alone may have
SOME = 0.02  # of the weight that every cell of the centre has, even where nothing is sharp

Floats = NDArray[np.float32]
Shift = tuple[float, float]  # down, across: of a photo's content against the first one's, in pixels of small copies


def ranks(traces: list[Trace], shifts: list[Shift]) -> list[int]:
    """Rank of each photo, 1 = best; photos that are as sharp as each other share one, and the next is left out."""
    scores = sharpness(traces, shifts)
    order = np.argsort(-scores, kind="stable")
    found, leader, rank = [0] * len(scores), np.inf, 0
    for place, i in enumerate(order, 1):
        if leader - scores[i] > MARGIN:
            leader, rank = scores[i], place
        found[i] = rank
    return found


def sharpness(traces: list[Trace], shifts: list[Shift]) -> NDArray[np.float64]:
    """How sharp the burst's subject is in each photo: doublings of its detail, 0 for what no photo surpasses."""
    grids = np.array(
        [
            [_moved(values, *by) for values in (trace.sharp, *trace.detail)]
            for trace, by in zip(traces, shifts, strict=True)
        ],
        np.float32,
    )
    sharp: Floats = grids[:, 0] / np.float32(255)
    logs: Floats = grids[:, 1:] / np.float32(STEP)
    energy = np.exp2(logs) - 1
    coarse = gaussian_filter(energy[:, -1], (0, 1.5, 1.5))
    gain = np.exp2(np.median(np.log2((coarse + NOISE) / (coarse[:1] + NOISE)), axis=(1, 2)))
    energy /= gain[:, None, None, None]
    level = np.log2(energy[:, :-1] + NOISE)
    lost = (level - level.max(axis=0)).mean(axis=1)  # photos x h x w, at most 0
    weight = subject(sharp)
    return np.asarray((lost * weight).sum(axis=(1, 2)) / weight.sum(), float)


def subject(sharp: Floats) -> Floats:
    """How much each cell of the grid counts, h x w: the share of photos in which it is sharp, more at the centre."""
    height, width = sharp.shape[1:]
    rows, columns = np.mgrid[:height, :width]
    away = ((rows + 0.5) / height - 0.5) ** 2 + ((columns + 0.5) / width - 0.5) ** 2
    centre = np.exp(-away / (2 * 0.25**2)).astype(np.float32)
    share: Floats = (sharp > 0.5).mean(axis=0, dtype=np.float32)
    return (share + SOME) * centre


def _moved(values: NDArray[np.uint8], down: float, across: float) -> Floats:
    return shift(values.astype(np.float32), (-down / COPY, -across / COPY), order=1, mode="nearest")
