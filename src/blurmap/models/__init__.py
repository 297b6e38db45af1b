"""The models by name, each loaded once per process. A model is one file here and one line in :data:`MODELS`."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Protocol

from blurmap.models.default import DefaultModel
from blurmap.models.runtime import Provider, Runtime
from blurmap.photo import Photo
from blurmap.result import BlurMap

CUHK_LICENCE = "CUHK photos: research only"
DEFAULT_LICENCE = "CUHK and SZU-BD photos: research only; ImageNet encoder Apache-2.0"


class Model(Protocol):
    """What every model is.

    Attributes
    ----------
    name : str
        Its name in :data:`MODELS`.
    weights : str
        sha256 of its weight files and settings, hexadecimal: results with the same one are comparable.
    """

    name: str
    weights: str

    def detect(self, photo: Photo) -> BlurMap:
        """Find the blur in a photo; see :func:`blurmap.detect`. May be called from several threads."""
        ...


@dataclass(frozen=True)
class Shipped:
    """A model that ships.

    Attributes
    ----------
    load : callable
        From the folder of its weights (None for the installed ones) and what it runs on.
    types, verdicts : bool
        Whether it tells defocus from motion; whether it passes verdicts on whole photos.
    training_data : str
        On what terms it was trained.
    """

    load: Callable[[Traversable | None, Runtime], Model]
    types: bool
    verdicts: bool
    training_data: str

    @property
    def gives(self) -> str:
        """What it gives, in words."""
        return "probability, mask" + (", type of blur" if self.types else "") + (", verdict" if self.verdicts else "")


def _paper(folder: Traversable | None, runtime: Runtime) -> Model:
    from blurmap.models.paper.system import PaperModel  # its graph cut takes a tenth of a second to import

    return PaperModel(folder, runtime)


MODELS = {
    "default": Shipped(lambda folder, runtime: DefaultModel("default", folder, runtime), True, True, DEFAULT_LICENCE),
    "default-int8": Shipped(
        lambda folder, runtime: DefaultModel("default-int8", folder, runtime), True, True, DEFAULT_LICENCE
    ),
    "paper": Shipped(_paper, False, False, CUHK_LICENCE),
}
DEFAULT = "default"

_loaded: dict[tuple[str, Runtime], Model] = {}
_lock = threading.Lock()


def load(name: str = DEFAULT, *, provider: Provider = "auto", threads: int = 0) -> Model:
    """A model by name, loaded on the first call and shared by later ones; safe to use from several threads.

    Parameters
    ----------
    name : str
        ``"default"``: our own network, which also tells defocus from motion; ``"default-int8"``: the same with 8-bit
        weights, smaller and faster; ``"paper"``: the system of Purohit, Shah and Rajagopalan (ICIP 2018).
    provider : {"auto", "cpu", "cuda", "openvino", "coreml", "directml"}
        What it runs on; ``auto`` is the CUDA, DirectML or OpenVINO that was installed and starts, else the CPU. The
        last digits of answers differ.
    threads : int
        Cores that one call uses; 0 for all of them.

    Raises
    ------
    ValueError
        If there is no model or provider of that name.
    ImportError
        If the provider is not there; it says what to install.
    WeightsError
        If its weight files are missing or damaged.
    """
    if name not in MODELS:
        raise ValueError(f"no model {name!r}; there is {', '.join(MODELS)}")
    runtime = Runtime(provider, threads)
    with _lock:
        if (name, runtime) not in _loaded:
            _loaded[name, runtime] = MODELS[name].load(None, runtime)
        return _loaded[name, runtime]


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
        ``fractions`` (by kind), ``verdict`` and its ``reason``, ``overlay()`` and ``save()``.

    Raises
    ------
    PhotoError
        If the photo cannot be used; the message says why.
    """
    return load(model).detect(photo)


__all__ = ["DEFAULT", "MODELS", "Model", "Shipped", "detect", "load"]
