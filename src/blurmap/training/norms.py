"""Batch norms that an exported network has folded into its convolutions: kept beside it, and unfolded to train on.

In an ONNX file a convolution and the norm after it are one: with the norm's scale g and shift b, running mean m and
variance v, and s = sqrt(v + epsilon), the file holds the weights W g / s and the bias b - m g / s. From these and the
norm's vectors the network is what it was before it was exported.
"""

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from blurmap.errors import WeightsError
from blurmap.training.package import Norms

Convolution = nn.Conv2d | nn.ConvTranspose2d
VECTORS = ("weight", "bias", "running_mean", "running_var")
WITHIN = "network."  # before the names of a network's weights in its ONNX file, see ``FromPixels``


def folded(network: nn.Module) -> dict[str, str]:
    """Names of the norms that come right after a convolution, with the name of that convolution."""
    leaves = [
        (name, module)
        for name, module in network.named_modules()
        if not list(module.children()) and not isinstance(module, nn.ZeroPad2d | nn.Identity)
    ]
    return {
        norm: convolution
        for (convolution, before), (norm, after) in pairwise(leaves)
        if isinstance(before, Convolution) and isinstance(after, nn.BatchNorm2d)
    }


def norms_of(network: nn.Module) -> Norms:
    """The vectors of all norms that folding loses, by name: scale, shift, mean, variance; 4 x C float32 each."""
    state = network.state_dict()
    return {name: torch.stack([state[f"{name}.{v}"] for v in VECTORS]).float().numpy() for name in folded(network)}


@torch.no_grad()
def load_exported(network: nn.Module, exported: bytes, norms: Norms) -> None:
    """Put the weights of an exported network into ``network``; what the file does not hold stays as it is.

    That is the head for the auxiliary loss.

    Parameters
    ----------
    network : nn.Module
    exported : bytes
        ONNX file.
    norms : dict
        Those of the package.

    Raises
    ------
    WeightsError
        If it is of another network, or the norms are not there.
    """
    values = _initializers(exported)
    own, pairs = network.state_dict(), folded(network)
    by_convolution = {convolution: norm for norm, convolution in pairs.items()}
    try:
        for name, module in network.named_modules():
            norm = by_convolution.get(name)
            if isinstance(module, Convolution) and f"{name}.weight" in values:
                weight = torch.from_numpy(values[f"{name}.weight"].copy())
                bias = next((values[key] for key in (f"{name}.bias", f"{name}.weight_bias") if key in values), None)
                shift = torch.zeros(module.out_channels) if bias is None else torch.from_numpy(bias.copy())
                if norm is not None:
                    weight, shift = _unfolded(
                        module, weight, shift, torch.from_numpy(norms[norm]), _epsilon(network, norm)
                    )
                own[f"{name}.weight"].copy_(weight)
                if module.bias is not None:
                    own[f"{name}.bias"].copy_(shift)
            elif isinstance(module, nn.BatchNorm2d):
                for i, vector in enumerate(VECTORS):
                    value = norms[name][i] if name in norms else values[f"{name}.{vector}"]
                    own[f"{name}.{vector}"].copy_(torch.from_numpy(value.copy()))
    except (KeyError, RuntimeError):
        raise WeightsError(
            "the weights are of another network, or without their norms: give a checkpoint, or --init imagenet"
        ) from None


def _unfolded(
    convolution: Convolution, weight: Tensor, shift: Tensor, norm: Tensor, epsilon: float
) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution before the norm was folded into it."""
    scale, moved, mean, variance = norm
    gain = scale / (variance + epsilon).sqrt()
    gain = torch.where(gain == 0, torch.ones_like(gain), gain)
    outputs = 1 if isinstance(convolution, nn.ConvTranspose2d) else 0
    shape = [-1 if i == outputs else 1 for i in range(4)]
    return weight / gain.reshape(shape), (shift - moved) / gain + mean


def _epsilon(network: nn.Module, norm: str) -> float:
    module = network.get_submodule(norm)
    assert isinstance(module, nn.BatchNorm2d)
    return module.eps


def _initializers(exported: bytes) -> dict[str, NDArray[np.float32]]:
    """The weights of an ONNX file under the names that they had in PyTorch."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(exported).graph
    return {
        tensor.name.removeprefix(WITHIN): numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.name.startswith(WITHIN)
    }
