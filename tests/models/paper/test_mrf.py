"""The graph cut finds the minimum that brute force finds."""

import itertools

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from blurmap.models.paper import mrf
from tests.support import textured


@pytest.mark.parametrize("seed", range(12))
def test_energy_equals_brute_force_on_tiny_grids(seed: int) -> None:
    random = np.random.default_rng(seed)
    h, w = [(3, 4), (4, 3), (1, 10), (2, 6)][seed % 4]
    probability = random.random((h, w), np.float32)
    photo = random.integers(0, 256, (h, w, 3), np.uint8)
    strength = [0.2, 1.0, 5.0][seed % 3]
    best = min(
        mrf.energy(np.array(labels, bool).reshape(h, w), probability, photo, strength)
        for labels in itertools.product((False, True), repeat=h * w)
    )
    found = mrf.segment(probability, photo, strength)
    assert mrf.energy(found, probability, photo, strength) == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("strength", [0.5, 2.0, 6.0])
def test_cut_in_a_band_is_nearly_the_whole_cut(monkeypatch: pytest.MonkeyPatch, strength: float) -> None:
    """On a noisy map with a true boundary: energy within 2 % of the exact minimum, masks nearly the same."""
    random = np.random.default_rng(0)
    photo = textured(160, 240)
    y, x = np.mgrid[:160, :240]
    true = np.hypot(y - 80, x - 110) > 50
    photo[true] = photo[true] // 2
    noise = gaussian_filter(random.standard_normal((160, 240)), 4) * 8
    probability = (1 / (1 + np.exp(-2 * (2 * true - 1.0) - noise))).astype(np.float32)
    banded = mrf.segment(probability, photo, strength)
    monkeypatch.setattr(mrf, "DIRECT", 1000)
    whole = mrf.segment(probability, photo, strength)
    least, found = (mrf.energy(mask, probability, photo, strength) for mask in (whole, banded))
    assert least < 0  # better than all sharp
    assert least <= found <= least + 0.02 * abs(least)
    assert (banded != whole).mean() < 0.02


def test_absorbed_neighbours_pull_as_in_the_whole() -> None:
    """With the optimum's labels fixed outside a window, cutting the window alone gives the optimum back."""
    random = np.random.default_rng(1)
    probability = random.random((20, 30), np.float32)
    photo = random.integers(0, 256, (20, 30, 3), np.uint8)
    whole = mrf.segment(probability, photo, 1.0)
    label = np.where(whole, 1, -1).astype(np.int8)
    label[5:15, 8:22] = 0
    free = label == 0
    lean, weights = mrf.unary(probability), mrf.pairwise(photo, 1.0)
    mrf.absorb(label, lean, weights)
    label[free] = mrf._cut(lean, weights, free)
    assert mrf.energy(label > 0, probability, photo, 1.0) == pytest.approx(mrf.energy(whole, probability, photo, 1.0))


def test_no_pairwise_term_is_a_threshold() -> None:
    probability = np.array([[0.2, 0.6], [0.9, 0.4]], np.float32)
    mask = mrf.segment(probability, np.zeros((2, 2, 3), np.uint8), 0.0)
    assert mask.tolist() == [[False, True], [True, False]]


def test_an_edge_in_the_photo_holds_the_boundary() -> None:
    photo = np.zeros((20, 20, 3), np.uint8)
    photo[:, 10:] = 255
    probability = np.full((20, 20), 0.3, np.float32)
    probability[:, 12:] = 0.9  # two columns off the photo's edge
    mask = mrf.segment(probability, photo, 2.0)
    assert not mask[:, :10].any()
    assert mask[:, 10:].all()
