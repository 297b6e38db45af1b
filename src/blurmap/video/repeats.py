"""Near-duplicates: frames that show the same, as a small grey copy sees them."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.video.reading import Frame

SIDE = 32  # pixels of the copy, both ways: noise and compression are averaged away
ALIKE = 1.5  # greys of 255, mean difference of two copies up to which they show the same


def signature(frame: Frame) -> NDArray[np.float32]:
    """What is compared: the frame as ``SIDE`` x ``SIDE`` float32 greys, 0 to 255."""
    return np.asarray(Image.fromarray(frame.grey()).resize((SIDE, SIDE), Image.Resampling.BOX), np.float32)


def alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two signatures show the same; brightness of the whole frame does not count."""
    return bool(np.abs((one - one.mean()) - (other - other.mean())).mean() <= ALIKE)
