"""The figures of blur segmentation, with blurred as the positive class.

MAE, F (beta^2 = 0.3), accuracy and the error of the mask are means over photos; both IoUs are pooled over all pixels.
The same maps score .76 to .93 under the protocols in use, so every table names this one (``PROTOCOL``).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from blurmap.evaluation.boundaries import boundary_f, regions

BETA2 = 0.3
BINS = 15  # of the calibration error
PROTOCOL = (
    "blurred is positive; MAE is of the probability; F (beta^2 = .3), accuracy, IoU, error (1 - accuracy) of the mask; "
    "MAE, F, accuracy and error are means over photos at full size, IoU (blurred) and mIoU (both classes) are pooled "
    "over pixels; max-F is the best mean F over 256 thresholds of the probability; ECE is the expected calibration "
    "error of the probability, 15 equal bins, pooled over pixels; type is the share of the truly blurred pixels found "
    "blurred whose kind is right, strict type that of all truly blurred pixels (missed is wrong), means over photos; "
    "boundary F is the F1 of the mask's boundary within 3 pixels of the labelled one; regions, labelled regions and "
    "stray regions are counts of connected parts, sharp and blurred, from .02 % of the frame on, stray if mostly "
    "labelled otherwise, means over photos; pixels whose label is unknown count nowhere"
)


def f_measure(true_positive: float, predicted: float, positive: float) -> float:
    """(1 + beta^2) P R / (beta^2 P + R) from pixel counts; 1 where there is nothing to find and nothing found."""
    if positive == 0 and predicted == 0:
        return 1.0
    return (1 + BETA2) * true_positive / (BETA2 * positive + predicted)


@dataclass
class Scores:
    """Collects photos with ``add``, gives the figures with ``figures``."""

    mae: list[float] = field(default_factory=list)
    f: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    f_by_threshold: list[NDArray[np.float64]] = field(default_factory=list)
    confusion: NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, 2), np.int64))  # [truth, answer]
    bins: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, BINS)))  # pixels, probability, truth
    boundary_f: list[float] = field(default_factory=list)
    regions: list[tuple[int, int, int]] = field(default_factory=list)  # of the mask, of the labels, stray
    type: list[float] = field(default_factory=list)
    strict_type: list[float] = field(default_factory=list)

    def add(
        self,
        probability: NDArray[np.float32],
        mask: NDArray[np.bool_],
        truth: NDArray[np.bool_],
        kind: NDArray[np.uint8] | None = None,
        true_kind: int = 0,
        known: NDArray[np.bool_] | None = None,
    ) -> None:
        """Score one photo.

        Parameters
        ----------
        probability : H x W float32 in [0, 1]
        mask, truth : H x W bool, True = blurred
        kind : H x W uint8, optional
            0 sharp, 1 defocus, 2 motion.
        true_kind : int
            The kind of all that is truly blurred, 1 or 2.
        known : H x W bool, optional
            The pixels that count; all if not given.

        Raises
        ------
        ValueError
            If the shapes differ, or no pixel is known.
        """
        if not probability.shape == mask.shape == truth.shape:
            raise ValueError(f"sizes differ: map {probability.shape}, mask {mask.shape}, truth {truth.shape}")
        if known is not None and not known.any():
            raise ValueError("there is nothing to score: no pixel's label is known")
        self.boundary_f.append(boundary_f(mask, truth, known=known))
        found, stray = regions(mask, truth, known)
        self.regions.append((found, regions(truth, truth, known)[0], stray))
        if known is not None:  # from here on places do not matter
            probability, mask, truth = probability[known], mask[known], truth[known]
            kind = None if kind is None else kind[known]
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
        place = np.minimum((probability * BINS).astype(np.intp), BINS - 1).ravel()
        for row, weights in enumerate((None, probability.ravel(), truth.ravel())):
            self.bins[row] += np.bincount(place, weights, minlength=BINS)
        if kind is not None:
            right = int(np.count_nonzero(truth & (kind == true_kind)))
            self.type.append(right / max(both, 1))
            self.strict_type.append(right / max(positive, 1))
        self.f_by_threshold.append(
            np.array([f_measure(tp, tp + fp, positive) for tp, fp in zip(true_positive, false_positive, strict=True)])
        )

    def figures(self) -> dict[str, float]:
        """``photos``, ``mae``, ``error``, ``f``, ``iou``, ``miou``, ``accuracy``, ``max_f``, ``ece``, ``boundary_f``.

        ``regions``, ``labelled_regions`` and ``stray_regions`` too; ``type`` and ``strict_type`` where kinds were
        given.
        """
        (sharp, false_blurred), (false_sharp, blurred) = self.confusion.tolist()
        iou = blurred / max(blurred + false_blurred + false_sharp, 1)
        iou_sharp = sharp / max(sharp + false_blurred + false_sharp, 1)
        accuracy = float(np.mean(self.accuracy))
        pixels, probability, truth = self.bins
        found, labelled, stray = np.mean(self.regions, axis=0).tolist()
        types = {"type": self.type, "strict_type": self.strict_type} if self.type else {}
        return {
            "photos": len(self.mae),
            "mae": float(np.mean(self.mae)),
            "error": 1.0 - accuracy,
            "f": float(np.mean(self.f)),
            "iou": iou,
            "miou": (iou + iou_sharp) / 2,
            "accuracy": accuracy,
            "max_f": float(np.mean(self.f_by_threshold, axis=0).max()),
            "ece": float(np.abs(probability - truth).sum() / pixels.sum()),
            "boundary_f": float(np.mean(self.boundary_f)),
            "regions": found,
            "labelled_regions": labelled,
            "stray_regions": stray,
        } | {name: float(np.mean(values)) for name, values in types.items()}
