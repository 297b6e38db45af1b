"""Maps brought to other sizes keep their values, and their edges move onto the photo's."""

import numpy as np
import pytest

from blurmap.imaging import resizing
from blurmap.imaging.resizing import fit, resize_map, upsample_along_edges


def test_fit() -> None:
    assert fit((427, 640, 3), 320) == (214, 320)
    assert fit((100, 50), 320) == (100, 50)
    assert fit((5000, 1), 320) == (320, 1)


def test_edges_move_onto_the_photos() -> None:
    photo = np.full((400, 600, 3), 40, np.uint8)
    photo[:, 303:] = 200  # an edge that the small map, at a fifth, cannot hold exactly
    small = np.zeros((80, 120), np.float32)
    small[:, 61:] = 1
    along = upsample_along_edges(small, photo, radius=2, epsilon=1e-4) > 0.5
    plain = resize_map(small, (400, 600)) > 0.5
    truth = np.zeros((400, 600), bool)
    truth[:, 303:] = True
    assert (along != truth).mean() < 0.2 * (plain != truth).mean()


def test_a_flat_map_stays_flat() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    np.testing.assert_allclose(upsample_along_edges(np.full((30, 40), 0.3, np.float32), photo), 0.3, atol=1e-4)


def test_strips_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (200, 120, 3), np.uint8)
    small = random.random((50, 30), np.float32)
    whole = upsample_along_edges(small, photo)
    monkeypatch.setattr(resizing, "STRIP", 17)
    np.testing.assert_allclose(upsample_along_edges(small, photo), whole, atol=1e-5)
