"""What a model says of a photo at its working size: a pair of probability maps, and the kinds and shares they mean."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Values of a kind map (H x W uint8). UNKNOWN is only in training data: pixels that no label says anything about.
SHARP, DEFOCUS, MOTION, UNKNOWN = np.uint8(0), np.uint8(1), np.uint8(2), np.uint8(255)
KINDS = ("sharp", "defocus", "motion")


@dataclass(frozen=True, eq=False)
class Maps:
    """The maps of one photo, all h x w, h and w being the model's choice.

    Attributes
    ----------
    blurred : h x w float32 in [0, 1]
        Calibrated probability that a pixel is blurred.
    motion : h x w float32 in [0, 1], or None
        Probability that its blur, if any, is motion; None where the model does not tell types.
    cut : h x w bool, or None
        The segmentation, True = blurred, where it is more than ``blurred > 0.5``.
    """

    blurred: NDArray[np.float32]
    motion: NDArray[np.float32] | None = None
    cut: NDArray[np.bool_] | None = None

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The segmentation at the working size, h x w bool, True = blurred."""
        return self.blurred > 0.5 if self.cut is None else self.cut

    @property
    def kind(self) -> NDArray[np.uint8] | None:
        """Kind of each pixel, h x w uint8: 0 sharp, 1 defocus, 2 motion; None where the model does not tell types."""
        return None if self.motion is None else kind_map(self.mask, self.motion)

    def shares(self) -> dict[str, float | None]:
        """Shares of the frame in [0, 1]: ``blurred``, and ``defocus`` and ``motion``, None where there are no types."""
        kind = self.kind
        return {
            "blurred": float(self.mask.mean()),
            "defocus": None if kind is None else float((kind == DEFOCUS).mean()),
            "motion": None if kind is None else float((kind == MOTION).mean()),
        }

    def prevailing_motion(self) -> float:
        """Mean probability of motion, weighted by that of blur; 0 where the model does not tell types."""
        return 0.0 if self.motion is None else float(np.average(self.motion, weights=self.blurred + 1e-6))


def kind_map(mask: NDArray[np.bool_], motion: NDArray[np.float32]) -> NDArray[np.uint8]:
    """H x W uint8 kinds from a mask and the probability of motion, both H x W."""
    return mask * (DEFOCUS + (MOTION - DEFOCUS) * (motion > 0.5))
