"""The network of close-ups: the first stages of an ImageNet encoder, and what the surroundings look like.

How wide a blur is shows in the finest detail, so nothing beyond stride 16 is needed: a crop costs a twentieth of a map.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from blurmap.focus.close_up import WIDTHS
from blurmap.training.networks.efficientnet_lite import EfficientNetLite, SameConv, norm

BLOCKS = 9  # of EfficientNet-Lite2: the stages at strides 2, 4 and 8, and two blocks at stride 16
ANSWERS = len(WIDTHS) + 2
FEATURES, HIDDEN = 88, 96  # channels there; and of the layer after
WINDOW = 15  # cells, side: all of a close-up of 128 pixels, and of a photo as much as a close-up shows
LEAST = 1e-12  # of a variance


class CloseUpNetwork(nn.Module):
    """N x 3 x H x W floats, (pixel - 127) / 128, to N x ANSWERS x H/16 x W/16 logits.

    It says of each cell: is its blur wider than each of ``blurmap.focus.close_up.WIDTHS``; is it motion, given that
    there is blur; is there lettering over the photo. H and W are multiples of 16.
    """

    def __init__(self) -> None:
        super().__init__()
        encoder = EfficientNetLite("lite2")
        self.stem, self.blocks = encoder.stem, encoder.blocks[:BLOCKS]
        self.narrow = nn.Sequential(SameConv(FEATURES, HIDDEN, 1), norm(HIDDEN), nn.ReLU6(inplace=True))
        self.cell = nn.Conv2d(HIDDEN, ANSWERS, 1)
        self.whole = nn.Conv2d(2 * HIDDEN, ANSWERS, 1, bias=False)

    def forward(self, photo: Tensor) -> Tensor:
        x = self.stem(photo)
        for block in self.blocks:
            x = block(x)
        x = self.narrow(x)
        mean = around(x)
        spread = (around(x.square()) - mean.square()).clamp(min=LEAST).sqrt()
        return self.cell(x) + self.whole(torch.cat([mean, spread], 1))

    def load_encoder(self, state: dict[str, Any]) -> None:
        """Take the stem and the blocks of an encoder with more of them, by its ``state_dict``."""
        own = self.state_dict()
        self.load_state_dict({k: state[k] if k.startswith(("stem.", "blocks.")) else own[k] for k in own})

    def load_imagenet(self) -> None:
        """Load the ImageNet weights; see ``EfficientNetLite.load_imagenet``."""
        encoder = EfficientNetLite("lite2")
        encoder.load_imagenet()
        self.load_encoder(encoder.state_dict())


def around(x: Tensor) -> Tensor:
    """N x C x h x w, the mean of each place's surroundings of ``WINDOW`` x ``WINDOW`` cells within the picture.

    The same over a whole photo as over a crop of it: the network is asked about crops and about photos, and answers
    from what it has learnt of crops.
    """
    for size in ((1, WINDOW), (WINDOW, 1)):
        x = avg_pool2d(x, size, 1, (size[0] // 2, size[1] // 2), count_include_pad=False)
    return x
