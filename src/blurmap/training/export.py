"""Writes the networks of the model ``paper`` as the ONNX files that ship. ``blurmap export paper`` calls this."""

import hashlib
import json
import logging
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from rich.progress import track
from torch import Tensor, nn

from blurmap.evaluation.dataset import Dataset
from blurmap.evaluation.scoring import evaluate, model_answers
from blurmap.files import write_bytes, write_text
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models import Model
from blurmap.models.paper.system import Settings
from blurmap.training.checkpoint import load_checkpoint
from blurmap.training.networks.blur_network import CENTRE, SPREAD
from blurmap.training.networks.close_up_network import CloseUpNetwork
from blurmap.training.networks.image_network import ImageNetwork
from blurmap.training.networks.patch_network import PatchNetwork, trained_filters
from blurmap.training.onnx_metadata import label, recipe_sha256
from blurmap.training.quantisation import quantised
from blurmap.verdict.judge import Weights

RANGE_PHOTOS, RANGE_SIDE = 24, 480  # for the ranges of int8 activations: photos, and their long side in pixels


class FromPixels(nn.Module):
    """A network with its input scaling and sigmoid inside: N x H x W x 3 uint8 to N x C x h x w probabilities."""

    answers: tuple[str, ...] = ("probability",)

    def __init__(self, network: nn.Module, centre: float = 127.5, spread: float = 127.5) -> None:
        super().__init__()
        self.network, self.centre, self.spread = network, centre, spread

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.sigmoid(self.network(self.scaled(pixels)))

    def scaled(self, pixels: Tensor) -> Tensor:
        return (pixels.permute(0, 3, 1, 2).float() - self.centre) / self.spread


class CloseUpFromPixels(FromPixels):
    """The network of close-ups: logits, not probabilities."""

    answers = ("logits",)

    def __init__(self, network: CloseUpNetwork) -> None:
        super().__init__(network, CENTRE, SPREAD)

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.network(self.scaled(pixels))
        return logits


def export_close_up(checkpoint: Path, out: Path) -> Path:
    """Write ``close-up.onnx`` and ``verdict.json``; returns the path of the latter.

    The settings of a ``verdict.json`` already in ``out`` are kept; they are to be fitted anew.
    """
    state = load_checkpoint(checkpoint)
    network = CloseUpNetwork()
    network.load_state_dict(state["average"])
    export_onnx(CloseUpFromPixels(network.eval()), out / "close-up.onnx", 32)
    path = out / "verdict.json"
    kept = json.loads(path.read_text())["settings"] if path.is_file() else Weights.none().settings()
    files = {"close_up": {"file": "close-up.onnx"}}
    return write_description(path, files, kept, recipe_sha256=recipe_sha256(state["settings"]))


def trained_patch_network(checkpoint: Path) -> PatchNetwork:
    """The averaged patch network of a run, ready to use."""
    weights = load_checkpoint(checkpoint)["average"]
    network = PatchNetwork(trained_filters(weights))
    network.load_state_dict(weights)
    return network.eval()


def trained_image_network(checkpoint: Path) -> ImageNetwork:
    """The averaged image network of a run, ready to use."""
    state = load_checkpoint(checkpoint)
    settings = json.loads(state["settings"])
    network = ImageNetwork(settings["filters"], settings["depth"])
    network.load_state_dict(state["average"])
    return network.eval()


def export_onnx(network: FromPixels, path: Path, side: int) -> str:
    """Write ``network`` for batches and sizes of any kind; returns the file's sha256.

    Parameters
    ----------
    network : FromPixels
    path : Path
        An existing file is replaced, by a move.
    side : int
        Sizes are multiples of it (1 where any size goes).
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    example = torch.zeros(2, max(2 * side, 64), max(2 * side, 64), 3, dtype=torch.uint8)
    if side == 1:
        height, width = torch.export.Dim.DYNAMIC, torch.export.Dim.DYNAMIC
    else:
        height, width = (side * torch.export.Dim(name, min=1, max=64) for name in ("rows", "columns"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network.eval(), (example,), dynamo=True, input_names=["pixels"], output_names=list(network.answers),
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC, 1: height, 2: width},), verbose=False,
        )  # fmt: skip
    assert program is not None
    data: bytes = program.model_proto.SerializeToString()
    write_bytes(path, data, overwrite=True)
    return hashlib.sha256(data).hexdigest()


def export_paper(patch: Path, image: Path, out: Path, data: Dataset, settings: Settings | None = None) -> Path:
    """Write ``paper-patch.onnx`` (int8), ``paper-image.onnx`` and ``paper.json``; returns the path of the last.

    The settings of a ``paper.json`` already in ``out`` are kept unless others are given.

    Parameters
    ----------
    patch, image : Path
        Checkpoints of the two networks.
    out : Path
        Folder to write to.
    data : Dataset
        Photos of ``train`` set the ranges of the patch network's int8 activations.
    settings : Settings, optional
        What ``blurmap train fusion`` chose.
    """
    network = trained_image_network(image)
    export_onnx(FromPixels(trained_patch_network(patch)), out / "paper-patch.onnx", 1)
    names = data.names("train")
    shown = (data.photo(name) for name in names[:: max(len(names) // RANGE_PHOTOS, 1)])
    small = quantised(out / "paper-patch.onnx", (resize_photo(x, fit(x.shape, RANGE_SIDE)) for x in shown))
    write_bytes(out / "paper-patch.onnx", small, overwrite=True)
    export_onnx(FromPixels(network), out / "paper-image.onnx", 2 ** len(network.down))
    files = {"patch": {"file": "paper-patch.onnx"}, "image": {"file": "paper-image.onnx"}}
    path = out / "paper.json"
    if settings is not None:
        kept = asdict(settings)
    else:
        kept = json.loads(path.read_text())["settings"] if path.is_file() else asdict(Settings())
    recipe = recipe_sha256(*(load_checkpoint(checkpoint)["settings"] for checkpoint in (patch, image)))
    return write_description(path, files, kept, recipe_sha256=recipe)


def write_description(
    path: Path,
    files: dict[str, dict[str, str]],
    settings: dict[str, Any],
    val: dict[str, object] | None = None,
    val_weights: str | None = None,
    **more: str,
) -> Path:
    """Write a model's JSON file, and what it says into the metadata of the ONNX files beside it.

    Parameters
    ----------
    path : Path
        ``NAME.json``; replaced if it is there.
    files : dict
        The name of the ``file`` of each network; the ``sha256`` is made here, after the metadata.
    settings, val : dict
        Settings; figures on val.
    val_weights : str, optional
        First digits of the sha256 of the weights that the figures are of, if these were trained on val.
    **more : str
        Metadata beside what :func:`blurmap.training.onnx_metadata.label` puts there.
    """
    for part, entry in files.items():
        entry["sha256"] = label(path.parent / entry["file"], settings, path.stem, part, **more)
    description: dict[str, Any] = {"files": files, "settings": settings} | ({"val": val} if val else {})
    if val_weights:
        description["val_weights"] = val_weights
    text = json.dumps(description, indent=2) + "\n"
    return write_text(path, text, overwrite=True)


def add_figures(model: Model, data: Dataset, path: Path) -> None:
    """Evaluate a model on val and keep the figures in its JSON file, where ``blurmap models`` reads them."""
    figures = evaluate(data, "val", model_answers(model), lambda names: track(names, f"figures of {model.name}"))
    val: dict[str, object] = {
        subset: {key: round(value, 4) for key, value in values.items()}
        for subset, values in figures[model.name].items()
    }
    description = json.loads(path.read_text())
    write_description(path, description["files"], description["settings"], val)
