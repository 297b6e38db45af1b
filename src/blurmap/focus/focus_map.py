"""How wide the blur of a photo is at each place, what is sharp at which size, and what nobody can tell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from blurmap.focus.close_up import PART, SHARP_WIDTH

CELL = 8  # pixels of the photo, side of a cell
SCREEN = 2048  # pixels, long side: what a screen shows of a photo
SHARPEST = 0.1  # the share of a box that its width is of
UNKNOWN, SOFT, ON_SCREEN, SHARP = np.uint8(0), np.uint8(1), np.uint8(2), np.uint8(3)
ENOUGH_KNOWN = 0.5  # share of a part that must be known for it to be the sharpest


@dataclass(frozen=True, eq=False)
class FocusMap:
    """What is in focus; h x w are cells of ``CELL`` x ``CELL`` pixels of the photo.

    Attributes
    ----------
    width : h x w float32
        Standard deviation of the blur along its longest axis, in pixels of the photo; of what is not known, a guess.
    known : h x w bool
        Where there is detail to tell it from. A plain wall, a burnt-out sky, black and noise are neither sharp nor
        blurred.
    motion : h x w float32 in [0, 1]
        Probability that the blur, if any, is motion.
    shape : (height, width)
        Of the photo in pixels.
    """

    width: NDArray[np.float32]
    known: NDArray[np.bool_]
    motion: NDArray[np.float32]
    shape: tuple[int, int]

    def sharp_at(self, long_side: int) -> NDArray[np.bool_]:
        """What looks sharp where the photo is shown with that long side, h x w bool.

        Parameters
        ----------
        long_side : int
            In pixels, at least 1; more than the photo's own is taken as its own.
        """
        if long_side < 1:
            raise ValueError(f"the long side must be 1 pixel or more, not {long_side}")
        smaller = min(long_side / max(self.shape), 1.0)
        sharp: NDArray[np.bool_] = self.known & (self.width * smaller <= SHARP_WIDTH)
        return sharp

    def share_at(self, long_side: int) -> float:
        """Share of the frame in [0, 1] that looks sharp at that long side."""
        return float(self.sharp_at(long_side).mean())

    def at(self, box: tuple[float, float, float, float]) -> float | None:
        """Width of the blur of the sharpest tenth of a box, in pixels of the photo; None where nothing is known.

        Parameters
        ----------
        box : (left, top, right, bottom)
            In pixels of the photo; the cells that it touches count.
        """
        left, top, right, bottom = (int(side // CELL) for side in (box[0], box[1], box[2] - 1e-6, box[3] - 1e-6))
        rows, columns = slice(max(top, 0), max(bottom + 1, 0)), slice(max(left, 0), max(right + 1, 0))
        widths = self.width[rows, columns][self.known[rows, columns]]
        return float(np.quantile(widths, SHARPEST)) if widths.size else None

    @property
    def known_share(self) -> float:
        """Share of the frame in [0, 1] of which anything is known."""
        return float(self.known.mean())

    @property
    def point(self) -> tuple[float, float] | None:
        """Where the sharpest known part is, x and y as shares of the frame; None where nothing is known."""
        known = uniform_filter(self.known.astype(np.float64), PART, mode="constant")
        if not self.known.any():
            return None
        sharpness = np.where(self.known, -np.log(self.width), 0.0)
        means = uniform_filter(sharpness, PART, mode="constant") / np.maximum(known, 1e-9)
        enough = self.known & (known >= min(ENOUGH_KNOWN, float(known[self.known].max())))
        row, column = np.unravel_index(int(np.where(enough, means, -np.inf).argmax()), self.known.shape)
        return float((column + 0.5) / self.known.shape[1]), float((row + 0.5) / self.known.shape[0])

    def plane(self) -> NDArray[np.uint8]:
        """The plane of focus, h x w uint8: 0 unknown, 1 soft, 2 sharp on a screen, 3 sharp at its own pixels."""
        plane = np.where(self.known, SOFT, UNKNOWN)
        plane[self.sharp_at(SCREEN)] = ON_SCREEN
        plane[self.sharp_at(max(self.shape))] = SHARP
        return plane
