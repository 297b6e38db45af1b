"""Writes the networks of the model ``paper`` as the ONNX files that ship. ``blurmap export paper`` calls this."""

import json
import logging
import warnings
from dataclasses import asdict
from pathlib import Path

import torch
from rich.progress import track
from torch import Tensor, nn

from blurmap.evaluation.dataset import Dataset
from blurmap.evaluation.scoring import evaluate, model_answers
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models import Model
from blurmap.models.judging import VERDICT
from blurmap.models.paper.system import Settings
from blurmap.models.weights import read_description
from blurmap.training.checkpoint import load_checkpoint
from blurmap.training.networks.blur_network import CENTRE, SPREAD
from blurmap.training.networks.close_up_network import CloseUpNetwork
from blurmap.training.networks.image_network import ImageNetwork
from blurmap.training.networks.patch_network import PatchNetwork, trained_filters
from blurmap.training.norms import norms_of
from blurmap.training.onnx_metadata import provenance_now, recipe_sha256
from blurmap.training.package import Package
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
    earlier = read_description(VERDICT, out)["settings"] if (out / f"{VERDICT}.json").is_file() else None
    made_by = provenance_now(VERDICT, recipe_sha256=recipe_sha256(state["settings"]))
    exported_network = exported(CloseUpFromPixels(network.eval()), 32)
    settings = earlier or Weights.none().settings()
    return Package(VERDICT, {"close_up": exported_network}, settings, provenance=made_by).save(out)


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


def exported(network: FromPixels, side: int) -> bytes:
    """``network`` as an ONNX file for batches and sizes of any kind; sizes are multiples of ``side``, 1 for any."""
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
    content: bytes = program.model_proto.SerializeToString()
    return content


def export_paper(patch: Path, image: Path, out: Path, data: Dataset) -> Path:
    """Write ``paper-patch.onnx`` (int8), ``paper-image.onnx`` and ``paper.json``; returns the path of the last.

    The settings of a ``paper.json`` already in ``out`` are kept.

    Parameters
    ----------
    patch, image : Path
        Checkpoints of the two networks.
    out : Path
        Folder to write to.
    data : Dataset
        Photos of ``train`` set the ranges of the patch network's int8 activations.
    """
    network = trained_image_network(image)
    names = data.names("train")
    photos = (data.photo(name) for name in names[:: max(len(names) // RANGE_PHOTOS, 1)])
    small = quantised(
        exported(FromPixels(trained_patch_network(patch)), 1),
        (resize_photo(x, fit(x.shape, RANGE_SIDE)) for x in photos),
    )
    networks = {"patch": small, "image": exported(FromPixels(network), 2 ** len(network.down))}
    earlier = read_description("paper", out)["settings"] if (out / "paper.json").is_file() else None
    recipe = recipe_sha256(*(load_checkpoint(checkpoint)["settings"] for checkpoint in (patch, image)))
    return Package(
        "paper", networks, earlier or asdict(Settings()), norms=norms_of(network),
        provenance=provenance_now("paper", recipe_sha256=recipe),
    ).save(out)  # fmt: skip


def figures_on_val(model: Model, data: Dataset) -> dict[str, dict[str, float]]:
    """Figures of a model on val by subset, as its JSON file keeps them and ``blurmap models`` shows them."""
    figures = evaluate(data, "val", model_answers(model), lambda names: track(names, f"figures of {model.name}"))
    return {
        subset: {key: round(value, 4) for key, value in values.items()}
        for subset, values in figures[model.name].items()
    }
