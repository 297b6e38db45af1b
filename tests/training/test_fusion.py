"""What ``paper`` chooses on validation photos: the calibration is found back, the choice is written down."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from blurmap.evaluation.dataset import Dataset, open_dataset
from blurmap.models.paper.fusion import Calibration, calibrated, over_sizes
from blurmap.models.paper.system import Settings
from blurmap.training.fusion import (
    GENTLE,
    PhotoMaps,
    Scored,
    choose_image_input,
    choose_strength,
    fit_calibration,
    fit_exponent,
    fit_fusion,
    fit_patch,
)
from tests.support import FEW, weights_copy


def test_fitted_calibration_is_calibrated() -> None:
    """Truth drawn from a known distortion of the product: the fit finds it back."""
    random = np.random.default_rng(0)
    patch, image = random.uniform(0.05, 0.95, (2, 400, 400)).astype(np.float32)
    truth = random.random((400, 400)) < calibrated(patch, image, Calibration(1.7, 0.8))
    fitted = fit_exponent([(patch, image, truth)], 1.0)
    assert fitted.scale == pytest.approx(1.7, abs=0.1)
    assert fitted.bias == pytest.approx(0.8, abs=0.1)


def test_each_network_gets_its_own_temperature_and_threshold() -> None:
    """A patch network that shouts and is biased: the fitted product answers as the one that the truth is drawn from."""
    random = np.random.default_rng(0)
    patch, image = random.uniform(0.02, 0.98, (2, 400, 400)).astype(np.float32)
    true = calibrated(patch, image, Calibration(2.0, 1.0, 1.0, 0.3, 1.5, 1.2, 0.2))
    fitted = fit_calibration([(patch, image, random.random((400, 400)) < true)])
    assert fitted.patch_exponent == 1.0
    assert np.abs(calibrated(patch, image, fitted) - true).mean() < 0.02
    assert np.abs(calibrated(patch, image, Calibration()) - true).mean() > 0.1


def test_a_patch_map_over_sizes_is_fitted() -> None:
    """Of two sides the second says nothing: it gets no weight; the first one's threshold is found back."""
    random = np.random.default_rng(0)
    one, other = random.uniform(0.02, 0.98, (2, 300, 300)).astype(np.float32)
    truth = random.random((300, 300)) < over_sizes([one], (0.6,), -0.4)
    weights, bias = fit_patch(
        [PhotoMaps("a", np.zeros((1, 1, 3), np.uint8), truth, {64: one, 32: other}, {})], (64, 32)
    )
    assert weights == pytest.approx((0.6, 0.0), abs=0.1)
    assert bias == pytest.approx(-0.4, abs=0.1)


def test_the_image_network_sees_photos_at_the_most_accurate_squares() -> None:
    class Truths:
        def type(self, name: str) -> str:
            return name

    truth = np.random.default_rng(0).random((20, 20)) < 0.5
    right = truth.astype(np.float32)
    maps: dict[tuple[int, ...], Any] = {(256,): 1 - right, (512,): right, (256, 512): np.zeros_like(right)}
    samples = [PhotoMaps(kind, np.zeros((1, 1, 3), np.uint8), truth, {}, maps) for kind in ("defocus", "motion")]
    score = Scored(cast("Dataset", Truths()), samples)
    chosen = choose_image_input(samples, score, replace(Settings(), image_flip=True))
    assert (chosen.image_sizes, chosen.image_flip) == ((512,), False)
    assert score.log["image, 512"] == {"defocus": 1, "motion": 1}
    assert list(score.log) == ["image, 256", "image, 512", "image, 256 + 512"]


@pytest.mark.parametrize(
    ("accuracies", "chosen"),
    [
        ({1.0: 0.851, 2.0: 0.853, 8.0: 0.852, 16.0: 0.8}, 8.0),  # nearly equal: the largest
        ({1.0: 0.851, 2.0: 0.853, 8.0: 0.850, 16.0: 0.8}, 2.0),  # plainly worse
        ({1.0: 0.851, 2.0: 0.853, 8.0: 0.852, 16.0: 0.9}, 8.0),  # none that swallows small subjects
    ],
)
def test_of_nearly_equal_lambdas_the_largest_gentle_one(accuracies: dict[float, float], chosen: float) -> None:
    assert choose_strength(accuracies) == chosen


@pytest.mark.slow
def test_fitting_writes_the_choice(data: Path, tmp_path: Path) -> None:
    weights = weights_copy(tmp_path, "paper")
    settings = fit_fusion(open_dataset(data), weights)
    description = json.loads((weights / "paper.json").read_text())
    assert description["settings"]["strength"] == settings.strength
    assert description["settings"]["calibration"]["scale"] == settings.calibration.scale
    assert description["val"]["all"]["photos"] == len(FEW["val"])
    figures = json.loads((weights / "fusion.json").read_text())
    gentle = {k: v for k, v in figures.items() if k.startswith("cut") and float(k.split()[-1]) <= GENTLE}
    best = max(gentle.values(), key=lambda v: v["defocus"] + v["motion"])
    chosen = figures[f"cut, lambda {settings.strength:g}"]
    assert sum(chosen.values()) / 2 >= sum(best.values()) / 2 - 0.0021
