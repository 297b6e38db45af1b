"""Fusion: the two networks' probabilities are multiplied (ICIP 2018, section 2.3), then the product is calibrated.

A pixel is blurred where both networks say so. The product is biased low, more so where one of them is unsure: its
logit is scaled and shifted, both fitted on the validation photos by ``blurmap train fusion``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

TINY = 1e-4


@dataclass(frozen=True)
class Calibration:
    """p = sigmoid(scale * logit(patch ** trust * image) + bias); ``trust`` 1 is the paper's product."""

    scale: float = 1.0
    bias: float = 0.0
    trust: float = 1.0


def product(patch: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
    """b(p) = b1(p) b2(p)."""
    return patch * image


def calibrated(patch: NDArray[np.float32], image: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float32]:
    """The calibrated product, float32 in (0, 1)."""
    return rescaled(product(patch**calibration.trust, image), calibration.scale, calibration.bias)


def rescaled(probability: NDArray[np.float32], scale: float, bias: float) -> NDArray[np.float32]:
    """sigmoid(scale * logit(p) + bias), float32 in (0, 1) (Platt 1999; Guo et al., ICML 2017)."""
    clipped = np.clip(probability, TINY, 1 - TINY)
    result: NDArray[np.float32] = expit(scale * (np.log(clipped) - np.log1p(-clipped)) + bias)
    return result
