"""Training views: labels stay on their pixels, an epoch holds what its phase says."""

import numpy as np

from blurmap.maps import MOTION, UNKNOWN
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
        view, labels = blur_view(photo, kind, 64, np.random.default_rng(seed))
        assert view.shape == labels.shape == (64, 64, 3)
        bright, inside = view.mean(axis=2), labels[..., 0] > 250
        outside = (labels[..., 0] < 5) & (labels[..., 2] > 250)
        if inside.any() and outside.any():
            assert bright[inside].mean() > bright[outside].mean() + 20
        assert np.array_equal(labels[..., 0], labels[..., 1])


def test_an_epoch_holds_every_labelled_photo_and_a_share_of_synthetic_ones() -> None:
    real = [(textured(40, 50, i), np.zeros((40, 50), np.uint8)) for i in range(8)]
    phase = Phase(1, size=32, synthetic=0.5)
    views = BlurViews([real], real * 3, batch=4, seed=0, pasted=0)
    views.start(phase, 0, 0)
    first = views.order
    assert len(views) == 12
    assert set(range(8)) < set(first.tolist())
    views.start(phase, 1, 0)
    assert not np.array_equal(first, views.order)
    views.start(phase, 0, 4)
    assert len(views) == 8
    again = BlurViews([real], real * 3, batch=4, seed=0, pasted=0)
    again.start(phase, 0, 0)
    assert np.array_equal(views[0][0], again[4][0])
