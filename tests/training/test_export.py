"""Exported networks answer as the trained ones do, at any size."""

import json
import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from blurmap.evaluation.dataset import open_dataset
from blurmap.models import weights_of
from blurmap.models.default import DefaultModel
from blurmap.models.weights import Network, weights_folder
from blurmap.training import export_default as exporting
from blurmap.training.export import (
    FromPixels,
    export_paper,
    trained_image_network,
    trained_patch_network,
)
from blurmap.training.export_default import export_default, trained_network
from blurmap.training.image import train_image
from blurmap.training.networks.blur_network import CENTRE, SPREAD, BlurNetwork
from blurmap.training.package import Package
from blurmap.training.patch import train_patch
from tests.support import EXAMPLES
from tests.training.runs import IMAGE, PATCH

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def paper(data: Path, patches: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Checkpoints of both networks, and what was exported of them."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("paper")
    patch = train_patch(patches / "out", folder / "patch", PATCH)
    image = train_image(data, folder / "image", IMAGE, workers=0)
    return patch, image, export_paper(patch, image, folder / "weights", open_dataset(data))


def test_paper_equals_torch(paper: tuple[Path, Path, Path]) -> None:
    patch, image, path = paper
    files = json.loads(path.read_text())["files"]
    random = np.random.default_rng(0)
    for part, network, shapes in (
        ("patch", trained_patch_network(patch), [(1, 30, 30), (2, 61, 47), (1, 200, 333)]),
        ("image", trained_image_network(image), [(1, 32, 32), (2, 64, 32), (1, 160, 96)]),
    ):
        exported = Network(files[part], path.parent)
        for shape in shapes:
            pixels = random.integers(0, 256, (*shape, 3), np.uint8)
            with torch.no_grad():
                expected = FromPixels(network)(torch.from_numpy(pixels)).numpy()
            assert expected.size == 1 or expected.std() > 0
            if part == "image":
                np.testing.assert_allclose(exported(pixels), expected, atol=1e-4)
            else:  # 8-bit weights
                assert np.abs(exported(pixels) - expected).mean() < 0.03


def test_exporting_again_keeps_the_settings(paper: tuple[Path, Path, Path], data: Path) -> None:
    patch, image, path = paper
    description = json.loads(path.read_text())
    description["settings"]["strength"] = 5.5
    path.write_text(json.dumps(description))
    assert (
        json.loads(export_paper(patch, image, path.parent, open_dataset(data)).read_text())["settings"]["strength"]
        == 5.5
    )


class Export(NamedTuple):
    """Checkpoints, and the folder with what was exported of their mean."""

    checkpoints: list[Path]
    folder: Path


@pytest.fixture(scope="module")
def default(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """The network that ships, with random weights."""
    folder = tmp_path_factory.mktemp("default")
    checkpoints = []
    for seed in range(2):
        torch.manual_seed(seed)
        network = BlurNetwork("lite2")
        state = {"average": network.state_dict(), "settings": json.dumps({"encoder": "lite2"})}
        checkpoints.append(folder / f"{seed}.pt")
        torch.save(state, checkpoints[-1])
    settings = export_default(checkpoints, open_dataset(data), folder / "weights", sides=(64,))
    assert settings.sides == (64,)
    return Export(checkpoints, folder / "weights")


def test_default_equals_torch(default: Export) -> None:
    """Float32 to 1e-4 at any size, int8 close to it."""
    network = FromPixels(trained_network(*default.checkpoints), CENTRE, SPREAD)
    full = DefaultModel("default", default.folder).network
    small = DefaultModel("default-int8", default.folder).network
    random = np.random.default_rng(0)
    for shape in ((1, 32, 32), (2, 64, 96), (1, 160, 64), (1, 320, 480)):
        pixels = random.integers(0, 256, (*shape, 3), np.uint8)
        with torch.no_grad():
            expected = network(torch.from_numpy(pixels)).numpy()
        assert expected.shape == (shape[0], 2, shape[1] // 4, shape[2] // 4)
        np.testing.assert_allclose(full(pixels), expected, atol=1e-4)
        assert np.abs(small(pixels) - expected).mean() < 0.05


def test_the_mean_of_several_checkpoints(default: Export) -> None:
    one, other = (torch.load(path, weights_only=True)["average"] for path in default.checkpoints)
    mean = trained_network(*default.checkpoints).state_dict()
    torch.testing.assert_close(mean["head.weight"], (one["head.weight"] + other["head.weight"]) / 2)


def test_the_root_logger_is_given_back(default: Export) -> None:
    assert logging.getLogger().level == logging.WARNING


def test_files_are_small_and_have_their_figures(default: Export) -> None:
    sizes = {path.name: path.stat().st_size for path in default.folder.glob("*.onnx")}
    assert sizes["default.onnx"] < 24e6
    assert sizes["default-int8.onnx"] < 7e6
    for name in ("default", "default-int8"):
        description = json.loads((default.folder / f"{name}.json").read_text())
        assert description["val"]["all"]["photos"] == 4
        assert description["settings"]["sides"] == [64]
    choices = json.loads((default.folder / "default-choices.json").read_text())
    assert set(choices["64"]) == {"defocus", "motion", "ms"}
    assert (default.folder / "default-norms.npz").is_file()
    assert not (default.folder / "default-int8-norms.npz").exists()


def test_the_verdict_is_the_one_that_ships(default: Export) -> None:
    """The judge has a network of its own: new maps need no new one."""
    result = DefaultModel("default", default.folder).detect(EXAMPLES / "cat.jpg")
    assert result.judgement is not None
    assert result.sharp_size == DefaultModel().detect(EXAMPLES / "cat.jpg").sharp_size


@pytest.fixture
def earlier(default: Export, tmp_path: Path) -> Path:
    """An earlier export, with choices of its own."""
    folder = tmp_path / "earlier"
    folder.mkdir()
    for name in ("default", "default-int8"):
        description = json.loads((default.folder / f"{name}.json").read_text())
        description["settings"] |= {"sides": [96], "scale": 0.7}
        description["val"]["all"]["f"] = 0.123
        (folder / f"{name}.json").write_text(json.dumps(description))
    for file in default.folder.glob("*.onnx"):
        (folder / file.name).symlink_to(file)
    return folder


def test_choices_of_an_earlier_export_are_kept(
    default: Export, earlier: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For weights that were trained on val too: nothing is chosen or measured on it."""
    other = {name: Package.read(name, weights_folder()) for name in ("default", "default-int8")}  # of other weights
    monkeypatch.setattr(exporting, "float_package", lambda checkpoints: other["default"])
    monkeypatch.setattr(exporting, "int8_package", lambda whole, data: other["default-int8"])
    settings = export_default([tmp_path / "c.pt"], open_dataset(data), tmp_path / "new", like=earlier)
    assert (settings.sides, settings.scale) == ((96,), 0.7)
    for name in ("default", "default-int8"):
        new, old = (json.loads((tmp_path / folder / f"{name}.json").read_text()) for folder in ("new", "earlier"))
        assert new["settings"] == old["settings"]
        assert new["val"] == old["val"]
        assert new["val_weights"] == weights_of(str(earlier / f"{name}.json"))[:12]
        assert new["files"] != old["files"]
    assert not (tmp_path / "new" / "default-choices.json").exists()
