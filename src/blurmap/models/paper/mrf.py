"""Clean segmentation: a binary Markov random field on the 8-connected pixel grid, minimised exactly by a graph cut.

Purohit, Shah and Rajagopalan (ICIP 2018), section 2.3; the contrast-sensitive Potts term is that of Boykov and Jolly,
"Interactive graph cuts" (ICCV 2001). The energy of a mask is

    sum_i -log p_i(mask_i)  +  strength sum_ij exp(-|I_i - I_j|^2 / (2 s^2)) / dist(i, j) [mask_i != mask_j]

with p the blur probability, I the colours in Lab and s^2 the mean of |I_i - I_j|^2 over the photo's neighbours. Maps
up to ``DIRECT`` pixels are cut whole; larger ones in a band around the boundary found at half their size (Lombaert et
al., "A multilevel banded graph cuts method for fast image segmentation", ICCV 2005).
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from blurmap.imaging.colour import lab
from blurmap.imaging.resizing import fit, resize_map, resize_photo

# Neighbour j of pixel i is at row + dy, column + dx; the other four of the eight are these seen from j.
DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))
SCALE = 2000  # max-flow works on whole numbers: energies are rounded to 1 / SCALE
DIRECT = 100  # long side up to which a map is cut whole
BAND = 3  # half width of the band, in pixels
FLOOR = 1e-4  # no pixel is certain: bounds -log p

Weights = list[NDArray[np.int32]]
T = TypeVar("T", bound=np.generic)


def segment(probability: NDArray[np.float32], photo: NDArray[np.uint8], strength: float) -> NDArray[np.bool_]:
    """The mask of least energy; of least energy within the band for maps larger than ``DIRECT``.

    Parameters
    ----------
    probability : H x W float32 in [0, 1], 1 = blurred
    photo : H x W x 3 uint8
    strength : float
        The pairwise weight lambda; 0 gives ``probability > 0.5``.

    Returns
    -------
    H x W bool, True = blurred
    """
    label = np.zeros(probability.shape, np.int8)  # +1 blurred, -1 sharp, 0 to be decided by the cut
    if max(probability.shape) > DIRECT:
        half = fit(probability.shape, max(probability.shape) // 2)
        # half the side has a quarter of the pixels but half the boundary: half the weight keeps the balance
        coarse = segment(resize_map(probability, half), resize_photo(photo, half), strength / 2)
        label = np.where(resize_map(coarse.astype(np.float32), probability.shape) > 0.5, 1, -1).astype(np.int8)
        label[band(label)] = 0
    lean, weights = unary(probability), pairwise(photo, strength)
    free = label == 0
    if free.any():
        absorb(label, lean, weights)
        label[free] = _cut(lean, weights, free)
    return label > 0


def band(label: NDArray[np.int8]) -> NDArray[np.bool_]:
    """The pixels within ``BAND`` of a boundary."""
    return np.asarray(minimum_filter(label, 2 * BAND + 1) != maximum_filter(label, 2 * BAND + 1))


def energy(
    mask: NDArray[np.bool_], probability: NDArray[np.float32], photo: NDArray[np.uint8], strength: float
) -> float:
    """Energy of a mask, up to a constant: that of the all-sharp mask without neighbours is zero."""
    total = -int(unary(probability)[mask].sum(dtype=np.int64))
    for (dy, dx), weight in zip(DIRECTIONS, pairwise(photo, strength), strict=True):
        here, there = _pair(mask, dy, dx)
        total += int(weight[here != there].sum(dtype=np.int64))
    return total / SCALE


def unary(probability: NDArray[np.float32]) -> NDArray[np.int32]:
    """log p - log(1 - p) per pixel in units of 1 / SCALE: how much cheaper the label blurred is than sharp."""
    p = np.clip(probability.astype(np.float64), FLOOR, 1 - FLOOR)
    return np.rint(SCALE * (np.log(p) - np.log1p(-p))).astype(np.int32)


def pairwise(photo: NDArray[np.uint8], strength: float) -> Weights:
    """Weight of the edge between each pixel and its neighbour in each of ``DIRECTIONS``, in units of 1 / SCALE."""
    colours = lab(photo)
    squares = []
    for dy, dx in DIRECTIONS:
        here, there = _pair(colours, dy, dx)
        squares.append(((here - there) ** 2).sum(axis=2))
    count = sum(s.size for s in squares)
    mean = sum(float(s.sum()) for s in squares) / max(count, 1)
    return [
        np.rint(SCALE * strength * np.exp(-s / (2 * mean + 1e-12)) / np.hypot(dy, dx)).astype(np.int32)
        for (dy, dx), s in zip(DIRECTIONS, squares, strict=True)
    ]


def absorb(label: NDArray[np.int8], lean: NDArray[np.int32], weights: Weights) -> None:
    """Add to ``lean`` what the decided neighbours pull, so that the undecided pixels are a problem of their own."""
    for (dy, dx), weight in zip(DIRECTIONS, weights, strict=True):
        here, there = _pair(label, dy, dx)
        lean_here, lean_there = _pair(lean, dy, dx)
        lean_here += weight * there
        lean_there += weight * here


def _cut(lean: NDArray[np.int32], weights: Weights, free: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Minimum cut over the free pixels: source = blurred, sink = sharp. Their labels, +1 or -1, in row order."""
    n = int(free.sum())
    number = np.full(free.shape, -1, np.int32)
    number[free] = np.arange(n, dtype=np.int32)
    source, sink = n, n + 1
    starts, ends, capacities = [], [], []
    for (dy, dx), weight in zip(DIRECTIONS, weights, strict=True):
        here, there = _pair(number, dy, dx)
        both = (here >= 0) & (there >= 0) & (weight > 0)
        starts += [here[both], there[both]]
        ends += [there[both], here[both]]
        capacities += [weight[both]] * 2
    own = lean[free]
    pixels = np.arange(n, dtype=np.int32)
    for chosen, flip in ((own > 0, False), (own < 0, True)):
        terminal = np.full(int(chosen.sum()), sink if flip else source, np.int32)
        starts.append(pixels[chosen] if flip else terminal)
        ends.append(terminal if flip else pixels[chosen])
        capacities.append(np.abs(own[chosen]))
    graph = csr_array(
        (np.concatenate(capacities).astype(np.int32), (np.concatenate(starts), np.concatenate(ends))), (n + 2, n + 2)
    )
    residual = graph - maximum_flow(graph, source, sink).flow
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = breadth_first_order(residual, source, return_predecessors=False)
    cut = np.full(n + 2, -1, np.int8)
    cut[reached] = 1
    return cut[:n]


def _pair(array: NDArray[T], dy: int, dx: int) -> tuple[NDArray[T], NDArray[T]]:
    """Views of an H x W (x C) array on all pixels that have a neighbour at (dy, dx), and on those neighbours."""
    h, w = array.shape[:2]
    rows = slice(0, h - dy), slice(dy, h)
    columns = (slice(0, w - dx), slice(dx, w)) if dx >= 0 else (slice(-dx, w), slice(0, w + dx))
    return array[rows[0], columns[0]], array[rows[1], columns[1]]
