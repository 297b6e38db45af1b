"""The graph cut finds the minimum that brute force finds."""

import itertools

import numpy as np
import pytest

from blurmap import mrf


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


def test_settled_labels_are_those_of_the_whole_cut() -> None:
    random = np.random.default_rng(0)
    probability = random.random((24, 31), np.float32)
    photo = random.integers(0, 256, (24, 31, 3), np.uint8)
    lean, weights = mrf.unary(probability), mrf.pairwise(photo, 1.0)
    everything = np.ones(lean.shape, bool)
    whole = mrf._cut(lean.copy(), weights, np.zeros(lean.shape, np.int8), everything).reshape(lean.shape) > 0
    mask = mrf.segment(probability, photo, 1.0)
    assert mrf.energy(mask, probability, photo, 1.0) == pytest.approx(mrf.energy(whole, probability, photo, 1.0))
    _, free = mrf.settle(lean, weights)
    assert 0 < free.sum() < free.size  # both ways of deciding were exercised


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
