"""The patches that the patch network of ``paper`` is trained on."""

from pathlib import Path

import numpy as np
import pytest

from blurmap.training.data.patches import (
    GAUSSIAN,
    MOTION,
    SHARP,
    grey_entropy,
    make_patches,
    split_patches,
)
from blurmap.training.recipes import PatchSettings


@pytest.mark.slow
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


@pytest.mark.slow
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
