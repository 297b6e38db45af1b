"""Arithmetic of probabilities through their logits; no probability is certain (``EPSILON``)."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

EPSILON = 1e-4  # probabilities are held between this and one minus it
EVERY = 16  # a calibration is fitted on every 16th pixel: neighbours say the same


def logit(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    """log p - log(1 - p), any shape, float32; finite for all p in [0, 1]."""
    clipped = np.clip(probability, EPSILON, 1 - EPSILON)
    result: NDArray[np.float32] = np.log(clipped) - np.log1p(-clipped)
    return result


def rescaled(probability: NDArray[np.float32], scale: float, bias: float) -> NDArray[np.float32]:
    """sigmoid(scale * logit(p) + bias), float32 in (0, 1) (Platt 1999; Guo et al., ICML 2017)."""
    result: NDArray[np.float32] = expit(scale * logit(probability) + bias)
    return result


def fit_platt(maps: list[NDArray[np.float32]], masks: list[NDArray[np.bool_]]) -> tuple[float, float]:
    """Scale and bias for ``rescaled`` with the least cross-entropy.

    Parameters
    ----------
    maps : list of float32 in [0, 1]
        Probabilities of blur, each of any shape: H x W, or only those of pixels whose truth is known.
    masks : list of bool, True = blurred
        The truth, in the shapes of the maps.
    """
    from scipy.optimize import minimize  # takes long to import, and only training needs it

    logits = np.concatenate([logit(m.ravel()[::EVERY]) for m in maps]).astype(np.float64)
    side = np.where(np.concatenate([m.ravel()[::EVERY] for m in masks]), -1.0, 1.0)
    optimum = minimize(
        lambda x: np.logaddexp(0, side * (x[0] * logits + x[1])).mean(), [1.0, 0.0], method="Nelder-Mead"
    )
    return round(float(optimum.x[0]), 4), round(float(optimum.x[1]), 4)
