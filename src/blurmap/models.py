"""The models by name, each loaded once per process."""

import threading

from blurmap.paper import PaperModel
from blurmap.photo import Photo
from blurmap.result import BlurMap

MODELS = {"paper": PaperModel}
DEFAULT = "paper"

_loaded: dict[str, PaperModel] = {}
_lock = threading.Lock()


def load(name: str = DEFAULT) -> PaperModel:
    """A model by name, loaded on the first call and shared by later ones; safe to use from several threads.

    Parameters
    ----------
    name : str
        ``"paper"``: the system of Purohit, Shah and Rajagopalan (ICIP 2018).

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
            _loaded[name] = MODELS[name]()
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
        ``fraction`` (share of blurred pixels), ``overlay()`` and ``save()``.

    Raises
    ------
    PhotoError
        If the photo cannot be used; the message says why.
    """
    return load(model).detect(photo)
