"""The shape of a mask: how near its boundary is to the labelled one, and in how many regions it falls.

A mask may be right on most pixels and be torn or ragged; these figures see that.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label
from scipy.spatial import KDTree

NEAR = 3.0  # pixels of the photo within which a boundary is found
SPECK = 0.0002  # regions of less than this share of the frame do not count: labels have such too


def boundary_f(
    mask: NDArray[np.bool_], truth: NDArray[np.bool_], near: float = NEAR, known: NDArray[np.bool_] | None = None
) -> float:
    """F1 of the boundary between sharp and blurred: found where the other one's is within ``near`` pixels.

    Csurka et al., "What is a good evaluation measure for semantic segmentation?" (BMVC 2013).

    Parameters
    ----------
    mask, truth : H x W bool, True = blurred
    near : float
        Pixels.
    known : H x W bool, optional
        Boundaries within ``near`` of what is not known do not count; all is known if not given.

    Returns
    -------
    float
        0 to 1; 1 where neither has a boundary, 0 where only one has.
    """
    counts = np.True_ if known is None or known.all() else distance_transform_edt(known) > near
    found, true = (np.argwhere(_boundary(side) & counts) for side in (mask, truth))
    if not len(found) or not len(true):
        return float(len(found) == len(true))
    precision = _share_near(found, true, near)
    recall = _share_near(true, found, near)
    return 2 * precision * recall / max(precision + recall, 1e-9)


def regions(
    mask: NDArray[np.bool_], truth: NDArray[np.bool_], known: NDArray[np.bool_] | None = None
) -> tuple[int, int]:
    """How many connected regions, sharp or blurred, a mask has, and how many of them are stray.

    A region is stray if more than half of it is labelled otherwise. Those smaller than ``SPECK`` of the frame do not
    count.

    Parameters
    ----------
    mask, truth : H x W bool, True = blurred
    known : H x W bool, optional
        Only these pixels count; all of them if not given.
    """
    counted = np.ones(mask.shape, bool) if known is None else known
    count = stray = 0
    for side in (mask, ~mask):
        numbers, _ = label(side & counted)
        size = np.bincount(numbers.ravel())[1:]
        right = np.bincount(numbers.ravel(), (mask == truth).ravel())[1:]
        large = size >= SPECK * mask.size
        count += int(large.sum())
        stray += int((large & (right < 0.5 * size)).sum())
    return count, stray


def _boundary(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels that differ from the one to their left or above them, H x W."""
    edge = np.zeros(mask.shape, bool)
    edge[:, 1:] |= mask[:, 1:] != mask[:, :-1]
    edge[1:] |= mask[1:] != mask[:-1]
    return edge


def _share_near(points: NDArray[np.intp], others: NDArray[np.intp], near: float) -> float:
    distance, _ = KDTree(others).query(points, distance_upper_bound=near + 1e-6)
    return float(np.isfinite(distance).mean())
