"""Every training command runs on tiny networks, learns, and goes on after a kill as if nothing had happened."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from blurmap.evaluation import dataset as cuhk
from blurmap.models.default import DefaultModel
from blurmap.models.weights import Network
from blurmap.training import train_default as train_default_module
from blurmap.training import train_image as image_module
from blurmap.training.data.patches import (
    GAUSSIAN,
    MOTION,
    SHARP,
    PatchSettings,
    grey_entropy,
    make_patches,
    split_patches,
)
from blurmap.training.default import blur_loss, train_default
from blurmap.training.export import FromPixels, export_paper, trained_image_network, trained_patch_network
from blurmap.training.export_default import export_default, trained_network
from blurmap.training.image import train_image
from blurmap.training.networks.blur_network import CENTRE, SPREAD
from blurmap.training.networks.efficientnet_lite import CHANNELS, EfficientNetLite0
from blurmap.training.patch import train_patch
from tests.conftest import FEW, textured


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patches")
    (folder / "sharp").mkdir()
    for i in range(10):
        Image.fromarray(textured(120, 140, i)).save(folder / "sharp" / f"p{i}.png")
    make_patches(folder / "sharp", folder / "out", PatchSettings(count=1200, kernels_per_photo=4), workers=1)
    return folder


def test_patches_are_balanced_busy_and_split_by_photo(patches: Path) -> None:
    parts = [split_patches(patches / "out", part) for part in ("train", "val", "test")]
    assert [len(part.kind) for part in parts] == [960, 120, 120]
    for part in parts:
        assert part.pixels.shape[1:] == (30, 30, 3)
        assert (part.kind == SHARP).mean() == 0.5
        assert min(grey_entropy(patch) for patch in part.pixels) > 4.5
        assert (part.strength[part.kind == SHARP] == 0).all()
    train = parts[0]
    assert set(train.kind.tolist()) == {SHARP, GAUSSIAN, MOTION}
    assert 0.5 <= train.strength[train.kind == GAUSSIAN].min() < train.strength[train.kind == GAUSSIAN].max() <= 3.9


def test_blurred_patches_are_blurred(patches: Path) -> None:
    part = split_patches(patches / "out", "train")
    detail = np.abs(np.diff(part.pixels.astype(int), axis=1)).mean((1, 2, 3))
    assert detail[part.kind != SHARP].mean() < 0.7 * detail[part.kind == SHARP].mean()


def test_stopped_patch_data_goes_on_the_same(patches: Path, tmp_path: Path) -> None:
    settings = PatchSettings(count=1200, kernels_per_photo=4)
    whole = sorted((patches / "out").glob("*.npz"))
    for path in whole[:4]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = {path.name: (tmp_path / path.name).stat().st_mtime_ns for path in whole[:4]}
    with pytest.raises(FileExistsError, match="--resume"):
        make_patches(patches / "sharp", tmp_path, settings, workers=1)
    assert make_patches(patches / "sharp", tmp_path, settings, workers=1, resume=True) == 1200
    for path in whole:
        assert np.array_equal(np.load(path)["pixels"], np.load(tmp_path / path.name)["pixels"])
    assert all((tmp_path / name).stat().st_mtime_ns == time for name, time in before.items())
    with pytest.raises(ValueError, match="other settings"):
        make_patches(patches / "sharp", tmp_path, PatchSettings(count=7), workers=1)


def test_no_photos(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no photos"):
        make_patches(tmp_path, tmp_path / "out", PatchSettings(), workers=1)
    with pytest.raises(FileNotFoundError, match="train patches"):
        split_patches(tmp_path, "train")


def test_patch_network_learns(patches: Path, tmp_path: Path) -> None:
    train_patch(patches / "out", tmp_path, epochs=12, batch=32, filters=(8, 8, 16))
    table = json.loads((tmp_path / "test.json").read_text())
    assert table["all"] > 0.75  # 0.5 is chance; the strengths start below what 30 x 30 pixels show
    assert {"sharp", "all"} < set(table)
    with pytest.raises(FileExistsError, match="--resume"):
        train_patch(patches / "out", tmp_path, epochs=12)


class Killed(Exception):
    pass


def same(a: Path, b: Path) -> bool:
    first, second = (torch.load(path, weights_only=True)["network"] for path in (a, b))
    return all(torch.equal(first[key], second[key]) for key in first)


def test_patch_training_resumes_with_nothing_lost(
    patches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(out: Path, resume: bool) -> Path:
        return train_patch(patches / "out", out, epochs=2, batch=64, filters=(4, 4, 8), save_every=3, resume=resume)

    whole = run(tmp_path / "whole", False)
    kill_after(monkeypatch, "blurmap.training.patch", 22)  # of 30 steps: in the middle of the second epoch
    with pytest.raises(Killed):
        run(tmp_path / "killed", False)
    monkeypatch.undo()
    resumed = run(tmp_path / "killed", True)
    assert same(whole, resumed)


def kill_after(monkeypatch: pytest.MonkeyPatch, module: str, steps: int) -> None:
    real, count = torch.nn.functional.binary_cross_entropy_with_logits, 0

    def loss(*arguments: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        if count > steps:
            raise Killed
        return real(*arguments)

    monkeypatch.setattr(f"{module}.binary_cross_entropy_with_logits", loss)


@pytest.fixture
def few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuhk, "split_names", lambda split: FEW[split])


def small_run(
    data: Path, out: Path, *, resume: bool = False, adversarial: float = 0.0, epochs: int = 2, filters: int = 4
) -> Path:
    return train_image(
        data, out, epochs=epochs, batch=2, size=64, filters=filters, depth=5, workers=0, save_every=1, resume=resume,
        adversarial=adversarial, rate=5e-4,
    )  # fmt: skip


@pytest.mark.usefixtures("few_names")
@pytest.mark.parametrize("adversarial", [0.0, 0.01])
def test_image_training_resumes_with_nothing_lost(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adversarial: float
) -> None:
    monkeypatch.setattr(image_module, "Discriminator", small_discriminator)
    whole = small_run(labelled, tmp_path / "whole", adversarial=adversarial)
    losses_per_step = 4 if adversarial else 1
    kill_after(monkeypatch, "blurmap.training.image", 5 * losses_per_step)  # of 8 steps
    with pytest.raises(Killed):
        small_run(labelled, tmp_path / "killed", adversarial=adversarial)
    monkeypatch.undo()
    monkeypatch.setattr(cuhk, "split_names", lambda split: FEW[split])
    monkeypatch.setattr(image_module, "Discriminator", small_discriminator)
    resumed = small_run(labelled, tmp_path / "killed", resume=True, adversarial=adversarial)
    assert same(whole, resumed)
    with pytest.raises(FileExistsError, match="--resume"):
        small_run(labelled, tmp_path / "whole")


def small_discriminator(filters: int) -> torch.nn.Module:
    class Small(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Conv2d(4, 1, 4, stride=2)

        def forward(self, photo: torch.Tensor, blur_map: torch.Tensor) -> torch.Tensor:
            return self.layer(torch.cat([photo, blur_map], 1))  # type: ignore[no-any-return]

    return Small()


@pytest.mark.usefixtures("few_names")
def test_image_network_learns_with_the_adversarial_term(labelled: Path, tmp_path: Path) -> None:
    small_run(labelled, tmp_path, epochs=40, adversarial=0.01, filters=16)
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert log[-1]["loss"] < 0.75 * log[0]["loss"]


@pytest.mark.usefixtures("few_names")
def test_onnx_equals_torch(labelled: Path, patches: Path, tmp_path: Path) -> None:
    image = small_run(labelled, tmp_path / "image")
    patch = train_patch(patches / "out", tmp_path / "patch", epochs=1, batch=64, filters=(4, 4, 8))
    description = json.loads(export_paper(patch, image, tmp_path / "weights").read_text())
    random = np.random.default_rng(0)
    for part, network, shapes in (
        ("patch", trained_patch_network(patch), [(1, 30, 30), (2, 61, 47), (1, 200, 333)]),
        ("image", trained_image_network(image), [(1, 32, 32), (2, 64, 32), (1, 160, 96)]),
    ):
        exported = Network(
            description["files"][part]["file"], description["files"][part]["sha256"], tmp_path / "weights"
        )
        for shape in shapes:
            pixels = random.integers(0, 256, (*shape, 3), np.uint8)
            with torch.no_grad():
                expected = FromPixels(network)(torch.from_numpy(pixels)).numpy()
            assert expected.size == 1 or expected.std() > 0
            np.testing.assert_allclose(exported(pixels), expected, atol=1e-4)


@pytest.fixture
def sharp(tmp_path: Path) -> Path:
    """Sharp photos, the first two of them held out of training."""
    folder = tmp_path / "sharp"
    folder.mkdir()
    for i, name in enumerate([*cuhk.split_names("sharp_val")[:2], "a", "b"]):
        Image.fromarray(textured(60, 80, i)).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def few_and_sharp(sharp: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cuhk, "split_names", lambda split: FEW[split])
    return sharp


def default_run(data: Path, sharp: Path, out: Path, *, resume: bool = False, epochs: int = 2) -> Path:
    return train_default(
        data, sharp, out, epochs=epochs, sizes=(32, 64), batch=2, synthetic=6, shares=(0.5,), workers=0, save_every=1,
        imagenet=False, resume=resume,
    )  # fmt: skip


def test_default_training_resumes_with_nothing_lost(
    labelled: Path, few_and_sharp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = default_run(labelled, few_and_sharp, tmp_path / "whole")
    log = (tmp_path / "whole" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in log] == [1, 2]
    assert {"loss", "defocus", "sharp", "type"} <= set(json.loads(log[0]))
    real, count = train_default_module.blur_loss, 0

    def killed(*arguments: Any) -> torch.Tensor:
        nonlocal count
        count += 1
        if count > 2 * 8:  # two losses a step: in the middle of the second epoch
            raise Killed
        return real(*arguments)

    monkeypatch.setattr(train_default_module, "blur_loss", killed)
    with pytest.raises(Killed):
        default_run(labelled, few_and_sharp, tmp_path / "killed")
    monkeypatch.setattr(train_default_module, "blur_loss", real)
    assert same(whole, default_run(labelled, few_and_sharp, tmp_path / "killed", resume=True))
    with pytest.raises(FileExistsError, match="--resume"):
        default_run(labelled, few_and_sharp, tmp_path / "whole")


def test_blur_loss_wants_the_right_blur_and_type() -> None:
    labels = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
    labels[:, 2] = 255
    labels[0, :2, :, 8:] = 255  # half of the first is motion; the second is sharp all over
    right = torch.full((2, 2, 8, 8), -9.0)
    right[0, :, :, 4:] = 9.0
    wrong_type = right.clone()
    wrong_type[0, 1] = -9.0
    losses = [blur_loss(x, labels, 0.5).item() for x in (right, wrong_type, -right)]
    assert losses[0] < 0.3 < losses[1] < losses[2]
    labels[:, 2] = 0  # nothing is known: nothing can be wrong
    assert blur_loss(-right, labels, 0.5).item() == 0


def test_exported_default_equals_torch(labelled: Path, few_and_sharp: Path, tmp_path: Path) -> None:
    """Float32 to 1e-4 at any size, int8 close to it, settings and figures beside the weights."""
    checkpoint = default_run(labelled, few_and_sharp, tmp_path / "run", epochs=1)
    settings = export_default([checkpoint], labelled, tmp_path / "weights", sides=(64,))
    assert settings.sides == (64,)
    network = FromPixels(trained_network(checkpoint), CENTRE, SPREAD)
    full = DefaultModel("default", tmp_path / "weights").network
    small = DefaultModel("default-int8", tmp_path / "weights").network
    random = np.random.default_rng(0)
    for shape in ((1, 32, 32), (2, 64, 96), (1, 160, 64), (1, 320, 480)):
        pixels = random.integers(0, 256, (*shape, 3), np.uint8)
        with torch.no_grad():
            expected = network(torch.from_numpy(pixels)).numpy()
        assert expected.shape == (shape[0], 2, shape[1] // 2, shape[2] // 2)
        np.testing.assert_allclose(full(pixels), expected, atol=1e-4)
        assert np.abs(small(pixels) - expected).mean() < 0.05
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "weights").glob("*.onnx")}
    assert sizes["default.onnx"] < 13e6
    assert sizes["default-int8.onnx"] < 4e6
    description = json.loads((tmp_path / "weights" / "default.json").read_text())
    assert description["val"]["all"]["photos"] == 4


def test_imagenet_weights_give_imagenet_features() -> None:
    """Loaded weights see: features of a photo differ from those of another one, and are those of a second loading."""
    first, second = EfficientNetLite0().eval(), EfficientNetLite0().eval()
    x = torch.rand(2, 3, 64, 96)
    before = first(x)[-1]
    first.load_imagenet()
    second.load_imagenet()
    taps = first(x)
    assert [tap.shape[1] for tap in taps] == list(CHANNELS)
    assert [tap.shape[2] for tap in taps] == [32, 16, 8, 4, 2]
    assert torch.equal(taps[-1], second(x)[-1])
    assert not torch.allclose(taps[-1], before)


def test_inverted_masks_are_put_right(tmp_path: Path) -> None:
    (tmp_path / "gt").mkdir()
    for name in ("out_of_focus0508", "out_of_focus0507"):
        Image.fromarray(np.array([[255, 0]], np.uint8)).save(tmp_path / "gt" / f"{name}.png")
    assert cuhk.read_mask(tmp_path, "out_of_focus0508").tolist() == [[False, True]]
    assert cuhk.read_mask(tmp_path, "out_of_focus0507").tolist() == [[True, False]]


def test_split_names() -> None:
    sizes = {split: len(set(cuhk.split_names(split))) for split in cuhk.SPLITS}
    assert sizes == {
        "train": 756,
        "val": 84,
        "test_defocus": 100,
        "test_motion": 60,
        "sharp_val": 100,
        "sharp_val_partly": 5,
    }
    assert not set(cuhk.split_names("train")) & set(cuhk.split_names("val"))
    with pytest.raises(ValueError, match="unknown split"):
        cuhk.split_names("nonsense")
