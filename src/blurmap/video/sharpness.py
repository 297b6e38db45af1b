"""Close-ups: the few best frames of a window compared by the map, at the same places, at their own pixels.

A shake of some pixels shows in no small copy. Where to look: where the frames differ in fine detail, and the map of a
small copy says that one of them is sharp; a moving subject is found before any background, and what is always soft is
passed over.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.imaging.logits import logit
from blurmap.imaging.peaks import Place, peaks_apart
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit_multiple, resize_map
from blurmap.models import CloseUpModel
from blurmap.verdict.sharp_size import crop_box, crop_shape
from blurmap.video.glance import Glance

Floats = NDArray[np.float32]

PLACES = 4
FULL_SIDE = 1920  # pixels, long side; larger frames are looked at in this size
SMALL_SIDE = 256  # pixels, long side of the copies


def close_up_sharpness(model: CloseUpModel, contenders: list[Glance]) -> NDArray[np.float64]:
    """How sharp each frame is at the places where it matters: mean logit of the probability of being sharp.

    Probabilities near 0 and 1 differ little where logits still tell a slight shake from none.
    """
    shape = contenders[0].frame.shape
    small = np.stack([one.frame.pixels(fit_multiple(shape, SMALL_SIDE)) for one in contenders])
    maps = model.blurred(small)
    side = min(FULL_SIDE, max(shape))
    boxes = sorted({crop_box(shape, place, side) for place in places_that_differ(contenders, maps)})
    size = crop_shape(shape, side)
    sharpness = []
    for contender in contenders:
        photo = Pyramid(Image.fromarray(contender.frame.pixels()))
        crops = np.stack([photo.resized(size, box) for box in boxes])
        sharpness.append(-np.mean([logit(crop).mean() for crop in model.blurred(crops)]))
    return np.array(sharpness, np.float64)


def places_that_differ(contenders: list[Glance], maps: Floats) -> list[Place]:
    """Up to ``PLACES`` places, apart: where detail differs most among the frames, and one of them at least is sharp.

    ``maps`` are those of the frames, n x h x w float32 probabilities of blur.
    """
    sharp: Floats = 1 - maps.min(axis=0)
    detail = np.stack([one.detail for one in contenders])
    spread = resize_map(detail.max(axis=0) - detail.min(axis=0), (sharp.shape[0], sharp.shape[1]))
    return peaks_apart(sharp**2 * (spread + 1e-3), PLACES)
