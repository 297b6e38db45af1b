"""What ``paper`` chooses on validation photos: the calibration is found back, the choice is written down."""

import json
from pathlib import Path

import numpy as np
import pytest

from blurmap.evaluation.dataset import open_dataset
from blurmap.models.paper.fusion import Calibration, calibrated
from blurmap.training.fusion import fit_calibration, fit_fusion
from tests.support import FEW, weights_copy


def test_fitted_calibration_is_calibrated() -> None:
    """Truth drawn from a known distortion of the product: the fit finds it back."""
    random = np.random.default_rng(0)
    patch, image = random.uniform(0.05, 0.95, (2, 400, 400)).astype(np.float32)
    truth = random.random((400, 400)) < calibrated(patch, image, Calibration(1.7, 0.8))
    fitted = fit_calibration([(patch, image, truth)], 1.0)
    assert fitted.scale == pytest.approx(1.7, abs=0.1)
    assert fitted.bias == pytest.approx(0.8, abs=0.1)


@pytest.mark.slow
def test_fitting_writes_the_choice(data: Path, tmp_path: Path) -> None:
    weights = weights_copy(tmp_path, "paper")
    settings = fit_fusion(open_dataset(data), weights, strides=(8,))
    description = json.loads((weights / "paper.json").read_text())
    assert description["settings"]["strength"] == settings.strength
    assert description["settings"]["calibration"]["scale"] == settings.calibration.scale
    assert description["val"]["all"]["photos"] == len(FEW["val"])
    figures = json.loads((weights / "fusion.json").read_text())
    best = max((v for k, v in figures.items() if k.startswith("cut")), key=lambda v: v["defocus"] + v["motion"])
    chosen = figures[f"cut, lambda {settings.strength}"]
    assert sum(chosen.values()) / 2 >= sum(best.values()) / 2 - 0.0021
