"""Writes trained networks as the ONNX files that ship. ``blurmap export`` calls this."""

import hashlib
import json
import logging
import warnings
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from blurmap.files import write_file
from blurmap.paper import Settings
from blurmap.training.checkpoint import load_checkpoint
from blurmap.training.image_network import ImageNetwork
from blurmap.training.patch_network import PatchNetwork, trained_filters


class FromPixels(nn.Module):
    """A network with its input scaling and sigmoid inside: N x H x W x 3 uint8 to N x 1 x h x w probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.sigmoid(self.network(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0))


def trained_patch_network(checkpoint: Path) -> PatchNetwork:
    """The averaged patch network of a run, ready to use."""
    weights = load_checkpoint(checkpoint)["average"]
    network = PatchNetwork(trained_filters(weights))
    network.load_state_dict(weights)
    return network.eval()


def trained_image_network(checkpoint: Path) -> ImageNetwork:
    """The averaged image network of a run, ready to use."""
    state = load_checkpoint(checkpoint)
    network = ImageNetwork(state["filters"], state["depth"])
    network.load_state_dict(state["average"])
    return network.eval()


def export_onnx(network: nn.Module, path: Path, side: int) -> str:
    """Write ``network`` for batches and sizes of any kind; returns the file's sha256.

    Parameters
    ----------
    network : torch.nn.Module
        Takes N x 3 x H x W floats in [-1, 1], gives logits.
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
        height, width = (side * torch.export.Dim(name, min=1, max=16) for name in ("rows", "columns"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            FromPixels(network).eval(), (example,), dynamo=True, input_names=["pixels"], output_names=["probability"],
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC, 1: height, 2: width},), verbose=False,
        )  # fmt: skip
    assert program is not None
    data: bytes = program.model_proto.SerializeToString()
    write_file(path, lambda file: file.write(data), overwrite=True)
    return hashlib.sha256(data).hexdigest()


def export_paper(patch: Path, image: Path, out: Path, settings: Settings | None = None) -> Path:
    """Write ``paper-patch.onnx``, ``paper-image.onnx`` and ``paper.json``; returns the path of the last.

    The settings of a ``paper.json`` already in ``out`` are kept unless others are given.

    Parameters
    ----------
    patch, image : Path
        Checkpoints of the two networks.
    out : Path
        Folder to write to.
    settings : Settings, optional
        What ``blurmap train fusion`` chose.
    """
    network = trained_image_network(image)
    files = {
        "patch": {
            "file": "paper-patch.onnx",
            "sha256": export_onnx(trained_patch_network(patch), out / "paper-patch.onnx", 1),
        },
        "image": {
            "file": "paper-image.onnx",
            "sha256": export_onnx(network, out / "paper-image.onnx", 2 ** len(network.down)),
        },
    }
    path = out / "paper.json"
    if settings is not None:
        kept = asdict(settings)
    else:
        kept = json.loads(path.read_text())["settings"] if path.is_file() else asdict(Settings())
    return write_description(path, files, kept)


def write_description(path: Path, files: dict[str, dict[str, str]], settings: dict[str, object]) -> Path:
    text = json.dumps({"files": files, "settings": settings}, indent=2) + "\n"
    return write_file(path, lambda file: file.write(text.encode()), overwrite=True)
