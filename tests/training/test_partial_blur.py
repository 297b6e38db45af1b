"""Synthetic photos: the blur is where the labels say, of the kind they say, and mixed as layers are."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blurmap.evaluation import dataset as cuhk
from blurmap.imaging.kernels import convolved, disk_kernel
from blurmap.training.data.blur_views import BlurViews, blur_view
from blurmap.training.data.documents import document, perspective
from blurmap.training.data.motion_kernels import kernel_length, motion_kernels, trimmed
from blurmap.training.data.partial_blur import (
    DEFOCUS,
    MOTION,
    SCENES,
    SHARES,
    SHARP,
    UNKNOWN,
    Sources,
    make_partial_blur,
    partial_blur,
    read_partial_blur,
    sharp_photos,
)
from tests.support import FEW, textured


@pytest.fixture
def sources(labelled: Path, tmp_path: Path) -> Sources:
    folder = tmp_path / "sharp"
    folder.mkdir()
    for i in range(3):
        Image.fromarray(textured(240, 320, i)).save(folder / f"s{i}.png")
    Image.fromarray(textured(60, 80)).save(folder / f"{cuhk.split_names('sharp_val')[0]}.png")
    names = tuple(name for name in FEW["train"] if cuhk.blur_type(name) == "defocus")
    kernels = tuple(trimmed(kernel) for kernel in motion_kernels(60))
    return Sources(sharp_photos(folder), labelled, names, kernels)


def detail(photo: NDArray[np.uint8]) -> NDArray[np.float64]:
    grey = photo.mean(axis=2)
    gradient = np.zeros_like(grey)
    gradient[:, 1:] = np.abs(np.diff(grey, axis=1))
    gradient[1:] += np.abs(np.diff(grey, axis=0))
    return gradient


@pytest.mark.parametrize("scene", SCENES)
def test_detail_is_lost_where_the_labels_say(sources: Sources, scene: str) -> None:
    expected = {"sharp": {SHARP}, "defocused": {DEFOCUS}, "shaken": {MOTION}, "panned": {SHARP, MOTION},
                "moving subject": {SHARP, MOTION}}.get(scene, {SHARP, DEFOCUS})  # fmt: skip
    sharp_detail, blurred_detail, found = [], [], set()
    for seed in range(6):
        photo, kind = partial_blur(sources, scene, np.random.default_rng(seed))
        assert photo.dtype == kind.dtype == np.uint8
        assert photo.shape[:2] == kind.shape
        found |= set(np.unique(kind).tolist())
        values = detail(photo)
        sharp_detail += values[kind == SHARP].tolist()
        blurred_detail += values[(kind == DEFOCUS) | (kind == MOTION)].tolist()
    assert found - {UNKNOWN} == expected
    if sharp_detail and blurred_detail:
        assert np.mean(blurred_detail) < 0.75 * np.mean(sharp_detail)


def test_held_out_photos_are_left_out(sources: Sources) -> None:
    folder = sources.sharp[0].parent
    assert {path.stem for path in sources.sharp} == {"s0", "s1", "s2"}
    assert [path.stem for path in sharp_photos(folder, held_out=True)] == cuhk.split_names("sharp_val")[:1]
    with pytest.raises(ValueError, match="no sharp photos"):
        sharp_photos(sources.data)


def test_shares_are_of_all_scenes() -> None:
    assert len(SCENES) == len(SHARES)
    assert sum(SHARES) == pytest.approx(1)


def test_convolution_keeps_flat_layers_and_their_size() -> None:
    flat = np.full((40, 50, 3), 0.3, np.float32)
    np.testing.assert_allclose(convolved(flat, disk_kernel(4.5)), flat, atol=1e-5)
    assert convolved(flat[..., 0], disk_kernel(2)).shape == (40, 50)


@pytest.mark.parametrize("radius", [1.5, 4.0, 9.3])
def test_a_disk_has_the_variance_of_a_gaussian_of_half_its_radius(radius: float) -> None:
    kernel = disk_kernel(radius)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert kernel_length(kernel) / 12**0.5 == pytest.approx(radius / 2, rel=0.15)


def test_stopped_data_goes_on_the_same(sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuhk, "split_names", lambda split: FEW[split])
    sharp = sources.sharp[0].parent
    make_partial_blur(sources.data, sharp, tmp_path / "whole", 6, seed=1)
    make_partial_blur(sources.data, sharp, tmp_path / "stopped", 3, seed=1)
    before = (tmp_path / "stopped" / "00001.png").stat().st_mtime_ns
    make_partial_blur(sources.data, sharp, tmp_path / "stopped", 6, seed=1)
    assert (tmp_path / "stopped" / "00001.png").stat().st_mtime_ns == before
    for i in range(6):
        for one, other in zip(
            read_partial_blur(tmp_path / "whole", i), read_partial_blur(tmp_path / "stopped", i), strict=True
        ):
            assert np.array_equal(one, other)


def test_views_keep_labels_on_their_pixels() -> None:
    """A photo whose brightness is its label: views show the two together wherever they are cropped and flipped."""
    kind = np.zeros((120, 160), np.uint8)
    kind[30:90, 40:120] = MOTION
    kind[:, 150:] = UNKNOWN
    photo = np.repeat(np.where(kind == MOTION, 230, 20).astype(np.uint8)[..., None], 3, axis=2)
    for seed in range(20):
        view, labels = blur_view(photo, kind, 64, np.random.default_rng(seed))
        assert view.shape == labels.shape == (64, 64, 3)
        bright, inside = view.mean(axis=2), labels[..., 0] > 250
        outside = (labels[..., 0] < 5) & (labels[..., 2] > 250)
        if inside.any() and outside.any():
            assert bright[inside].mean() > bright[outside].mean() + 20
        assert np.array_equal(labels[..., 0], labels[..., 1])


def test_an_epoch_holds_every_labelled_photo_and_a_share_of_synthetic_ones() -> None:
    real = [(textured(40, 50, i), np.zeros((40, 50), np.uint8)) for i in range(8)]
    views = BlurViews(real, real * 3, batch=4, seed=0)
    views.size, views.share = 32, 0.5
    views.start(0, 0)
    first = views.order
    assert len(views) == 12
    assert set(range(8)) < set(first.tolist())
    views.start(1, 0)
    assert not np.array_equal(first, views.order)
    views.start(0, 4)
    assert len(views) == 8
    again = BlurViews(real, real * 3, batch=4, seed=0)
    again.size, again.share = 32, 0.5
    again.start(0, 0)
    assert np.array_equal(views[0][0], again[4][0])


@pytest.mark.parametrize("seed", range(6))
def test_pages_are_print_on_paper_and_repeat(seed: int) -> None:
    table = np.full((300, 400, 3), 90, np.uint8)
    page = document(table, np.random.default_rng(seed))
    assert page.shape == table.shape
    assert np.array_equal(page, document(table, np.random.default_rng(seed)))
    paper = page[100:200, 130:270].astype(int).mean(2)
    assert paper.max() > 110  # light paper, in uneven light
    assert abs(np.diff(paper, axis=1)).max() > 40  # crossed by strokes


def test_pages_do_without_fonts_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blurmap.training.data.documents.FONTS", ("nowhere-at-all.ttf",))
    page = document(np.zeros((200, 300, 3), np.uint8), np.random.default_rng(0))
    assert abs(np.diff(page.astype(int).mean(2), axis=1)).max() > 30


def test_corners_go_where_they_are_sent() -> None:
    seen = np.array([[10, 5], [90, 8], [95, 70], [4, 60]], float)
    drawn = np.array([[0, 0], [200, 0], [200, 100], [0, 100]], float)
    a, b, c, d, e, f, g, h = perspective(seen, drawn)
    for (x, y), corner in zip(seen, drawn, strict=True):
        w = g * x + h * y + 1
        assert ((a * x + b * y + c) / w, (d * x + e * y + f) / w) == pytest.approx(tuple(corner), abs=1e-6)
