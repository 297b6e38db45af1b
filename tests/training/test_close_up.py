"""Close-ups to learn from, and the regression that tells their kinds."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from blurmap.errors import WeightsError
from blurmap.maps import DEFOCUS, MOTION, SHARP
from blurmap.models.default import DefaultModel
from blurmap.training.close_up import fit_close_up
from blurmap.training.data.close_ups import CloseUps, blurred_alike, detailed_part
from blurmap.training.default import network_input
from blurmap.verdict.sharp_size import CROP
from tests.support import EXAMPLES, textured, weights_copy


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for i in range(4):
        Image.fromarray(textured(500, 600, i)).save(folder / f"{i}.png")
    return folder


def test_close_ups_depend_on_the_seed_and_their_number_alone(photos: Path) -> None:
    first, again, other = CloseUps(photos, 30, 1), CloseUps(photos, 40, 1), CloseUps(photos, 30, 2)
    view, kind = first[7]
    assert view.shape == (3, CROP, CROP)
    assert view.dtype == torch.uint8
    assert torch.equal(view, again[7][0])
    assert kind == again[7][1]
    assert not torch.equal(view, other[7][0])
    assert {kind for _, kind in (first[i] for i in range(30))} == {SHARP, DEFOCUS, MOTION}


def detail(view: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean square of the differences of neighbours to the right, below, and on both diagonals."""
    inner = view[1:-1, 1:-1]
    others = (view[1:-1, 2:], view[2:, 1:-1], view[2:, 2:], view[2:, :-2])
    return np.array([np.square(inner - other).mean() for other in others], np.float64)


def test_defocus_takes_detail_in_all_directions_motion_in_one() -> None:
    random = np.random.default_rng(0)
    ratios: dict[np.uint8, list[float]] = {SHARP: [], DEFOCUS: [], MOTION: []}
    for i in range(12):
        view = detailed_part(textured(400, 400, i), random)
        before = detail(view)
        for kind, found in ratios.items():
            left = detail(blurred_alike(view, kind, [], random)[40:-40, 40:-40]) / before
            found.append(max(float(pair.max() / pair.min()) for pair in (left[:2], left[2:])))
            assert kind == SHARP or left.max() < 1
    assert max(ratios[SHARP]) < 1.3
    assert max(ratios[DEFOCUS]) < 1.3
    assert np.median(ratios[MOTION]) > 1.3


class Brightness(nn.Module):
    """In place of a trained network: it sees how bright a view is, and how bright a part of it."""

    def __init__(self) -> None:
        super().__init__()
        self.close_up = nn.Conv2d(2, 3, 1)

    def statistics(self, views: Tensor) -> Tensor:
        return torch.stack([50 * views.mean((1, 2, 3)) + 7, views[:, :, :9].mean((1, 2, 3)) - 3], 1)[..., None, None]

    def forward(self, views: Tensor) -> Tensor:
        return self.close_up(self.statistics(views)).flatten(1)


def test_the_fit_tells_kinds_it_has_not_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Kinds of which each has its brightness; what the regression standardises is in its weights."""

    def made(seed: int) -> list[tuple[Tensor, int]]:
        random = np.random.default_rng(seed)
        kinds = random.integers(0, 3, 60)
        return [(torch.from_numpy(random.integers(0, 60, (3, 16, 16), np.uint8)) + 50 * int(k), int(k)) for k in kinds]

    monkeypatch.setattr("blurmap.training.close_up.CloseUps", lambda sharp, count, seed: made(seed))
    network = Brightness()
    fit_close_up(network, tmp_path, seed=1, workers=0)  # type: ignore[arg-type]
    others = made(2)
    with torch.no_grad():
        answers = network(network_input(torch.stack([view for view, _ in others]))).argmax(1)
    assert answers.tolist() == [kind for _, kind in others]


def test_a_verdict_of_an_older_version_is_refused(tmp_path: Path) -> None:
    path = weights_copy(tmp_path, "default") / "default.json"
    description = json.loads(path.read_text())
    description["settings"]["verdict"] = [row[:6] for row in description["settings"]["verdict"]]
    path.write_text(json.dumps(description))
    with pytest.raises(WeightsError, match="its verdict is of an older blurmap"):
        _ = DefaultModel(folder=tmp_path).detect(EXAMPLES / "cat.jpg").verdict


def test_a_network_of_an_older_version_is_refused(tmp_path: Path) -> None:
    """One without an answer for close-ups: its maps are as good as ever."""
    path = weights_copy(tmp_path, "default") / "default.json"
    network = onnx.load(tmp_path / "default.onnx")
    del network.graph.output[1]
    onnx.save(network, tmp_path / "default.onnx")
    description = json.loads(path.read_text())
    sha256 = hashlib.sha256((tmp_path / "default.onnx").read_bytes()).hexdigest()
    description["files"]["network"]["sha256"] = sha256
    path.write_text(json.dumps(description))
    model = DefaultModel(folder=tmp_path)
    assert 0 < model.detect(EXAMPLES / "cat.jpg").fraction < 1
    with pytest.raises(WeightsError, match="its network is of an older blurmap"):
        model.look(np.zeros((1, 192, 192, 3), np.uint8))
