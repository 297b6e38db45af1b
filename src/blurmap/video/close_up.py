"""Close-ups: the few best frames of a window compared at the same places, at their own pixels.

A shake of some pixels shows in no small copy. Where to look: where the frames differ in fine detail, and the map says
that one of them is sharp; a moving subject is found before any background, and what is always soft is passed over.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter
from scipy.special import expit

from blurmap.imaging.logits import logit
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import resize_map
from blurmap.models.default import DefaultModel
from blurmap.verdict.sharp_size import Place, crop_box, crop_shape
from blurmap.video.glance import Glance

Floats = NDArray[np.float32]

PLACES = 4
FULL_SIDE = 1920  # pixels, long side; larger frames are looked at in this size


def close_up_sharpness(model: DefaultModel, contenders: list[Glance]) -> list[float]:
    """How sharp each frame is at the places where it matters: a mean probability of being sharp (of its logit)."""
    places = places_that_differ(contenders)
    shape = contenders[0].frame.shape
    side = min(FULL_SIDE, max(shape))
    boxes = sorted({crop_box(shape, place, side) for place in places})
    size = crop_shape(shape, side)
    sharpness = []
    for contender in contenders:
        seen = Pyramid(Image.fromarray(contender.frame.pixels()))
        crops = np.stack([seen.resized(size, box) for box in boxes])
        logits = [logit(maps.blurred).mean() for maps in model.look(crops)]
        sharpness.append(float(expit(-np.mean(logits))))
    return sharpness


def places_that_differ(contenders: list[Glance]) -> list[Place]:
    """Up to ``PLACES`` places, apart: where detail differs most among the frames, and one of them at least is sharp."""
    sharp: Floats = 1 - np.min([one.blurred for one in contenders], axis=0)
    detail = np.stack([one.detail for one in contenders])
    spread = resize_map(detail.max(axis=0) - detail.min(axis=0), (sharp.shape[0], sharp.shape[1]))
    window = max(min(sharp.shape) // 4, 1)
    score = uniform_filter(sharp**2 * (spread + 1e-3), window, mode="nearest")
    rows, columns = np.mgrid[: score.shape[0], : score.shape[1]]
    places = []
    for _ in range(PLACES):
        row, column = np.unravel_index(int(score.argmax()), score.shape)
        places.append(((row + 0.5) / score.shape[0], (column + 0.5) / score.shape[1]))
        score = np.where((abs(rows - row) < window) & (abs(columns - column) < window), -1.0, score)
    return places
