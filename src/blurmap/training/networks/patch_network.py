"""The patch network: is a 30 x 30 patch blurred? Purohit, Shah and Rajagopalan (ICIP 2018), section 2.1.

All convolutions are unpadded, so a patch shrinks 30, 28, 13, 11, 5, 3, 1 and the fully connected layer is a 1 x 1
convolution: the network is fully convolutional with stride 8 and runs over a whole photo in one pass.
"""

import torch
from torch import Tensor, nn

PATCH = 30
STRIDE = 8


def conv_block(inputs: int, filters: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, filters, 3), nn.ReLU(),
        nn.Conv2d(filters, filters, 3, stride=2), nn.BatchNorm2d(filters), nn.ReLU(),
    ]  # fmt: skip


class PatchNetwork(nn.Module):
    """N x 3 x H x W photo in [-1, 1] to N x 1 x h x w logits of the patches at multiples of 8, h = (H - 30) // 8 + 1.

    Parameters
    ----------
    filters : tuple of int
        Filters of the three blocks; the tests use fewer.
    """

    def __init__(self, filters: tuple[int, int, int] = (32, 64, 128)) -> None:
        super().__init__()
        a, b, c = filters
        self.blocks = nn.Sequential(*conv_block(3, a), *conv_block(a, b), *conv_block(b, c))
        self.dropout = nn.Dropout(0.3)
        self.fully_connected = nn.Conv2d(c, 1, 1)

    def forward(self, photo: Tensor) -> Tensor:
        return self.fully_connected(self.dropout(self.blocks(photo)))


def trained_filters(state: dict[str, Tensor]) -> tuple[int, int, int]:
    """The widths of a network from its state dict."""
    a, b, c = (state[f"blocks.{i}.weight"].shape[0] for i in (0, 5, 10))
    return a, b, c


def patch_input(pixels: Tensor) -> Tensor:
    """N x 30 x 30 x 3 uint8 to N x 3 x 30 x 30 float32 in [-1, 1], channels last in memory."""
    return (pixels.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1.0).contiguous(memory_format=torch.channels_last)
