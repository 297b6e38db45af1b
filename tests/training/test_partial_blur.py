"""Synthetic photos, compared with what they were made from: blurred where the labels say so, and nowhere else."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_erosion

from blurmap.evaluation.dataset import open_dataset, split_names
from blurmap.imaging.resizing import resize_photo
from blurmap.maps import DEFOCUS, MOTION, SHARP, UNKNOWN
from blurmap.training.data import partial_blur as module
from blurmap.training.data.motion_kernels import motion_kernels, trimmed
from blurmap.training.data.partial_blur import (
    SCENES,
    SHARES,
    Sources,
    kept_seed,
    make_partial_blur,
    partial_blur,
    read_partial_blur,
    sharp_photos,
)
from tests.support import FEW, detail, textured

KINDS = {"sharp": {SHARP}, "defocused": {DEFOCUS}, "shaken": {MOTION}, "panned": {SHARP, MOTION},
         "moving subject": {SHARP, MOTION}}  # fmt: skip
Pixels = NDArray[np.uint8]


class Noiseless(np.random.Generator):
    """Draws what the generator of a seed draws, but no noise for the pixels."""

    def standard_normal(self, size: Any = None, *args: Any, **options: Any) -> Any:
        drawn = super().standard_normal(size, *args, **options)
        return drawn * 0 if isinstance(size, tuple) and len(size) == 3 else drawn


def noiseless(seed: int) -> Noiseless:
    return Noiseless(np.random.PCG64(seed))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    """Three sharp photos; labelled ones that are sharp all over, in the middle of which the label sees a subject."""
    folder, data = tmp_path_factory.mktemp("sharp"), tmp_path_factory.mktemp("labelled")
    names = [name for name in FEW["train"] if not name.startswith("motion")]
    (data / "image").mkdir()
    (data / "gt").mkdir()
    mask = np.full((480, 640), 255, np.uint8)
    mask[120:400, 160:480] = 0
    for i, name in enumerate(names):
        Image.fromarray(textured(480, 640, 10 + i)).save(data / "image" / f"{name}.jpg", quality=95)
        Image.fromarray(mask).save(data / "gt" / f"{name}.png")
    for i in range(3):
        Image.fromarray(textured(480, 640, i)).save(folder / f"s{i}.png")
    Image.fromarray(textured(60, 80)).save(folder / f"{split_names('sharp_val')[0]}.png")
    kernels = tuple(trimmed(kernel) for kernel in motion_kernels(60))
    return Sources(sharp_photos(folder), open_dataset(data), tuple(names), kernels)


def within(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The region without its rim, where layers are mixed."""
    return np.asarray(binary_erosion(region, iterations=6))


def source_of(photo: Pixels, sources: Sources, seed: int) -> Pixels:
    """The sharp photo that was drawn for a seed, at the size of what was made of it."""
    with Image.open(sources.sharp[noiseless(seed).integers(len(sources.sharp))]) as image:
        return resize_photo(np.asarray(image), (photo.shape[0], photo.shape[1]))


@pytest.fixture
def scene_and_source(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> tuple[str, list[tuple[Pixels, Pixels, Pixels]]]:
    """Photo, kinds and source for some seeds of a scene, without pages and without noise."""
    monkeypatch.setattr(module, "DOCUMENTS", 0.0)
    made = [(*partial_blur(sources, request.param, noiseless(seed)), seed) for seed in range(8)]
    return request.param, [(photo, kind, source_of(photo, sources, seed)) for photo, kind, seed in made]


@pytest.mark.slow
@pytest.mark.parametrize("scene_and_source", SCENES, indirect=True, ids=str)
def test_a_photo_against_its_source(scene_and_source: tuple[str, list[tuple[Pixels, Pixels, Pixels]]]) -> None:
    """Gradient energy falls where the labels see blur, in every single photo; the rest is what it was."""
    scene, made = scene_and_source
    kept = 0.6 if scene == "depth" else 0.85  # below half a pixel of sigma the depth scene is called sharp
    other_subject = scene in ("soft background", "panned")  # often of another photo
    found, soft_parts, sharp_parts = set(), 0, 0
    for photo, kind, source in made:
        assert photo.dtype == kind.dtype == np.uint8
        assert photo.shape == source.shape == (*kind.shape, 3)
        found |= set(np.unique(kind).tolist())
        energy, before = detail(photo), detail(source)
        blurred, sharp = within((kind == DEFOCUS) | (kind == MOTION)), within(kind == SHARP)
        if blurred.sum() > 500:
            soft_parts += 1
            assert energy[blurred].mean() < 0.55 * before[blurred].mean()
        if sharp.sum() > 500:
            sharp_parts += 1
            assert energy[sharp].mean() > kept * before.mean()
            if not other_subject:
                assert np.abs(photo[sharp].astype(int) - source[sharp]).mean() < (3 if scene == "depth" else 0.01)
    assert found - {UNKNOWN} == KINDS.get(scene, {SHARP, DEFOCUS})
    assert soft_parts >= (5 if scene != "sharp" else 0)
    assert sharp_parts >= (5 if scene not in ("defocused", "shaken") else 0)


def test_held_out_photos_are_left_out(sources: Sources) -> None:
    folder = sources.sharp[0].parent
    assert {path.stem for path in sources.sharp} == {"s0", "s1", "s2"}
    assert [path.stem for path in sharp_photos(folder, held_out=True)] == split_names("sharp_val")[:1]
    with pytest.raises(ValueError, match="no sharp photos"):
        sharp_photos(sources.data.folder)


def test_shares_are_of_all_scenes() -> None:
    assert len(SCENES) == len(SHARES)
    assert sum(SHARES) == pytest.approx(1)


@pytest.mark.slow
def test_stopped_data_goes_on_the_same(tmp_path: Path, labelled: Path) -> None:
    (tmp_path / "sharp").mkdir()
    Image.fromarray(textured(120, 160)).save(tmp_path / "sharp" / "s.png")
    names = [name for name in FEW["train"] if not name.startswith("motion")]
    rows = "".join(f"{name},defocus,train\n" for name in names)
    (labelled / "photos.csv").write_text(f"name,type,split\n{rows}")
    data, sharp = open_dataset(labelled), tmp_path / "sharp"
    make_partial_blur(data, sharp, tmp_path / "whole", 6, seed=1)
    make_partial_blur(data, sharp, tmp_path / "stopped", 3, seed=1)
    before = (tmp_path / "stopped" / "00001.png").stat().st_mtime_ns
    make_partial_blur(data, sharp, tmp_path / "stopped", 6, seed=1)
    assert (tmp_path / "stopped" / "00001.png").stat().st_mtime_ns == before
    for i in range(6):
        for one, other in zip(
            read_partial_blur(tmp_path / "whole", i), read_partial_blur(tmp_path / "stopped", i), strict=True
        ):
            assert np.array_equal(one, other)


def test_photos_of_another_seed_are_not_taken(tmp_path: Path) -> None:
    kept_seed(tmp_path / "made", 1)
    kept_seed(tmp_path / "made", 1)
    with pytest.raises(ValueError, match="made with seed 1, not 2"):
        kept_seed(tmp_path / "made", 2)
