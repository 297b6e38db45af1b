"""The models by name, each loaded once per process. A model is one file here and one line in ``MODELS``.

Where a name is wanted, the path of a folder with weights of one's own does too.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from blurmap.models.capabilities import Capabilities
from blurmap.models.default import DefaultModel
from blurmap.models.judging import verdict_description
from blurmap.models.runtime import Provider, Runtime
from blurmap.models.weights import fingerprint, read_description
from blurmap.photos.photo import Photo
from blurmap.result import BlurMap

CUHK_LICENCE = "CUHK photos: research only"
DEFAULT_LICENCE = "CUHK and SZU-BD photos: research only; ImageNet encoder Apache-2.0"


class Model(Protocol):
    """What every model is.

    Attributes
    ----------
    name : str
        Its name in ``MODELS``, or the path of its weights.
    weights : str
        sha256 of its weight files and settings, hexadecimal: results with the same one are comparable.
    capabilities : Capabilities
        What it can do beside.
    """

    name: str
    weights: str
    capabilities: Capabilities

    def detect(self, photo: Photo) -> BlurMap:
        """Find the blur in a photo; see [`blurmap.detect`][]. May be called from several threads."""
        ...


class CloseUpModel(Model, Protocol):
    """A model whose capabilities have ``close_ups``."""

    def blurred(self, photos: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probability of blur, N x h x w, of N x H x W x 3 uint8 as they are, H and W multiples of 32."""
        ...


class SteppedModel(Model, Protocol):
    """A model whose capabilities have ``steps``."""

    def stages(self, photo: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """The map of each step of H x W x 3 uint8, h x w float32 in [0, 1]; ``calibrated`` and ``cut`` are the last."""
        ...


@dataclass(frozen=True)
class Shipped:
    """A model that ships.

    Attributes
    ----------
    load : callable
        From the folder of its weights (None for the installed ones) and what it runs on.
    capabilities : Capabilities
        Those of the model, known before it is loaded.
    training_data : str
        On what terms it was trained.
    own : (str, Path), optional
        Which of ``MODELS`` weights of one's own are of, and their folder.
    """

    load: Callable[[Traversable | None, Runtime], Model]
    capabilities: Capabilities
    training_data: str
    own: tuple[str, Path] | None = None


def _default(name: str) -> Shipped:
    def load_default(folder: Traversable | None, runtime: Runtime) -> Model:
        return DefaultModel(name, folder, runtime)

    return Shipped(load_default, DefaultModel.capabilities, DEFAULT_LICENCE)


def _paper(folder: Traversable | None, runtime: Runtime) -> Model:
    from blurmap.models.paper.system import PaperModel  # its graph cut takes a tenth of a second to import

    return PaperModel(folder, runtime)


MODELS: Mapping[str, Shipped] = MappingProxyType({
    "default": _default("default"),
    "default-int8": _default("default-int8"),
    "paper": Shipped(_paper, Capabilities(steps=True), CUHK_LICENCE),
})  # fmt: skip
DEFAULT = "default"

OWN_LICENCE = "photos of your own, from the weights it began with"

_loaded: dict[tuple[str, str, Runtime], Model] = {}
_lock = threading.Lock()


def load(name: str = DEFAULT, *, provider: Provider = "auto", threads: int = 0) -> Model:
    """A model by name, loaded on the first call and shared by later ones; safe to use from several threads.

    Parameters
    ----------
    name : str
        ``"default"``: our own network, which also tells defocus from motion; ``"default-int8"``: the same with 8-bit
        weights, smaller and faster; ``"paper"``: the system of Purohit, Shah and Rajagopalan (ICIP 2018). Or the path
        of weights of your own, see ``find``.
    provider : {"auto", "cpu", "cuda", "openvino", "openvino-bf16", "coreml", "directml"}
        What it runs on; ``auto`` is the CUDA or DirectML that was installed and starts, else the CPU. The last digits
        of answers differ; with ``openvino-bf16``, 16 bits for speed, more than the last.
    threads : int
        Cores that one call uses; 0 for all of them.

    Raises
    ------
    ValueError
        If there is no model or provider of that name; or of 8-bit networks on OpenVINO, which gets them wrong.
    ImportError
        If the provider is not there; it says what to install.
    WeightsError
        If its weight files are missing or damaged.
    """
    shipped = find(name)
    weights = weights_of(name) if shipped.own else ""  # what is trained again is loaded again
    runtime = Runtime(provider, threads)
    with _lock:
        if (name, weights, runtime) not in _loaded:
            _loaded[name, weights, runtime] = shipped.load(None, runtime)
        return _loaded[name, weights, runtime]


def find(name: str) -> Shipped:
    """What a name means; nothing is loaded.

    Parameters
    ----------
    name : str
        One of ``MODELS``; or the path of a folder that ``blurmap train default`` or ``blurmap export`` wrote, for
        its ``default.json``; or the path of another of the JSON files there: ``weights/default-int8.json``.

    Raises
    ------
    ValueError
        If there is no such model.
    WeightsError
        If the folder has no weights.
    """
    if name in MODELS:
        return MODELS[name]
    path = Path(name)
    kind, folder = (path.stem, path.parent) if path.suffix == ".json" else (DEFAULT, path)
    if kind not in MODELS or not folder.is_dir():
        raise ValueError(f"no model {name!r}; there is {', '.join(MODELS)}, and any folder of weights, by its path")

    def load_own(_: Traversable | None, runtime: Runtime) -> Model:
        model = MODELS[kind].load(folder, runtime)
        model.name = name
        return model

    read_description(kind, folder)  # or it says what is wrong with it
    return replace(MODELS[kind], load=load_own, training_data=OWN_LICENCE, own=(kind, folder.absolute()))


def description(name: str) -> dict[str, Any]:
    """A model's ``files``, ``settings`` and ``val`` (figures), and ``val_weights`` if these are of others.

    Raises what ``find`` raises.
    """
    return read_description(*(find(name).own or (name, None)))


def weights_of(name: str) -> str:
    """sha256 of a model's weights and settings, hexadecimal; nothing is loaded. Raises what ``find`` raises."""
    shipped = find(name)
    folder = shipped.own[1] if shipped.own else None
    return fingerprint(description(name), *([verdict_description(folder)] if shipped.capabilities.verdicts else []))


__all__ = [
    "DEFAULT", "MODELS", "Capabilities", "CloseUpModel", "Model", "Shipped", "SteppedModel", "description", "find",
    "load", "weights_of",
]  # fmt: skip
