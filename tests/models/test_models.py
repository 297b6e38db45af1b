"""``blurmap.detect`` with the shipped weights, on photos of every shape."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter1d

import blurmap
from blurmap.models import MODELS
from blurmap.models.paper.system import PaperModel
from tests.support import EXAMPLES, textured


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_result_is_at_the_photos_own_size(model: str) -> None:
    with Image.open(EXAMPLES / "coffee.jpg") as image:
        pixels = np.asarray(image)
    result = blurmap.detect(EXAMPLES / "coffee.jpg", model)
    assert result.probability.shape == result.mask.shape == pixels.shape[:2]
    assert result.probability.dtype == np.float32
    assert result.mask.dtype == bool
    assert 0 <= result.probability.min() < result.probability.max() <= 1
    assert result.fraction == pytest.approx(result.mask.mean())
    assert np.array_equal(result.photo, pixels)
    assert result.model == model


def test_kinds_and_their_shares_agree_with_the_mask() -> None:
    result = blurmap.detect(EXAMPLES / "coffee.jpg")
    assert result.model == "default"
    assert result.kind is not None
    assert result.fractions is not None
    assert result.kind.dtype == np.uint8
    assert np.array_equal(result.kind > 0, result.mask)
    assert sum(result.fractions.values()) == pytest.approx(1)
    assert result.fractions["defocus"] == pytest.approx((result.kind == 1).mean())
    assert blurmap.detect(EXAMPLES / "coffee.jpg", "paper").kind is None
    assert blurmap.detect(EXAMPLES / "coffee.jpg", "paper").fractions is None


def test_defocus_and_motion_are_told_apart() -> None:
    """The same photo under a disk and under a horizontal line of the same strength."""
    with Image.open(EXAMPLES / "astronaut.jpg") as image:
        photo = np.asarray(image).astype(np.float32)
    line = uniform_filter1d(photo, 23, axis=1).astype(np.uint8)
    disk = gaussian_filter(photo, (4, 4, 0)).astype(np.uint8)
    for name in ("default", "default-int8"):
        shares = [blurmap.detect(blurred, name).fractions for blurred in (disk, line)]
        assert shares[0] is not None
        assert shares[1] is not None
        assert shares[0]["defocus"] > 0.8
        assert shares[1]["motion"] > 0.8


def test_int8_answers_as_float32_does() -> None:
    for name in ("cat.jpg", "coffee.jpg", "astronaut.jpg"):
        full, small = (blurmap.detect(EXAMPLES / name, model) for model in ("default", "default-int8"))
        assert np.abs(full.probability - small.probability).mean() < 0.05
        assert (full.mask != small.mask).mean() < 0.05


def test_blur_raises_the_probability(model: str) -> None:
    """The same photo, one half of it blurred: that half is the more blurred one, whichever it is."""
    with Image.open(EXAMPLES / "astronaut.jpg") as image:
        photo = np.asarray(image)
    soft = gaussian_filter(photo.astype(np.float32), (4, 4, 0)).astype(np.uint8)
    for half in (slice(0, 256), slice(256, 512)):
        mixed = photo.copy()
        mixed[:, half] = soft[:, half]
        gain = blurmap.detect(mixed, model).probability - blurmap.detect(photo, model).probability
        other = np.ones(512, bool)
        other[half] = False
        assert gain[:, half].mean() > gain[:, other].mean() + 0.2


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 3), (31, 17), (333, 1000)])
def test_any_size(shape: tuple[int, int], model: str) -> None:
    result = blurmap.detect(textured(*shape), model)
    assert result.mask.shape == result.probability.shape == shape
    assert np.isfinite(result.probability).all()
    assert result.overlay().shape == (*shape, 3)


def test_flat_photo(model: str) -> None:
    result = blurmap.detect(np.full((100, 150, 3), 128, np.uint8), model)
    assert np.isfinite(result.probability).all()


def test_orientation_in_exif_equals_turned_pixels() -> None:
    with Image.open(EXAMPLES / "cat.jpg") as image:
        turned = image.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise, which undoes the turn above
    from io import BytesIO

    buffer = BytesIO()
    turned.save(buffer, "PNG", exif=exif)
    plain, tagged = blurmap.detect(EXAMPLES / "cat.jpg"), blurmap.detect(buffer.getvalue())
    assert np.array_equal(plain.photo, tagged.photo)
    assert np.array_equal(plain.mask, tagged.mask)


def test_one_model_serves_many_threads(model: str) -> None:
    photos = [textured(90, 120, seed) for seed in range(8)]
    loaded = blurmap.load(model)
    assert loaded is blurmap.load(model)
    alone = [loaded.detect(photo) for photo in photos]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(loaded.detect, photos))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_allclose(a.probability, b.probability, atol=1e-5)


def test_unknown_model() -> None:
    with pytest.raises(ValueError, match="no model 'nonsense'; there is default, default-int8, paper"):
        blurmap.load("nonsense")


def weights_copy(folder: Path) -> Path:
    for path in (resources.files("blurmap") / "weights").iterdir():
        if path.name.startswith("paper"):
            shutil.copy(str(path), folder / path.name)
    return folder


def test_damaged_weights_are_refused_by_name(tmp_path: Path) -> None:
    weights_copy(tmp_path)
    path = tmp_path / "paper-image.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(blurmap.WeightsError, match=r"paper-image\.onnx: is damaged"):
        PaperModel(tmp_path)
    path.unlink()
    with pytest.raises(blurmap.WeightsError, match=r"paper-image\.onnx: no such file"):
        PaperModel(tmp_path)


def test_shipped_weights_are_small() -> None:
    folder = resources.files("blurmap") / "weights"
    sizes = {path.name: len(path.read_bytes()) for path in folder.iterdir()}
    assert sizes["paper-patch.onnx"] + sizes["paper-image.onnx"] < 7_000_000
    assert sizes["default.onnx"] < 13_000_000
    assert sizes["default-int8.onnx"] < 4_000_000
    for model in MODELS:
        assert set(json.loads((folder / f"{model}.json").read_text())) == {"files", "settings", "val"}


def test_steps_in_order(photo: NDArray[np.uint8]) -> None:
    stages = PaperModel().stages(photo)
    assert list(stages) == ["patch", "image", "product", "calibrated", "cut"]
    np.testing.assert_allclose(stages["product"], stages["patch"] * stages["image"], atol=1e-6)
    assert set(np.unique(stages["cut"])) <= {0.0, 1.0}


def test_saving(photo: NDArray[np.uint8], tmp_path: Path) -> None:
    result = blurmap.detect(photo)
    path = result.save(tmp_path / "new" / "mask")
    assert path == tmp_path / "new" / "mask.png"
    assert np.array_equal(np.asarray(Image.open(path)) > 127, result.mask)
    result.save(tmp_path / "p.png", "probability")
    assert np.abs(np.asarray(Image.open(tmp_path / "p.png")) / 255 - result.probability).max() < 0.003
    result.save(tmp_path / "o.png", "overlay")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "o.png")), result.overlay())
    with pytest.raises(FileExistsError, match="is there already"):
        result.save(path)
    result.save(path, overwrite=True)
    kind = np.asarray(Image.open(result.save(tmp_path / "k.png", "kind")))
    assert result.kind is not None
    assert np.array_equal(kind, np.array([0, 127, 255])[result.kind])
    (tmp_path / "k.png").unlink()
    with pytest.raises(ValueError, match="does not tell types"):
        blurmap.detect(photo, "paper").save(tmp_path / "k.png", "kind")
    with pytest.raises(ValueError, match=r"use \.png"):
        result.save(tmp_path / "mask.xyz")
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["mask.png", "o.png", "p.png"]


def test_overlay_has_a_colour_per_kind(photo: NDArray[np.uint8]) -> None:
    kind = np.zeros(photo.shape[:2], np.uint8)
    kind[:, 100:200], kind[:, 200:] = 1, 2
    grey = np.full_like(photo, 128)
    overlay = blurmap.BlurMap(kind.astype(np.float32), kind > 0, grey, "test", kind).overlay()
    sharp, defocus, motion = (overlay[50, x].astype(int) for x in (50, 150, 250))
    assert sharp.tolist() == [128, 128, 128]
    assert defocus[0] > defocus[2] + 50
    assert motion[2] > motion[0] + 50


def test_overlay_tints_the_blurred_region_only(photo: NDArray[np.uint8]) -> None:
    mask = np.zeros(photo.shape[:2], bool)
    mask[:, 150:] = True
    overlay = blurmap.BlurMap(mask.astype(np.float32), mask, photo, "test").overlay()
    assert np.array_equal(overlay[:, :149], photo[:, :149])
    assert (overlay[:, 149] == 255).all()
    assert (overlay[:, 150:] != photo[:, 150:]).any(axis=2).mean() > 0.99


def test_importing_is_light() -> None:
    code = (
        "import sys, blurmap; print([m for m in ('torch', 'onnxruntime', 'scipy', 'PIL', 'numpy') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
    code = "import sys, blurmap; blurmap.load(); print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "False"
