"""The product of the two maps and its calibration."""

import json
from pathlib import Path

import numpy as np
import pytest

from blurmap.evaluation import dataset as cuhk
from blurmap.models.paper.fusion import Calibration, calibrated, product
from blurmap.training.fusion import fit_calibration, fit_fusion
from tests.conftest import FEW
from tests.test_detect import weights_copy


def test_product() -> None:
    patch, image = np.array([[0.9, 0.1]], np.float32), np.array([[0.8, 0.9]], np.float32)
    np.testing.assert_allclose(product(patch, image), [[0.72, 0.09]], atol=1e-6)
    np.testing.assert_allclose(calibrated(patch, image, Calibration()), [[0.72, 0.09]], atol=1e-5)


def test_trust_zero_is_the_image_network_alone() -> None:
    patch, image = np.random.default_rng(0).uniform(0.01, 0.99, (2, 8, 8)).astype(np.float32)
    np.testing.assert_allclose(calibrated(patch, image, Calibration(trust=0)), image, atol=1e-5)


def test_certain_maps_stay_finite() -> None:
    ends = np.array([[0.0, 1.0]], np.float32)
    result = calibrated(ends, ends, Calibration(3, -1, 0.5))
    assert np.isfinite(result).all()
    assert result[0, 0] < 0.01
    assert result[0, 1] > 0.99


def test_fitted_calibration_is_calibrated() -> None:
    """Truth drawn from a known distortion of the product: the fit finds it back."""
    random = np.random.default_rng(0)
    patch, image = random.uniform(0.05, 0.95, (2, 400, 400)).astype(np.float32)
    truth = random.random((400, 400)) < calibrated(patch, image, Calibration(1.7, 0.8))
    fitted = fit_calibration([(patch, image, truth)], 1.0)
    assert fitted.scale == pytest.approx(1.7, abs=0.1)
    assert fitted.bias == pytest.approx(0.8, abs=0.1)


def test_fitting_writes_the_choice(labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = FEW["val"][:2]
    defocus = "out_of_focus0001"
    for folder, ending in (("image", "jpg"), ("gt", "png")):
        source = labelled / folder / f"{names[0]}.{ending}"
        (labelled / folder / f"{defocus}.{ending}").write_bytes(source.read_bytes())
    monkeypatch.setattr(cuhk, "split_names", lambda split: [*names, defocus])
    (tmp_path / "weights").mkdir()
    weights = weights_copy(tmp_path / "weights")
    settings = fit_fusion(labelled, weights, strides=(8,))
    written = json.loads((weights / "paper.json").read_text())["settings"]
    assert written["strength"] == settings.strength
    assert written["calibration"]["scale"] == settings.calibration.scale
    figures = json.loads((weights / "fusion.json").read_text())
    best = max((v for k, v in figures.items() if k.startswith("cut")), key=lambda v: v["defocus"] + v["motion"])
    chosen = figures[f"cut, lambda {settings.strength}"]
    assert sum(chosen.values()) / 2 >= sum(best.values()) / 2 - 0.0021
