"""The image network: Pix2Pix's generator and its conditional 70x70 discriminator, with 64 filters in every layer.

Isola et al., "Image-to-image translation with conditional adversarial networks" (CVPR 2017), appendix 6.1, with the
width of Purohit, Shah and Rajagopalan (ICIP 2018), section 2.2: 64 filters in every layer.
"""

import torch
from torch import Tensor, nn

DEPTH = 8


class ImageNetwork(nn.Module):
    """Encoder-decoder with skips: N x 3 x H x W photo in [-1, 1] to N x 1 x H x W blur logits.

    H and W must be multiples of ``2 ** depth`` (256 for the paper's network).

    Parameters
    ----------
    filters : int
        Filters of every layer.
    depth : int
        Number of stride-2 layers down, and of as many up. The tests use shallow ones.
    dropout : float
        Probability of dropout in the first three layers up; 0.5 in Pix2Pix.
    """

    def __init__(self, filters: int = 64, depth: int = DEPTH, dropout: float = 0.5) -> None:
        super().__init__()
        self.down = nn.ModuleList()
        for level in range(depth):
            layers: list[nn.Module] = [] if level == 0 else [nn.LeakyReLU(0.2)]
            layers.append(nn.Conv2d(3 if level == 0 else filters, filters, 4, stride=2, padding=1))
            if 0 < level < depth - 1:
                layers.append(nn.BatchNorm2d(filters))
            self.down.append(nn.Sequential(*layers))
        self.up = nn.ModuleList()
        for level in reversed(range(depth)):
            inputs = filters if level == depth - 1 else 2 * filters
            layers = [nn.ReLU(), nn.ConvTranspose2d(inputs, 1 if level == 0 else filters, 4, stride=2, padding=1)]
            if level > 0:
                layers.append(nn.BatchNorm2d(filters))
            if level >= max(depth - 3, 1):
                layers.append(nn.Dropout(dropout))
            self.up.append(nn.Sequential(*layers))
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, 0.0, 0.02)

    def forward(self, photo: Tensor) -> Tensor:
        skips = []
        x = photo
        for down in self.down:
            x = down(x)
            skips.append(x)
        x = self.up[0](skips.pop())
        for up in self.up[1:]:
            if x.requires_grad:
                x.register_hook(_packed)
            skip = skips.pop()
            if skip.requires_grad:
                skip.register_hook(_packed)
            x = up(torch.cat([x, skip], 1))
        return x


def _packed(gradient: Tensor) -> Tensor:
    # The gradient of cat is a strided slice, on which batch norm's backward pass is five times slower.
    return gradient.contiguous(memory_format=torch.channels_last)


class Discriminator(nn.Module):
    """PatchGAN: is this the labelled map of this photo? N x 4 x H x W (photo, map in [-1, 1]) to patch logits.

    As narrow as the generator, and normed by each map instead of by the batch, whose statistics alone would tell drawn
    maps from labelled ones: a discriminator that is stronger than the generator soon always wins, and teaches nothing.
    """

    def __init__(self, filters: int = 64) -> None:
        super().__init__()
        f = filters
        self.layers = nn.Sequential(
            nn.Conv2d(4, f, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Conv2d(f, f, 4, stride=2, padding=1), nn.InstanceNorm2d(f, affine=True), nn.LeakyReLU(0.2),
            nn.Conv2d(f, f, 4, stride=2, padding=1), nn.InstanceNorm2d(f, affine=True), nn.LeakyReLU(0.2),
            nn.Conv2d(f, f, 4, stride=1, padding=1), nn.InstanceNorm2d(f, affine=True), nn.LeakyReLU(0.2),
            nn.Conv2d(f, 1, 4, stride=1, padding=1),
        )  # fmt: skip

    def forward(self, photo: Tensor, blur_map: Tensor) -> Tensor:
        return self.layers(torch.cat([photo, blur_map], 1))
