"""Calibration: finite everywhere, monotone, and found back from what it was drawn from."""

import numpy as np
import pytest

from blurmap.imaging.logits import EPSILON, fit_platt, logit, rescaled


def test_logits_are_finite_and_undone_by_rescaling_with_nothing() -> None:
    p = np.array([0, EPSILON, 0.2, 0.5, 0.9, 1], np.float32)
    assert np.isfinite(logit(p)).all()
    np.testing.assert_allclose(rescaled(p, 1, 0), np.clip(p, EPSILON, 1 - EPSILON), atol=1e-6)


def test_scale_and_bias_by_hand() -> None:
    assert rescaled(np.array([0.5], np.float32), 3, 1)[0] == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-6)
    assert rescaled(np.array([0.8], np.float32), 2, 0)[0] == pytest.approx(16 / 17, abs=1e-5)


def test_a_known_distortion_is_found_back() -> None:
    random = np.random.default_rng(0)
    p = random.uniform(0.03, 0.97, (800, 800)).astype(np.float32)
    truth = random.random(p.shape) < rescaled(p, 1.7, -0.6)
    scale, bias = fit_platt([p], [truth])
    assert scale == pytest.approx(1.7, abs=0.1)
    assert bias == pytest.approx(-0.6, abs=0.1)
