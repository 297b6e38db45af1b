"""The weights that a training begins from: published, shipped, or those of another run.

The ONNX files that ship have their batch norms folded into the convolutions before them. They are unfolded by putting
the folded weights into the convolutions, measuring mean and variance of every convolution's output on training photos,
and setting each norm to undo exactly that: the same answers, and a network that trains on.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from blurmap.errors import WeightsError
from blurmap.models.weights import read_description, weights_folder
from blurmap.training.checkpoint import load_checkpoint
from blurmap.training.networks.blur_network import BlurNetwork
from blurmap.training.networks.image_network import ImageNetwork
from blurmap.training.quantisation import leading_to

Floats = NDArray[np.float32]
Convolution = nn.Conv2d | nn.ConvTranspose2d
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)

SHIPPED, SHIPPED_PAPER = "default", "paper"
OLD = "narrow.weight"  # is in checkpoints of the network that had a level at stride 2


def starting_weights(network: BlurNetwork, init: str, views: Tensor | None) -> None:
    """Put the weights to begin from into a network.

    Parameters
    ----------
    network : BlurNetwork
    init : str
        ``none``, ``imagenet`` (the encoder's), ``default`` (the shipped weights), or the path of a checkpoint.
    views : N x 3 x H x W float32, or None
        Network inputs of training photos, for ``default``: the norms are measured on them.

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
        if views is None:
            raise ValueError("the shipped weights need photos to measure their norms on")
        file = read_description(SHIPPED)["files"]["network"]["file"]
        unfold(network, (weights_folder() / file).read_bytes(), views)
    else:
        state = load_checkpoint(Path(init))["average"]
        load = network.load_stride_two if OLD in state else network.load
        try:
            load(state)
        except RuntimeError:
            raise WeightsError(f"{init}: is of a network other than that of {network.encoder.variant}") from None


def starting_image_weights(network: ImageNetwork, init: str, views: Tensor) -> None:
    """Put the weights to begin from into an image network: ``paper`` (the shipped ones), or those of a checkpoint.

    ``views``, N x 3 x H x W float32, are network inputs of training photos, on which the norms of the shipped ones are
    measured.

    Raises
    ------
    FileNotFoundError
        If there is no such checkpoint.
    WeightsError
        If the shipped weights are of another network.
    """
    if init == SHIPPED_PAPER:
        file = read_description(SHIPPED_PAPER)["files"]["image"]["file"]
        unfold(network, (weights_folder() / file).read_bytes(), views)
    else:
        network.load_state_dict(load_checkpoint(Path(init))["average"])


@torch.no_grad()
def unfold(network: nn.Module, exported: bytes, views: Tensor) -> None:
    """Put the weights of an exported network, its norms folded, into ``network``.

    The auxiliary head is not in the exported network, and stays as it is.

    Raises
    ------
    WeightsError
        If its convolutions are not those of ``network``.
    """
    folded, norms = read_layers(exported)
    convolutions, alone = convolutions_and_norms(network, views[:1])
    if [tuple(conv.weight.shape) for conv, _ in convolutions] != [weight.shape for weight, _ in folded] or len(
        norms
    ) != len(alone):
        raise WeightsError("the shipped weights are of another network: give a checkpoint, or --init imagenet")
    for norm, values in zip(alone, norms, strict=True):
        for name, value in zip(("weight", "bias", "running_mean", "running_var"), values, strict=True):
            getattr(norm, name).copy_(torch.from_numpy(value.copy()))
    hooks = []
    for (conv, following), (weight, bias) in zip(convolutions, folded, strict=True):
        conv.weight.copy_(torch.from_numpy(weight.copy()))
        shift = torch.from_numpy(bias.copy())
        if following is not None:
            hooks.append(following.register_forward_pre_hook(_undoing(shift)))
            if conv.bias is not None:
                conv.bias.zero_()  # the norm adds it
        elif conv.bias is not None:
            conv.bias.copy_(shift)
    network.eval()(views)  # each norm is set as the views come by: what is before it is right already
    for hook in hooks:
        hook.remove()


def _undoing(shift: Tensor) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    """A hook that makes a norm give what goes into it plus ``shift``."""

    def measure(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3), correction=0)
        variance = variance.clamp(min=1e-6)
        norm.running_mean.copy_(mean)  # type: ignore[union-attr]
        norm.running_var.copy_(variance)  # type: ignore[union-attr]
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.copy_(mean + shift)

    return measure


def read_layers(exported: bytes) -> tuple[list[tuple[Floats, Floats]], list[tuple[Floats, ...]]]:
    """Weight and bias of every convolution of an ONNX file, in the order in which they are computed.

    And scale, bias, mean and variance of every norm that could not be folded.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_model_from_string(exported).graph
    maps = leading_to(graph, graph.output[0].name)  # weights of 0.4 and 0.5 answer a second question
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    convolutions: list[tuple[Floats, Floats]] = []
    norms: list[tuple[Floats, ...]] = []
    for node in graph.node:
        if node.name not in maps:
            continue
        if node.op_type in ("Conv", "ConvTranspose"):
            weight = values[node.input[1]]
            outputs = weight.shape[0 if node.op_type == "Conv" else 1]
            bias = values[node.input[2]] if len(node.input) > 2 else np.zeros(outputs, np.float32)
            convolutions.append((weight, bias))
        elif node.op_type == "BatchNormalization":
            norms.append(tuple(values[name] for name in node.input[1:]))
    return convolutions, norms


Ordered = tuple[list[tuple[Convolution, nn.BatchNorm2d | None]], list[nn.BatchNorm2d]]


def convolutions_and_norms(network: nn.Module, view: Tensor) -> Ordered:
    """The convolutions in the order in which they are computed, each with the norm that comes right after it.

    And the norms that do not come right after a convolution. The auxiliary head is left out.
    """
    called: list[nn.Module] = []
    layers = [m for m in network.modules() if isinstance(m, (*CONVOLUTIONS, nn.BatchNorm2d))]
    hooks = [
        layer.register_forward_hook(lambda module, *_: called.append(module))
        for layer in layers
        if layer is not getattr(network, "coarse_head", None)
    ]
    network.eval()(view)
    for hook in hooks:
        hook.remove()
    convolutions: list[tuple[Convolution, nn.BatchNorm2d | None]] = []
    alone: list[nn.BatchNorm2d] = []
    for before, layer, after in zip([None, *called], called, [*called[1:], None], strict=False):
        if isinstance(layer, CONVOLUTIONS):
            convolutions.append((layer, after if isinstance(after, nn.BatchNorm2d) else None))
        elif isinstance(layer, nn.BatchNorm2d) and not isinstance(before, CONVOLUTIONS):
            alone.append(layer)
    return convolutions, alone
