"""The training of the patch network of ``paper``."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blurmap.training.data.patches import GAUSSIAN, MOTION, SHARP, Patches
from blurmap.training.patch import PatchTrainer, accuracy_table, train_patch
from blurmap.training.recipes import PatchRecipe
from tests.training.runs import PATCH, killed_after, same


@pytest.mark.slow
def test_learns(patches: Path, tmp_path: Path) -> None:
    train_patch(patches / "out", tmp_path, PatchRecipe(epochs=12, batch=32, filters=(8, 8, 16)))
    table = json.loads((tmp_path / "test.json").read_text())
    assert table["all"] > 0.75  # 0.5 is chance; the strengths start below what 30 x 30 pixels show
    assert {"sharp", "all"} < set(table)


@pytest.mark.slow
def test_resumes_with_nothing_lost(patches: Path, tmp_path: Path) -> None:
    whole = train_patch(patches / "out", tmp_path / "whole", PATCH, save_every=3)
    with killed_after(22, PatchTrainer):  # of 30 steps: in the middle of the second epoch
        train_patch(patches / "out", tmp_path / "killed", PATCH, save_every=3)
    resumed = train_patch(patches / "out", tmp_path / "killed", PATCH, save_every=3, resume=True)
    assert same(whole, resumed)
    assert (tmp_path / "killed" / "test.json").read_text() == (tmp_path / "whole" / "test.json").read_text()
    with pytest.raises(FileExistsError, match="--resume"):
        train_patch(patches / "out", tmp_path / "whole", PATCH)
    for recipe, seed, told in (
        (replace(PATCH, epochs=3), 0, "epochs was 2, now 3"),
        (PATCH, 1, "seed was 0, now 1"),
        (replace(PATCH, limit=200), 0, "limit was None, now 200; patches was 960, now 200"),
    ):
        with pytest.raises(ValueError, match=told):
            train_patch(patches / "out", tmp_path / "whole", recipe, seed=seed, resume=True)


def test_accuracy_is_told_by_strength() -> None:
    kind = np.array([SHARP, SHARP, GAUSSIAN, GAUSSIAN, MOTION], np.uint8)
    strength = np.array([0, 0, 0.5, 3.5, 12], np.float32)
    patches = Patches(np.zeros((5, 30, 30, 3), np.uint8), kind, strength)
    assert accuracy_table(np.array([0.1, 0.9, 0.2, 0.8, 0.7], np.float32), patches) == {
        "all": 0.6, "sharp": 0.5, "Gaussian, sigma 0.4 to 0.6": 0, "Gaussian, sigma 3.2 to 4": 1,
        "motion, length 10 to 15": 1,
    }  # fmt: skip
