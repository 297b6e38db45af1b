"""Close-ups to learn from: repeatable, and labelled as what was done to them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.evaluation.dataset import open_dataset
from blurmap.focus.close_up import CROP, WIDTHS
from blurmap.imaging.kernels import disk_kernel, gaussian_kernel
from blurmap.training.data import close_ups
from blurmap.training.data.camera import demosaiced, photographed, sharpened
from blurmap.training.data.close_ups import (
    ANSWERS,
    CELLS,
    LETTERING,
    MOTION,
    NO_BLUR,
    Blur,
    Sources,
    answers,
    any_blur,
    blurred,
    close_up,
    double_kernel,
    made_close_up,
)
from blurmap.training.data.lettering import KINDS, lettered
from blurmap.training.data.motion_kernels import kernel_length
from tests.support import detail, textured, write_labelled


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    folder = tmp_path_factory.mktemp("photos")
    for i in range(3):
        Image.fromarray(textured(400, 500, i)).save(folder / f"{i}.png")
    data = open_dataset(write_labelled(folder / "set"))
    return Sources(sorted(folder.glob("*.png")), data, data.names("train"))


def test_close_ups_depend_on_the_seed_and_their_number_alone(sources: Sources) -> None:
    for i in range(4):
        pixels, labels = close_up(sources, 1, i)
        assert pixels.shape == (CROP, CROP, 3)
        assert labels.shape == (ANSWERS, CELLS, CELLS)
        assert pixels.dtype == labels.dtype == np.uint8
        again = close_up(sources, 1, i)
        assert np.array_equal(pixels, again[0])
        assert np.array_equal(labels, again[1])
        assert not np.array_equal(pixels, close_up(sources, 2, i)[0])


@pytest.mark.slow
def test_a_wide_blur_is_wider_than_all_that_a_narrow_one_is(sources: Sources) -> None:
    """Whatever is known of a cell: the answers fall from width to width, from yes to no."""
    seen = np.zeros(len(WIDTHS), int)
    for i in range(60):
        _, labels = close_up(sources, 3, i)
        widths = labels[:MOTION].reshape(len(WIDTHS), -1).astype(int)
        known = widths.copy()
        known[widths == 255] = -1
        for cell in known.T:
            told = cell[cell >= 0]
            assert (np.diff(told) <= 0).all()
        seen += (widths == 1).sum(1)
    assert (np.diff(seen) <= 0).all()
    assert seen[0] > seen[-1] > 0


def test_answers_are_of_the_width_in_the_close_up() -> None:
    """A blur of 4 pixels of the camera is 2 wide at half the size; a lens in focus is not wider than a pixel."""
    wide = Blur(disk_kernel(8.0), 4.0, False)
    assert answers(wide, 2.0).tolist() == [1, 1, 1, 0, 0, 0, 0]
    assert answers(wide, 1.0).tolist() == [1, 1, 1, 1, 1, 0, 0]
    assert answers(NO_BLUR, 1.0).tolist() == [0, 0, 0, 0, 0, 0, 255]  # what is sharp has no kind
    assert answers(NO_BLUR, 0.3).tolist()[:2] == [1, 1]  # enlarged threefold, sharp is soft
    assert answers(Blur(None, 4.0, True), 1.0)[-1] == 1


@pytest.mark.parametrize("seed", range(4))
def test_the_width_of_a_kernel_is_its_deviation(seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(12):
        blur = any_blur(1.0, random)
        if blur.kernel is not None:
            assert blur.kernel.sum() == pytest.approx(1, abs=1e-4)
            assert blur.width == pytest.approx(kernel_length(blur.kernel) / 12**0.5, rel=0.25, abs=0.35)
    double = double_kernel(6.0, random)
    assert 2 <= (double > 0).sum() <= 8
    assert kernel_length(double) / 12**0.5 == pytest.approx(3.0, rel=0.2)


def test_blur_takes_detail_in_light() -> None:
    light = textured(120, 120).astype(np.float32) / np.float32(255)

    def left(sigma: float) -> float:
        seen = blurred(light, Blur(gaussian_kernel(sigma), sigma, False))
        return float(detail((seen * 255).astype(np.uint8)).mean())

    assert left(0.3) > left(0.8) > left(1.5) > left(4.0)


def test_photographs_show_the_scene_and_differ() -> None:
    light = np.full((64, 64, 3), 0.1, np.float32)
    light[:, 32:] = 0.6
    shots = [photographed(light, np.random.default_rng(i)) for i in range(12)]
    for shot in shots:
        assert shot.shape == (64, 64, 3)
        assert shot.dtype == np.uint8
        assert shot[:, 40:].mean() > shot[:, :24].mean() + 8
    assert len({shot.tobytes() for shot in shots}) == len(shots)


def test_a_mosaic_keeps_colours_in_their_places() -> None:
    light = np.zeros((40, 40, 3), np.float32)
    light[...] = (0.8, 0.4, 0.1)
    for edge_aware in (True, False):
        np.testing.assert_allclose(demosaiced(light, edge_aware=edge_aware)[4:-4, 4:-4], light[4:-4, 4:-4], atol=1e-3)


def test_sharpening_leaves_halos() -> None:
    edge = np.full((30, 30, 3), 90, np.uint8)
    edge[:, 15:] = 160
    seen = sharpened(edge, 1.5, 1.0)
    assert seen.min() < 80
    assert seen.max() > 170


def test_lettering_hides_little_and_bars_hide_what_they_cover() -> None:
    photo = textured(200, 260)
    for i, kind in enumerate(KINDS):
        written, covered = lettered(photo, np.random.default_rng(i), kind)
        assert written.shape == photo.shape
        assert 0 < (written != photo).any(2).mean() < 0.9, kind
        assert covered.any() == (kind == "bar")
        if kind == "bar":
            assert covered.mean() < 0.4
            assert np.array_equal(written[~covered], photo[~covered])


@pytest.mark.slow
def test_lettering_does_not_change_what_is_said_of_the_photo_below(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for share in (0.0, 1.0):
        monkeypatch.setattr(close_ups, "LETTERED", share)
        monkeypatch.setattr(close_ups, "lettered", lambda pixels, random: lettered(pixels, random, "title"))
        found.append([made_close_up(textured(400, 400, i), np.random.default_rng(i))[1] for i in range(6)])
    for plain, written in zip(*found, strict=True):
        assert np.array_equal(plain[:LETTERING], written[:LETTERING])
        assert not plain[LETTERING].any()
        assert (written[LETTERING] == 1).any()


def test_unlabelled_folders_serve_too(tmp_path: Path) -> None:
    Image.fromarray(textured(300, 300)).save(tmp_path / "a.png")
    pixels, labels = close_up(Sources([tmp_path / "a.png"]), 0, 0)
    assert pixels.std() > 1
    assert set(np.unique(labels)) <= {0, 1, 255}
