"""The best frame of each window: a glance at every frame, then the few best seen close up."""

import heapq
import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from scipy.special import expit

from blurmap.bounded_map import bounded_map
from blurmap.models import CloseUpModel
from blurmap.video.glance import Glance, glance
from blurmap.video.reading import Frame, Video
from blurmap.video.sharpness import close_up_sharpness
from blurmap.video.windows import Windows

CONTENDERS = 3  # of a window, by each of the two things that a glance tells
# What a logarithm of detail is worth in logits of the map. A crop of which one part is very sharp looks soft elsewhere
# to the map, and detail knows no such context; of 12 to 30 the choices were the same on the videos this was found on.
DETAIL_COUNTS = 16


@dataclass(frozen=True, eq=False)
class Best:
    """The frame of a window.

    Attributes
    ----------
    window : int
        From 0; a window without any readable frame is passed over.
    frame : Frame
    sharpness : float in [0, 1]
        Probability of being sharp, by the map, where it matters in the window's best frames, close up.
    record : dict
        What ``detect`` says of the frame: verdict, reason and so on, see [`blurmap.BlurMap.record`][].
    """

    window: int
    frame: Frame
    sharpness: float
    record: dict[str, Any]


def best_frames(video: Video, windows: Windows, model: CloseUpModel, end: float | None = None) -> Iterator[Best]:
    """The best frame of each window, in order; memory does not grow with the video, nor with a window.

    Parameters
    ----------
    video : Video
    windows : Windows
    model : CloseUpModel
        Is called from as many threads as there are cores: load it with ``threads=1``.
    end : float, optional
        In seconds; frames from there on are not read.
    """
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        glances = bounded_map(pool, glance, video.frames(windows.start, end), 4 * cores + 1)
        groups = groupby(glances, lambda seen: windows.index(seen.frame.time))
        candidates = ((i, contenders(group)) for i, group in groups)
        yield from bounded_map(pool, partial(best_of, model), candidates, cores + 1)


def contenders(glances: Iterable[Glance]) -> list[Glance]:
    """The frames of a window that are worth a closer look: those with the most detail, and the crispest.

    They are of one size, as they are compared pixel for pixel: where frames grow or shrink in it, of the largest.
    """
    by_detail: list[tuple[float, int, Glance]] = []
    by_crispness: list[tuple[float, int, Glance]] = []
    shape = (0, 0)
    for seen in glances:
        if math.prod(seen.frame.shape) > math.prod(shape):
            shape, by_detail, by_crispness = seen.frame.shape, [], []
        if seen.frame.shape != shape:
            continue
        for ranking, value in ((by_detail, float(seen.detail.mean())), (by_crispness, seen.crispness)):
            heapq.heappush(ranking, (value, -seen.frame.number, seen))  # of equals the first stays
            if len(ranking) > CONTENDERS:
                heapq.heappop(ranking)
    chosen = {seen.frame.number: seen for _, _, seen in by_detail + by_crispness}
    return [chosen[number] for number in sorted(chosen)]


def best_of(model: CloseUpModel, window: tuple[int, list[Glance]]) -> Best:
    """The sharpest of a window's contenders, and what there is to say of it."""
    index, candidates = window
    sharpness = close_up_sharpness(model, candidates)
    detail = np.array([seen.detail.mean() for seen in candidates])
    best = int(np.argmax(sharpness + DETAIL_COUNTS * detail))
    frame = candidates[best].frame
    record = model.detect(frame.pixels()).record()
    return Best(index, frame, float(expit(sharpness[best])), record)
