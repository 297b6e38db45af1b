"""Fusion: the two networks' probabilities are multiplied (ICIP 2018, section 2.3), then the product is calibrated.

A pixel is blurred where both networks say so. Each is given its own temperature and threshold first: what a network is
right with alone is not what it should bring into a product. The product's logit is scaled and shifted in the end. All
is fitted by ``blurmap train fusion``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from blurmap.imaging.logits import logit, rescaled


@dataclass(frozen=True)
class Calibration:
    """p = r(b1 ** patch_exponent * b2), each r(p) = sigmoid(scale * logit(p) + bias); as published, the exponent is 1.

    Attributes
    ----------
    scale, bias : float
        Scale and bias of the logit of the product.
    patch_exponent : float
    patch_scale, patch_bias, image_scale, image_bias : float
        Scale and bias of the logits of the two probabilities that go into it, b1 and b2.
    """

    scale: float = 1.0
    bias: float = 0.0
    patch_exponent: float = 1.0
    patch_scale: float = 1.0
    patch_bias: float = 0.0
    image_scale: float = 1.0
    image_bias: float = 0.0


def product(patch: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float32]:
    """b(p) = b1(p) b2(p)."""
    return patch * image


def calibrated(patch: NDArray[np.float32], image: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float32]:
    """The calibrated product, float32 in (0, 1)."""
    c = calibration
    first, second = rescaled(patch, c.patch_scale, c.patch_bias), rescaled(image, c.image_scale, c.image_bias)
    return rescaled(product(first**c.patch_exponent, second), c.scale, c.bias)


def over_sizes(maps: list[NDArray[np.float32]], weights: tuple[float, ...], bias: float) -> NDArray[np.float32]:
    """One patch map from those of the photo at several sizes, all H x W: sigmoid(sum of weight * logit + bias)."""
    total = sum((weight * logit(values) for weight, values in zip(weights, maps, strict=True)), np.float32(bias))
    result: NDArray[np.float32] = expit(total).astype(np.float32)
    return result
