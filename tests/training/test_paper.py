"""All of ``paper`` by one command: stopped and gone on with, it ends with weights, a table and a picture."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.models.paper.system import PaperModel
from blurmap.training.image import ImageTrainer
from blurmap.training.paper import last_accuracy, train_paper
from blurmap.training.recipes import PaperRecipe, PatchSettings
from tests.support import textured
from tests.training.runs import IMAGE, PATCH, killed_after

TINY = PaperRecipe(
    PatchSettings(count=600, kernels_per_photo=4), PATCH, replace(IMAGE, epochs=1),
    replace(IMAGE, epochs=1, adversarial=0.01),
)  # fmt: skip


@pytest.mark.slow
def test_all_of_it_in_order(data: Path, patches: Path, tmp_path: Path) -> None:
    sharp, out = patches / "sharp", tmp_path / "run"
    with killed_after(5, ImageTrainer):  # of 4 + 4 steps: in the adversarial epoch
        train_paper(data, sharp, out, TINY, workers=1)
    with pytest.raises(FileExistsError, match="--resume"):
        train_paper(data, sharp, out, TINY)
    weights = train_paper(data, sharp, out, TINY, resume=True, workers=1)
    assert PaperModel(weights).detect(textured(60, 80)).mask.shape == (60, 80)
    for part in ("image", "adversarial"):
        assert len((out / part / "log.jsonl").read_text().splitlines()) == 1
    log = json.loads((out / "adversarial" / "log.jsonl").read_text())
    assert {"loss", "discriminator", "generator", "boundary_f", "stray_regions"} < set(log)
    assert 0 < log["discriminator"] < 2
    steps = json.loads((out / "steps.json").read_text())
    assert list(steps) == ["patch", "image", "product", "calibrated", "cut"]
    assert f"| cut | all | {steps['cut']['all']['mae']:.3f} |" in (out / "steps.md").read_text()
    with Image.open(out / "steps.png") as picture:
        assert np.asarray(picture).std() > 10


def test_the_last_epoch_tells_which_network_is_better(tmp_path: Path) -> None:
    lines = [{"epoch": 1, "defocus": 0.9, "motion": 0.9}, {"epoch": 2, "defocus": 0.8, "motion": 0.7}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert last_accuracy(tmp_path) == pytest.approx(0.75)


def test_nothing_is_begun_without_sharp_photos(data: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder of sharp photos"):
        train_paper(data, tmp_path / "nowhere", tmp_path / "run", TINY)
    assert not (tmp_path / "run").exists()
