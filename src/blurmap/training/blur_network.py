"""The network of the model ``default``: an ImageNet encoder and a light pyramid decoder, 3.1 million weights.

A feature pyramid (Lin et al., CVPR 2017) with depthwise-separable 5 x 5 convolutions, which widen the view at each
level, over EfficientNet-Lite0. Two logits per pixel: blurred, and motion given blurred.
"""

from torch import Tensor, nn
from torch.nn.functional import interpolate

from blurmap.training.efficientnet_lite import CHANNELS, EfficientNetLite0

WIDTHS = (32, 80, 80, 80, 80)  # of the decoder at strides 2 to 32
BLURRED, MOTION = 0, 1
CENTRE, SPREAD = 127.0, 128.0  # the input is (pixel - CENTRE) / SPREAD, as the encoder was trained on ImageNet


class Separable(nn.Sequential):
    """Depthwise 5 x 5, then 1 x 1."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 5, padding=2, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU6(),
        )  # fmt: skip


class BlurNetwork(nn.Module):
    """N x 3 x H x W floats, (pixel - 127) / 128, to N x 2 x H/2 x W/2 logits: blurred, motion given blurred.

    H and W must be multiples of 32.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = EfficientNetLite0()
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, w, 1, bias=False), nn.BatchNorm2d(w))
            for c, w in zip(CHANNELS, WIDTHS, strict=True)
        )
        self.whole = nn.Conv2d(CHANNELS[-1], WIDTHS[-1], 1)
        self.narrow = nn.Conv2d(WIDTHS[1], WIDTHS[0], 1, bias=False)
        self.levels = nn.ModuleList(nn.Sequential(Separable(w, w), Separable(w, w)) for w in WIDTHS)
        self.head = nn.Conv2d(WIDTHS[0], 2, 3, padding=1)
        self.coarse_head = nn.Conv2d(WIDTHS[2], 2, 1)  # for the auxiliary loss at stride 8

    def forward(self, photo: Tensor) -> Tensor:
        return self.with_coarse(photo)[0]

    def with_coarse(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """The logits at stride 2 and those of the auxiliary head at stride 8."""
        taps = self.encoder(photo)
        sides = [lateral(tap) for lateral, tap in zip(self.laterals, taps, strict=True)]
        x = self.levels[4](sides[4] + self.whole(taps[4].mean((2, 3), keepdim=True)))
        coarse = x
        for level in (3, 2, 1, 0):
            if level == 0:
                x = self.narrow(x)
            x = self.levels[level](_doubled(x) + sides[level])
            if level == 2:
                coarse = self.coarse_head(x)
        return self.head(x), coarse


def _doubled(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
