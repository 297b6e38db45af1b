"""The weights in the wheel: ONNX files, and a JSON file per model with their sha256 and the chosen settings."""

import hashlib
import json
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blurmap.errors import WeightsError
from blurmap.models.runtime import AUTO, Runtime


def weights_folder() -> Traversable:
    return resources.files("blurmap.models") / "weights"


def read_description(model: str, folder: Traversable | None = None) -> dict[str, Any]:
    """``MODEL.json``: ``files`` (network name to file name and sha256), ``settings``, and ``val`` (figures)."""
    path = (folder or weights_folder()) / f"{model}.json"
    advice = "install blurmap again" if folder is None else "'blurmap train default' writes a folder of weights"
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; {advice}")
    try:
        description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _ = description["files"], description["settings"]
    except (ValueError, KeyError, TypeError):
        raise WeightsError(f"{path}: is damaged, or describes no weights; {advice}") from None
    return description


def fingerprint(*descriptions: dict[str, Any]) -> str:
    """sha256 of what decides a model's answers: its files' own and its settings."""
    parts = [part for description in descriptions for part in (description["files"], description["settings"])]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def weights_size(model: str, folder: Traversable | None = None) -> int:
    """Bytes of the files of a model's networks."""
    files = read_description(model, folder)["files"].values()
    return sum(len(((folder or weights_folder()) / entry["file"]).read_bytes()) for entry in files)


def network_content(entry: dict[str, str], folder: Traversable | None = None) -> bytes:
    """The ONNX file of a network.

    Parameters
    ----------
    entry : dict
        ``file`` (name) and ``sha256``, as in the description.
    folder : optional
        Where the file is; the installed weights if not given.

    Raises
    ------
    WeightsError
        If the file is missing or its sha256 is not the expected one.
    """
    path = (folder or weights_folder()) / entry["file"]
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; install blurmap again")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise WeightsError(
            f"{path}: is damaged or was changed (its sha256 is not the shipped one); install blurmap again"
        )
    return content


class Network:
    """An exported network in ONNX Runtime: N x H x W x 3 uint8 to N x C x h x w float32 probabilities.

    Safe to call from several threads.

    Parameters
    ----------
    entry, folder
        See ``network_content``, which may raise.
    runtime : Runtime
        Provider and cores.

    Raises
    ------
    ImportError
        If the provider is not there.
    """

    def __init__(self, entry: dict[str, str], folder: Traversable | None = None, runtime: Runtime = AUTO) -> None:
        self.session = runtime.session(network_content(entry, folder))
        self._input = self.session.get_inputs()[0].name

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        answer: NDArray[np.float32] = self.session.run(None, {self._input: np.ascontiguousarray(pixels)})[0]
        return answer
