"""``blurmap.detect`` with every shipped model, on photos of every shape."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import uniform_filter1d

import blurmap
from blurmap.fields import ANSWERED
from blurmap.models import MODELS, load
from blurmap.models.paper.system import PaperModel
from blurmap.models.weights import read_description, weights_size
from tests.support import EXAMPLES, soft, textured, weights_copy


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
    assert result.fraction == pytest.approx(result.mask.mean(), abs=0.02)  # of the working map, and of the full one
    assert np.array_equal(result.photo, pixels)
    assert result.model == model


def test_a_model_gives_what_its_line_in_the_list_says(model: str) -> None:
    result = blurmap.detect(EXAMPLES / "coffee.jpg", model)
    able = MODELS[model].capabilities
    assert load(model).capabilities == able
    assert (result.kind is not None) == (result.fractions is not None) == able.types
    assert (result.judgement is not None) == able.verdicts
    assert hasattr(load(model), "blurred") == able.close_ups
    assert hasattr(load(model), "stages") == able.steps
    record = result.record()
    assert list(record) == list(ANSWERED)
    absent = {name for name, value in record.items() if value is None}
    verdicts = {"verdict", "confidence", "reason", "subject", "subject_sharpness", "sharp_size", "soft"}
    assert absent == (set() if able.types else {"defocus", "motion"}) | (set() if able.verdicts else verdicts)


def test_nobody_changes_the_list_of_models() -> None:
    with pytest.raises(TypeError):
        MODELS["mine"] = MODELS["default"]  # type: ignore[index]


def test_kinds_and_their_shares_agree_with_the_mask() -> None:
    result = blurmap.detect(EXAMPLES / "coffee.jpg")
    assert result.model == "default"
    assert result.kind is not None
    assert result.fractions is not None
    assert result.kind.dtype == np.uint8
    assert np.array_equal(result.kind > 0, result.mask)
    assert sum(result.fractions.values()) == pytest.approx(1)
    assert result.fractions["defocus"] == pytest.approx((result.kind == 1).mean(), abs=0.02)


@pytest.mark.parametrize("name", ["default", "default-int8"])
def test_defocus_and_motion_are_told_apart(name: str) -> None:
    """The same photo under a Gaussian and under a horizontal line of the same strength."""
    with Image.open(EXAMPLES / "astronaut.jpg") as image:
        photo = np.asarray(image)
    line = uniform_filter1d(photo.astype(np.float32), 23, axis=1).astype(np.uint8)
    shares = [blurmap.detect(blurred, name).fractions for blurred in (soft(photo, 4), line)]
    assert shares[0] is not None
    assert shares[1] is not None
    assert shares[0]["defocus"] > 0.8
    assert shares[1]["motion"] > 0.8


@pytest.mark.parametrize("name", ["cat.jpg", "coffee.jpg", "astronaut.jpg"])
def test_int8_answers_as_float32_does(name: str) -> None:
    full, small = (blurmap.detect(EXAMPLES / name, model) for model in ("default", "default-int8"))
    assert np.abs(full.probability - small.probability).mean() < 0.05
    assert (full.mask != small.mask).mean() < 0.05


@pytest.mark.slow
def test_blur_raises_the_probability(model: str) -> None:
    """The same photo, one half of it blurred: that half is the more blurred one, whichever it is."""
    with Image.open(EXAMPLES / "astronaut.jpg") as image:
        photo = np.asarray(image)
    blurred = soft(photo, 4)
    for half in (slice(0, 256), slice(256, 512)):
        mixed = photo.copy()
        mixed[:, half] = blurred[:, half]
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
    assert list(result.record()) == list(ANSWERED)


def test_flat_photo(model: str) -> None:
    result = blurmap.detect(np.full((100, 150, 3), 128, np.uint8), model)
    assert np.isfinite(result.probability).all()


def test_orientation_in_exif_equals_turned_pixels() -> None:
    with Image.open(EXAMPLES / "cat.jpg") as image:
        turned = image.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise, which undoes the turn above
    buffer = BytesIO()
    turned.save(buffer, "PNG", exif=exif)
    plain, tagged = blurmap.detect(EXAMPLES / "cat.jpg"), blurmap.detect(buffer.getvalue())
    assert np.array_equal(plain.photo, tagged.photo)
    assert np.array_equal(plain.mask, tagged.mask)


@pytest.mark.slow
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


def test_damaged_weights_are_refused_by_name(tmp_path: Path) -> None:
    weights_copy(tmp_path, "paper")
    path = tmp_path / "paper-image.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(blurmap.WeightsError, match=r"paper-image\.onnx: is damaged"):
        PaperModel(tmp_path)
    path.unlink()
    with pytest.raises(blurmap.WeightsError, match=r"paper-image\.onnx: no such file"):
        PaperModel(tmp_path)


def test_weights_are_told_apart_by_files_and_settings(tmp_path: Path) -> None:
    """The fingerprint in every result: the same for a copy, another one for another setting."""
    weights_copy(tmp_path, "paper")
    assert PaperModel(tmp_path).weights == PaperModel().weights == blurmap.detect(textured(40, 50), "paper").weights
    text = (tmp_path / "paper.json").read_text()
    (tmp_path / "paper.json").write_text(text.replace('"working_side": 320', '"working_side": 300'))
    assert text != (tmp_path / "paper.json").read_text()
    assert PaperModel(tmp_path).weights != PaperModel().weights


def test_shipped_weights_are_small() -> None:
    for model, limit in {"paper": 7_000_000, "default": 26_000_000, "default-int8": 8_000_000}.items():
        assert 100_000 < weights_size(model) < limit
        of_others = set() if model == "paper" else {"val_weights"}  # trained on val: figures of the training without it
        assert set(read_description(model)) == {"files", "settings", "val"} | of_others


def test_steps_in_order() -> None:
    stages = PaperModel().stages(textured(120, 160))
    assert list(stages) == ["patch", "image", "product", "calibrated", "cut"]
    np.testing.assert_allclose(stages["product"], stages["patch"] * stages["image"], atol=1e-6)
    assert set(np.unique(stages["cut"])) <= {0.0, 1.0}
