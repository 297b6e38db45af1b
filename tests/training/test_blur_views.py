"""Training views: labels stay on their pixels, an epoch holds what its phase says."""

import numpy as np
import pytest

from blurmap.maps import DEFOCUS, MOTION, UNKNOWN
from blurmap.training.data.blur_views import BlurViews, blur_view
from blurmap.training.recipes import Phase
from tests.support import textured


def test_views_keep_labels_on_their_pixels() -> None:
    """A photo whose brightness is its label: views show the two together wherever they are cropped and flipped."""
    kind = np.zeros((120, 160), np.uint8)
    kind[30:90, 40:120] = MOTION
    kind[:, 150:] = UNKNOWN
    photo = np.repeat(np.where(kind == MOTION, 230, 20).astype(np.uint8)[..., None], 3, axis=2)
    for seed in range(20):
        view, labels = blur_view(photo, kind, (64, 64), np.random.default_rng(seed))
        assert view.shape == labels.shape == (64, 64, 3)
        bright, inside = view.mean(axis=2), labels[..., 0] > 250
        outside = (labels[..., 0] < 5) & (labels[..., 2] > 250)
        if inside.any() and outside.any():
            assert bright[inside].mean() > bright[outside].mean() + 20
        assert np.array_equal(labels[..., 0], labels[..., 1])


def test_an_epoch_holds_every_labelled_photo_and_a_share_of_synthetic_ones() -> None:
    real = [(textured(40, 50, i), np.zeros((40, 50), np.uint8)) for i in range(8)]
    phase = Phase(1, size=32, synthetic=0.5)
    views = BlurViews([real], [], real * 3, [], batch=4, seed=0, pasted=0)
    views.start(phase, 0, 0)
    first = views.order
    assert len(views) == 12
    assert set(range(8)) < set(first.tolist())
    views.start(phase, 1, 0)
    assert not np.array_equal(first, views.order)
    views.start(phase, 0, 4)
    assert len(views) == 8
    again = BlurViews([real], [], real * 3, [], batch=4, seed=0, pasted=0)
    again.start(phase, 0, 0)
    assert np.array_equal(views[0][0], again[4][0])


def test_views_in_proportion_show_a_circle_as_a_circle() -> None:
    """The whole photo, or nearly: a disk stays as wide as it is high."""
    y, x = np.mgrid[:200, :300]
    photo = np.repeat(np.where((y - 100) ** 2 + (x - 150) ** 2 < 40**2, 255, 0).astype(np.uint8)[..., None], 3, axis=2)
    kind = np.zeros((200, 300), np.uint8)
    for seed in range(20):
        view, _ = blur_view(photo, kind, (64, 96), np.random.default_rng(seed), strength=0.0, least_share=0.8)
        assert view.shape == (64, 96, 3)
        bright = view[..., 0] > 128
        assert bright.any(axis=0).sum() / bright.any(axis=1).sum() == pytest.approx(1, abs=0.2)


def test_batches_lie_or_stand_as_their_photos_do() -> None:
    """Six photos lie and five stand: one of each is left over, since a batch has one shape."""
    lying = [(textured(40, 60, i), np.zeros((40, 60), np.uint8)) for i in range(6)]
    standing = [(textured(60, 40, i), np.zeros((60, 40), np.uint8)) for i in range(5)]
    views = BlurViews([lying + standing], [], [], [], batch=2, seed=0, pasted=0)
    views.start(Phase(1, size=64, short_side=32, synthetic=0.0), 0, 0)
    shapes = [tuple(views[i][0].shape[1:]) for i in range(len(views))]
    assert shapes[::2] == shapes[1::2]
    assert sorted(shapes) == [(32, 64)] * 6 + [(64, 32)] * 4


def test_a_share_of_the_sharp_photos_is_seen() -> None:
    blurred = [(textured(40, 40, i), np.full((40, 40), DEFOCUS, np.uint8)) for i in range(4)]
    sharp = [(textured(40, 40, i), np.zeros((40, 40), np.uint8)) for i in range(8)]
    views = BlurViews([blurred], sharp, blurred, [], batch=4, seed=0, pasted=0)
    views.start(Phase(1, size=32, sharp=0.5, synthetic=0.0), 0, 0)
    whole = [views[i][1][0].float().mean().item() for i in range(len(views))]
    assert sorted(whole) == [0.0] * 4 + [255.0] * 4


def test_a_share_of_the_composites_is_seen_beside_the_synthetic_photos() -> None:
    """Real photos are sharp, synthetic ones defocused, composites moving: each comes as often as its phase says."""
    real, synthetic, composites = (
        [(textured(40, 40, i), np.full((40, 40), kind, np.uint8)) for i in range(16)] for kind in (0, DEFOCUS, MOTION)
    )
    views = BlurViews([real], [], synthetic, composites, batch=4, seed=0, pasted=0)
    views.start(Phase(1, size=32, synthetic=0.25, composites=0.75, motion_copies=1), 0, 0)
    seen = [tuple(views[i][1][:2].float().mean((1, 2)).tolist()) for i in range(len(views))]
    assert (seen.count((0, 0)), seen.count((255, 0)), seen.count((255, 255))) == (16, 4, 12)
