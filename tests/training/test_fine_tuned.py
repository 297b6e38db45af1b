"""A training from the shipped weights ends with a folder that blurmap.load takes, and figures of its own."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import blurmap
from blurmap.models.weights import read_description, weights_folder
from blurmap.training import fine_tuned
from blurmap.training.default import train_default
from blurmap.training.fine_tuned import write_fine_tuned
from blurmap.training.package import Package
from blurmap.training.recipes import DEFAULT_RECIPES
from tests.support import EXAMPLES

pytestmark = pytest.mark.slow


TINY = replace(
    DEFAULT_RECIPES["fine-tune"], batch=4, phases=(replace(DEFAULT_RECIPES["fine-tune"].phases[0], epochs=1, size=32),)
)


def test_what_was_trained_on_is_not_measured_on(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = {name: Package.read(name, weights_folder()) for name in ("default", "default-int8")}
    monkeypatch.setattr(fine_tuned, "float_package", lambda checkpoints, **more: shipped["default"])
    monkeypatch.setattr(fine_tuned, "int8_package", lambda whole, data: shipped["default-int8"])
    for everything in (True, False):
        for package in shipped.values():
            package.val = None
        torch.save({"settings": json.dumps({"everything": everything})}, tmp_path / "c.pt")
        folder = write_fine_tuned(tmp_path / "c.pt", data, tmp_path / "weights")
        for path in folder.glob("*.json"):
            assert ("val" in json.loads(path.read_text())) != everything


def test_the_folder_is_a_model(data: Path, tmp_path: Path) -> None:
    checkpoint = train_default([data], None, tmp_path / "run", TINY, init="default", workers=0)
    folder = write_fine_tuned(checkpoint, data, tmp_path / "run" / "weights")
    shipped, result = blurmap.detect(EXAMPLES / "cat.jpg"), blurmap.detect(EXAMPLES / "cat.jpg", str(folder))
    assert result.weights != shipped.weights
    assert 0 < np.abs(result.maps.blurred - shipped.maps.blurred).mean() < 0.3  # two steps do not lose what was known
    assert result.verdict is not None
    for name in ("default", "default-int8"):
        own = json.loads((folder / f"{name}.json").read_text())
        assert own["settings"] == read_description(name)["settings"]
        assert own["val"]["all"]["photos"] == 4  # measured on its own photos
