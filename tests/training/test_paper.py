"""All of ``paper`` by one command: stopped and gone on with, it ends with weights, a table and a picture."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.models.paper.system import PaperModel
from blurmap.training.image import ImageTrainer
from blurmap.training.paper import train_paper
from blurmap.training.recipes import PaperRecipe, PatchSettings
from tests.support import textured
from tests.training.runs import IMAGE, PATCH, killed_after

TINY = PaperRecipe(
    PatchSettings(count=600, kernels_per_photo=4), PATCH, replace(IMAGE, epochs=1, size=128, adversarial=0.01)
)


@pytest.mark.slow
def test_all_of_it_in_order(data: Path, patches: Path, tmp_path: Path) -> None:
    sharp, out = patches / "sharp", tmp_path / "run"
    with killed_after(2, ImageTrainer):  # of 4 steps
        train_paper(data, sharp, out, TINY, workers=1)
    with pytest.raises(FileExistsError, match="--resume"):
        train_paper(data, sharp, out, TINY)
    weights = train_paper(data, sharp, out, TINY, resume=True, workers=1)
    assert PaperModel(weights).detect(textured(60, 80)).mask.shape == (60, 80)
    assert len((out / "image" / "log.jsonl").read_text().splitlines()) == 1
    log = json.loads((out / "image" / "log.jsonl").read_text())
    assert {"loss", "discriminator", "told_apart", "generator", "boundary_f", "stray_regions"} < set(log)
    assert 0 < log["discriminator"] < 2
    steps = json.loads((out / "steps.json").read_text())
    assert list(steps) == ["patch", "image", "product", "calibrated", "cut"]
    assert f"| cut | all | {steps['cut']['all']['mae']:.3f} |" in (out / "steps.md").read_text()
    with Image.open(out / "steps.png") as picture:
        assert np.asarray(picture).std() > 10


def test_nothing_is_begun_without_sharp_photos(data: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder of sharp photos"):
        train_paper(data, tmp_path / "nowhere", tmp_path / "run", TINY)
    assert not (tmp_path / "run").exists()
