"""The weights that a training begins from: published, shipped, or those of another run."""

from pathlib import Path

from torch import nn

from blurmap.errors import WeightsError
from blurmap.models.weights import weights_folder
from blurmap.training.checkpoint import load_checkpoint
from blurmap.training.networks.blur_network import BlurNetwork
from blurmap.training.networks.image_network import ImageNetwork
from blurmap.training.norms import load_exported
from blurmap.training.package import Package

SHIPPED, SHIPPED_PAPER = "default", "paper"


def starting_weights(network: BlurNetwork, init: str) -> None:
    """Put the weights to begin from into a network.

    Parameters
    ----------
    network : BlurNetwork
    init : str
        ``none``, ``imagenet`` (the encoder's), ``default`` (the shipped weights), or the path of a checkpoint.

    Raises
    ------
    FileNotFoundError
        If there is no such checkpoint.
    WeightsError
        If the weights are of another network.
    """
    if init == "none":
        return
    if init == "imagenet":
        network.encoder.load_imagenet()
    elif init == SHIPPED:
        load_shipped(network, SHIPPED, "network")
    else:
        state = load_checkpoint(Path(init))["average"]
        try:
            network.load_state_dict(state)
        except RuntimeError:
            raise WeightsError(f"{init}: is of a network other than that of {network.encoder.variant}") from None


def starting_image_weights(network: ImageNetwork, init: str) -> None:
    """Put the weights to begin from into an image network: ``paper`` (the shipped ones), or those of a checkpoint.

    Raises
    ------
    FileNotFoundError
        If there is no such checkpoint.
    WeightsError
        If the shipped weights are of another network.
    """
    if init == SHIPPED_PAPER:
        load_shipped(network, SHIPPED_PAPER, "image")
    else:
        network.load_state_dict(load_checkpoint(Path(init))["average"])


def load_shipped(network: nn.Module, model: str, part: str) -> None:
    """Put the weights that ship into a network."""
    package = Package.read(model, weights_folder())
    load_exported(network, package.networks[part], package.norms)
