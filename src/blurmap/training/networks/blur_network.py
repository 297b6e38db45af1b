"""The network of the model ``default``: an ImageNet encoder and a light pyramid decoder.

A feature pyramid (Lin et al., CVPR 2017) with depthwise-separable 5 x 5 convolutions, which widen the view at each
level, over EfficientNet-Lite2; one attention layer over the whole photo at stride 32. Two logits per pixel:
blurred, and motion given blurred.
"""

from torch import Tensor, nn
from torch.nn.functional import interpolate

from blurmap.training.networks.efficientnet_lite import EfficientNetLite

WIDTH = 80  # of the decoder at strides 4 to 32
HEADS = 4
BLURRED, MOTION = 0, 1
CENTRE, SPREAD = 127.0, 128.0  # the input is (pixel - CENTRE) / SPREAD, as the encoder was trained on ImageNet


class Separable(nn.Sequential):
    """Depthwise 5 x 5, then 1 x 1."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 5, padding=2, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU6(inplace=True),
        )  # fmt: skip


class Attention(nn.Module):
    """Self-attention over all places of N x C x h x w, added to it; begins as the identity."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.BatchNorm2d(width)
        self.into = nn.Conv2d(width, 3 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        n, width, h, w = x.shape
        parts = self.into(self.norm(x)).reshape(n, 3 * self.heads, width // self.heads, h * w)
        query, key, value = parts.chunk(3, 1)  # N x heads x channels x places
        weights = ((query.transpose(2, 3) @ key) * (width // self.heads) ** -0.5).softmax(3)
        attended = (value @ weights.transpose(2, 3)).reshape(n, width, h, w)
        return x + self.out(attended)


class BlurNetwork(nn.Module):
    """N x 3 x H x W floats, (pixel - 127) / 128, to N x 2 x H/4 x W/4 logits: blurred, motion given blurred.

    H and W must be multiples of 32.
    """

    def __init__(self, variant: str = "lite2") -> None:
        super().__init__()
        self.encoder = EfficientNetLite(variant)
        channels = self.encoder.channels
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, WIDTH, 1, bias=False), nn.BatchNorm2d(WIDTH)) for c in channels[1:]
        )
        self.whole = nn.Conv2d(channels[-1], WIDTH, 1)
        self.levels = nn.ModuleList(nn.Sequential(Separable(WIDTH, WIDTH), Separable(WIDTH, WIDTH)) for _ in range(4))
        self.attention = Attention(WIDTH, HEADS)
        self.head = nn.Conv2d(WIDTH, 2, 3, padding=1)
        self.coarse_head = nn.Conv2d(WIDTH, 2, 1)  # for the auxiliary loss at stride 8

    def forward(self, photo: Tensor) -> Tensor:
        logits: Tensor = self.head(self._seen(photo)[0])
        return logits

    def with_coarse(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """The logits at stride 4 and those of the auxiliary head at stride 8."""
        fine, coarse = self._seen(photo)
        return self.head(fine), self.coarse_head(coarse)

    def _seen(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        """What the decoder sees at strides 4 and 8."""
        taps = self.encoder(photo)[1:]
        sides = [lateral(tap) for lateral, tap in zip(self.laterals, taps, strict=True)]
        x = self.attention(self.levels[3](sides[3] + self.whole(taps[3].mean((2, 3), keepdim=True))))
        x = self.levels[2](_doubled(x) + sides[2])
        coarse = self.levels[1](_doubled(x) + sides[1])
        fine = self.levels[0](_doubled(coarse) + sides[0])
        return fine, coarse


def _doubled(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
