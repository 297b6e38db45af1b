"""The models by name, each loaded once per process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from blurmap.default import DefaultModel
from blurmap.paper import PaperModel
from blurmap.photo import Photo
from blurmap.result import BlurMap

Model = DefaultModel | PaperModel

CUHK_LICENCE = "CUHK photos: research only"
DEFAULT_LICENCE = f"{CUHK_LICENCE}; ImageNet encoder Apache-2.0"


@dataclass(frozen=True)
class Shipped:
    """What ``blurmap models`` tells of a model: how to load it, what it gives, and on what terms it was trained."""

    load: Callable[[], Model]
    gives: str
    training_data: str


MODELS = {
    "default": Shipped(DefaultModel, "probability, mask, type of blur", DEFAULT_LICENCE),
    "default-int8": Shipped(
        lambda: DefaultModel("default-int8"),
        "the same, smaller and faster",
        DEFAULT_LICENCE,
    ),
    "paper": Shipped(PaperModel, "probability, mask by graph cut", CUHK_LICENCE),
}
DEFAULT = "default"

_loaded: dict[str, Model] = {}
_lock = threading.Lock()


def load(name: str = DEFAULT) -> Model:
    """A model by name, loaded on the first call and shared by later ones; safe to use from several threads.

    Parameters
    ----------
    name : str
        ``"default"``: our own network, which also tells defocus from motion; ``"default-int8"``: the same with 8-bit
        weights, smaller and faster; ``"paper"``: the system of Purohit, Shah and Rajagopalan (ICIP 2018).

    Raises
    ------
    ValueError
        If there is no model of that name.
    WeightsError
        If its weight files are missing or damaged.
    """
    if name not in MODELS:
        raise ValueError(f"no model {name!r}; there is {', '.join(MODELS)}")
    with _lock:
        if name not in _loaded:
            _loaded[name] = MODELS[name].load()
        return _loaded[name]


def detect(photo: Photo, model: str = DEFAULT) -> BlurMap:
    """Find where a photo is blurred.

    Parameters
    ----------
    photo : path, bytes, binary file object, PIL image, or array
        EXIF orientation is honoured. An array must be uint8, H x W x 3 RGB or H x W grey.
    model : str
        Name of the model, see :func:`blurmap.load`.

    Returns
    -------
    BlurMap
        At the photo's own size: ``probability`` (float32 in [0, 1], 1 = blurred), ``mask`` (bool, True = blurred),
        ``kind`` (uint8: 0 sharp, 1 defocus, 2 motion; None from ``paper``), ``fraction`` (share of blurred pixels),
        ``fractions`` (by kind), ``overlay()`` and ``save()``.

    Raises
    ------
    PhotoError
        If the photo cannot be used; the message says why.
    """
    return load(model).detect(photo)
