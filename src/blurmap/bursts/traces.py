"""What a scan keeps of a photo to compare it with its neighbours: a small grey copy, and figures per cell of a grid.

Five thousand bytes, made from what the scan has in its hands anyway, so that bursts are found and ranked afterwards
without a photo being opened again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import resize_map
from blurmap.maps import Maps

CELLS = 24  # rows and columns of the grid, whatever the photo's shape: crops of one scene have the same
COPY = 2  # rows and columns of the small copy per cell
LEVELS = 4  # the photo's own pixels, and copies of a half, a quarter and an eighth of its size
SAMPLES = 2_000_000  # pixels of a level that are looked at, about: pairs of rows, evenly spread
STEP = 12  # of a doubling of the detail, as it is stored


@dataclass(frozen=True, eq=False)
class Trace:
    """What is kept of one photo.

    Attributes
    ----------
    copy : COPY * CELLS x COPY * CELLS uint8
        The photo in grey.
    sharp : CELLS x CELLS uint8
        Probability of being sharp of each cell, times 255.
    detail : LEVELS x CELLS x CELLS uint8
        Mean energy of the gradient of each cell, at the photo's own pixels first, then in copies halved once more each:
        ``STEP * log2(1 + energy)``, grey values from 0 to 255.
    """

    copy: NDArray[np.uint8]
    sharp: NDArray[np.uint8]
    detail: NDArray[np.uint8]

    def to_bytes(self) -> bytes:
        return self.copy.tobytes() + self.sharp.tobytes() + self.detail.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Trace":
        """Raises ValueError where it is not what ``to_bytes`` wrote."""
        copy, sharp, detail = np.split(np.frombuffer(content, np.uint8), np.cumsum((COPY**2 * CELLS**2, CELLS**2)))
        shape = CELLS, CELLS
        return cls(copy.reshape(COPY * CELLS, COPY * CELLS), sharp.reshape(shape), detail.reshape(LEVELS, *shape))


def make_trace(photo: Pyramid, maps: Maps) -> Trace:
    """What is kept of a photo with these maps."""
    copy = Image.fromarray(photo.resized((COPY * CELLS, COPY * CELLS))).convert("L")
    sharp = 255 * resize_map(1 - maps.blurred, (CELLS, CELLS)) + 0.5
    detail = np.stack([energies(photo.level(i)) for i in range(LEVELS)])
    return Trace(np.asarray(copy), sharp.astype(np.uint8), (STEP * np.log2(1 + detail) + 0.5).astype(np.uint8))


def energies(image: Image.Image) -> NDArray[np.float32]:
    """Mean squared gradient of the grey values within each cell, CELLS x CELLS float32.

    Only some pairs of rows of large images are looked at, the same number in each cell.
    """
    width, height = image.size
    if min(width, height) < 2:
        return np.zeros((CELLS, CELLS), np.float32)
    step = max(round(width * height / SAMPLES), 1)
    count = (height - 1) // step
    upper, lower = (
        np.asarray(
            image.resize((width, count), Image.Resampling.NEAREST, (0, row, width, row + count * step)).convert("L"),
            np.int16,
        )
        for row in (0, 1)
    )
    energy = np.square(lower - upper, dtype=np.int32)[:, :-1]
    energy += np.square(np.diff(upper, axis=1), dtype=np.int32)
    edges = [np.linspace(0, n, CELLS + 1).round().astype(int) for n in energy.shape]
    sums = np.add.reduceat(energy, np.minimum(edges[1][:-1], energy.shape[1] - 1), axis=1)
    sums = np.add.reduceat(sums, np.minimum(edges[0][:-1], len(energy) - 1), axis=0)
    pixels = np.outer(*[np.maximum(np.diff(edge), 1) for edge in edges])
    return (sums / pixels).astype(np.float32)
