"""Fusion: the two networks' probabilities are multiplied (ICIP 2018, section 2.3), then the product is calibrated.

A pixel is blurred where both networks say so. The product is biased low, more so where one of them is unsure: its
logit is scaled and shifted, both fitted on the validation photos by ``blurmap train fusion``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blurmap.imaging.logits import rescaled


@dataclass(frozen=True)
class Calibration:
    """p = sigmoid(scale * logit(patch ** patch_exponent * image) + bias); the paper's ``patch_exponent`` is 1."""

    scale: float = 1.0
    bias: float = 0.0
    patch_exponent: float = 1.0


def product(patch: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
    """b(p) = b1(p) b2(p)."""
    return patch * image


def calibrated(patch: NDArray[np.float32], image: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float32]:
    """The calibrated product, float32 in (0, 1)."""
    return rescaled(product(patch**calibration.patch_exponent, image), calibration.scale, calibration.bias)
