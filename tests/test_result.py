"""What ``detect`` returns: its pictures, its record, and that it can be compared, pickled and kept."""

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

import blurmap
from blurmap import BlurMap
from blurmap.models import MODELS
from blurmap.result import outline
from tests.support import EXAMPLES, blur_map, textured


@pytest.mark.parametrize("model", MODELS)
def test_a_pickled_result_says_the_same(model: str) -> None:
    result = blurmap.detect(EXAMPLES / "cat.jpg", model)
    again = pickle.loads(pickle.dumps(result))
    assert again == result
    assert hash(again) == hash(result)
    assert again.judgement == result.judgement
    assert again.record() == result.record()
    assert np.array_equal(again.mask, result.mask)
    assert np.array_equal(again.overlay(), result.overlay())


@pytest.mark.slow
def test_a_result_comes_out_of_another_process() -> None:
    here = blurmap.detect(EXAMPLES / "cat.jpg")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(blurmap.detect, EXAMPLES / "cat.jpg").result()
    assert there == here
    assert there.judgement == here.judgement


def test_results_are_equal_for_the_same_photo_and_model_only() -> None:
    cat = blurmap.detect(EXAMPLES / "cat.jpg")
    assert cat == blurmap.detect(EXAMPLES / "cat.jpg")
    assert cat != blurmap.detect(EXAMPLES / "clock.jpg")
    assert cat != blurmap.detect(EXAMPLES / "cat.jpg", "default-int8")
    assert cat != "cat.jpg"
    assert len({cat, blurmap.detect(EXAMPLES / "cat.jpg")}) == 1


def test_another_map_or_other_pixels_make_another_result() -> None:
    pixels = textured(20, 30)
    mask = pixels[..., 0] > 128
    assert blur_map(pixels, mask) == blur_map(pixels.copy(), mask.copy())
    assert blur_map(pixels, mask) != blur_map(pixels, ~mask)
    assert blur_map(pixels, mask) != blur_map(pixels, mask, np.ones(mask.shape, np.float32))
    other = pixels.copy()
    other[3, 4] ^= 1
    assert blur_map(pixels, mask) != blur_map(other, mask)


def test_full_size_maps_are_made_once_and_when_asked_for(photo: NDArray[np.uint8]) -> None:
    result = blurmap.detect(photo)
    assert result.record()["blurred"] == pytest.approx(result.fraction, abs=1e-4)
    assert not {"probability", "mask", "kind"} & set(vars(result))
    assert result.mask is result.mask
    assert result.judgement is result.judgement


def test_saving(photo: NDArray[np.uint8], tmp_path: Path) -> None:
    result = blurmap.detect(photo)
    path = result.save(tmp_path / "new" / "mask")
    assert path == tmp_path / "new" / "mask.png"
    assert np.array_equal(np.asarray(Image.open(path)) > 127, result.mask)
    result.save(tmp_path / "p.png", "probability")
    assert np.abs(np.asarray(Image.open(tmp_path / "p.png")) / 255 - result.probability).max() < 0.003
    result.save(tmp_path / "o.png", "overlay")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "o.png")), result.overlay())
    kind = np.asarray(Image.open(result.save(tmp_path / "k.png", "kind")))
    assert result.kind is not None
    assert np.array_equal(kind, np.array([0, 127, 255])[result.kind])
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["k.png", "mask.png", "o.png", "p.png"]


def test_saving_refuses(photo: NDArray[np.uint8], tmp_path: Path) -> None:
    result = blurmap.detect(photo, "paper")
    path = result.save(tmp_path / "mask")
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="is there already"):
        result.save(path, "probability")
    assert path.read_bytes() == before
    result.save(path, "probability", overwrite=True)
    assert path.read_bytes() != before
    with pytest.raises(ValueError, match="does not tell types"):
        result.save(tmp_path / "k.png", "kind")
    with pytest.raises(ValueError, match=r"use \.png"):
        result.save(tmp_path / "mask.xyz")
    with pytest.raises(ValueError, match="what must be mask"):
        result.save(tmp_path / "x.png", "everything")  # type: ignore[arg-type]
    assert [p.name for p in tmp_path.iterdir()] == ["mask.png"]


def kinds() -> BlurMap:
    """A grey photo in thirds: sharp, defocus, motion."""
    mask, motion = np.zeros((220, 300), bool), np.zeros((220, 300), np.float32)
    mask[:, 100:] = True
    motion[:, 200:] = 1
    return blur_map(np.full((220, 300, 3), 128, np.uint8), mask, motion)


def test_overlay_has_a_colour_per_kind() -> None:
    overlay = kinds().overlay()
    sharp, defocus, motion = (overlay[50, x].astype(int) for x in (50, 150, 250))
    assert sharp.tolist() == [128, 128, 128]
    assert defocus[0] > defocus[2] + 50
    assert motion[2] > motion[0] + 50


def test_a_smaller_overlay_shows_the_same() -> None:
    large, small = kinds().overlay(), kinds().overlay(150)
    assert small.shape == (110, 150, 3)
    for x in (50, 150, 250):
        assert abs(small[25, x // 2].astype(int) - large[50, x]).max() <= 1
    assert (small[:, 48:50].max(1) == 255).all()
    assert np.array_equal(kinds().overlay(5000), large)


@pytest.mark.parametrize("width", [1, 2, 3])
def test_outlines_are_next_to_the_mask(width: int) -> None:
    mask = np.random.default_rng(0).random((40, 30)) < 0.02
    grown = Image.fromarray(mask).convert("L").filter(ImageFilter.MaxFilter(2 * width + 1))
    assert np.array_equal(outline(mask, width), np.asarray(grown).astype(bool) & ~mask)


def test_shares_by_kind() -> None:
    result = kinds()
    assert result.fraction == pytest.approx(2 / 3)
    assert result.fractions == pytest.approx({"sharp": 1 / 3, "defocus": 1 / 3, "motion": 1 / 3})
    assert [result.record()[name] for name in ("width", "height", "blurred", "defocus", "motion")] == [
        300, 220, 0.6667, 0.3333, 0.3333,
    ]  # fmt: skip


def test_overlay_tints_the_blurred_region_only(photo: NDArray[np.uint8]) -> None:
    mask = np.zeros(photo.shape[:2], bool)
    mask[:, 150:] = True
    overlay = blur_map(photo, mask).overlay()
    assert np.array_equal(overlay[:, :149], photo[:, :149])
    assert (overlay[:, 149] == 255).all()
    assert (overlay[:, 150:] != photo[:, 150:]).any(axis=2).mean() > 0.99
