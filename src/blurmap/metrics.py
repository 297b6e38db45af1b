"""The figures of blur segmentation, with blurred as the positive class.

MAE, F (beta^2 = 0.3), accuracy and the error of the mask are means over photos; both IoUs are pooled over all pixels.
The same maps score .76 to .93 under the protocols in use, so every table names this one (:data:`PROTOCOL`).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BETA2 = 0.3
PROTOCOL = (
    "blurred is positive; MAE is of the probability; F (beta^2 = 0.3), accuracy, IoU, error (1 - accuracy) of the mask;"
    " "
    "MAE, F, accuracy and error are means over photos at full size, IoU (blurred) and mIoU (both classes) are pooled "
    "over pixels; max-F is the best mean F over 256 thresholds of the probability"
)


def f_measure(true_positive: float, predicted: float, positive: float) -> float:
    """(1 + beta^2) P R / (beta^2 P + R) from pixel counts; 1 where there is nothing to find and nothing found."""
    if positive == 0 and predicted == 0:
        return 1.0
    return (1 + BETA2) * true_positive / (BETA2 * positive + predicted)


@dataclass
class Scores:
    """Collects photos with :meth:`add`, gives the figures with :meth:`figures`."""

    mae: list[float] = field(default_factory=list)
    f: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    f_by_threshold: list[NDArray[np.float64]] = field(default_factory=list)
    confusion: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, 2), np.int64))  # [truth, answer]

    def add(self, probability: NDArray[np.float32], mask: NDArray[np.bool_], truth: NDArray[np.bool_]) -> None:
        """Score one photo: ``probability`` in [0, 1], ``mask`` and ``truth`` True = blurred, all H x W.

        Raises
        ------
        ValueError
            If the shapes differ.
        """
        if not probability.shape == mask.shape == truth.shape:
            raise ValueError(f"sizes differ: map {probability.shape}, mask {mask.shape}, truth {truth.shape}")
        both, answered, positive = (int(np.count_nonzero(x)) for x in (mask & truth, mask, truth))
        sharp = truth.size - positive
        counts = np.array([[sharp - (answered - both), answered - both], [positive - both, both]])
        self.confusion += counts
        self.mae.append(float(np.abs(probability - truth).mean(dtype=np.float64)))
        self.f.append(f_measure(both, answered, positive))
        self.accuracy.append(float(np.trace(counts) / truth.size))
        level = np.ceil(np.clip(probability, 0, 1) * 255).astype(np.intp)  # p > t / 255 for the thresholds t below it
        histogram = np.stack([np.bincount(level[where], minlength=256) for where in (truth, ~truth)])
        above = histogram[:, ::-1].cumsum(1)[:, ::-1]
        above = np.concatenate([above[:, 1:], np.zeros((2, 1), above.dtype)], 1)  # strictly more than threshold t
        true_positive, false_positive = above
        self.f_by_threshold.append(
            np.array([f_measure(tp, tp + fp, positive) for tp, fp in zip(true_positive, false_positive, strict=True)])
        )

    def figures(self) -> dict[str, float]:
        """``photos``, ``mae``, ``f``, ``iou``, ``miou``, ``accuracy``, ``error`` and ``max_f``."""
        (sharp, false_blurred), (false_sharp, blurred) = self.confusion.tolist()
        iou = blurred / max(blurred + false_blurred + false_sharp, 1)
        iou_sharp = sharp / max(sharp + false_blurred + false_sharp, 1)
        accuracy = float(np.mean(self.accuracy))
        return {
            "photos": len(self.mae),
            "mae": float(np.mean(self.mae)),
            "error": 1.0 - accuracy,
            "f": float(np.mean(self.f)),
            "iou": iou,
            "miou": (iou + iou_sharp) / 2,
            "accuracy": accuracy,
            "max_f": float(np.mean(self.f_by_threshold, axis=0).max()),
        }
