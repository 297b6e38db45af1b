"""Where nothing could show blur there is no verdict; where there is anything, there is one."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

import blurmap
from blurmap.fields import COLUMNS
from blurmap.scanning.summary import summary
from blurmap.scanning.table import read_table
from blurmap.verdict.ground import nothing_to_judge_by, points_of_light
from blurmap.verdict.judge import MANY_POINTS
from blurmap.verdict.judgement import GOOD
from blurmap.verdict.rules import PRESETS, outcome
from tests.cli.command import run
from tests.support import EXAMPLES, pyramid

DICE = np.random.default_rng(0)
ROWS, COLUMNS_OF = np.mgrid[:400, :600]


def grainy(base: NDArray[np.float64] | float, grain: float) -> NDArray[np.uint8]:
    frame = np.zeros((400, 600, 3)) + (base[..., None] if isinstance(base, np.ndarray) else base)
    return np.clip(frame + DICE.normal(0, grain, frame.shape), 0, 255).astype(np.uint8)


PLAIN = {
    "lens cap": grainy(3, 2), "lens cap, high ISO": grainy(8, 9), "empty page": grainy(250, 1),
    "clear sky": grainy(120 + ROWS / 4.0, 1.5),
    "wall": grainy(190 - ((ROWS - 200) ** 2 + (COLUMNS_OF - 300) ** 2) / 2500, 2),
    "blue": np.broadcast_to(np.array([0, 0, 200], np.uint8), (48, 64, 3)).copy(),
    "long": np.zeros((40, 900, 3), np.uint8), "noise": grainy(60, 20), "strong noise": grainy(128, 40),
    "thread": DICE.integers(0, 255, (9, 900, 3), np.uint8),
}  # fmt: skip


@pytest.mark.parametrize("frame", PLAIN.values(), ids=PLAIN)
def test_a_plain_frame_has_no_verdict(frame: NDArray[np.uint8]) -> None:
    result = blurmap.detect(frame)
    record = result.record()
    assert record["reason"] == "no detail to judge by"
    told = (
        "verdict",
        "confidence",
        "subject",
        "subject_sharpness",
        "sharp_size",
        "soft",
        "blurred",
        "defocus",
        "motion",
    )
    assert [record[name] for name in told] == [None] * len(told)
    assert result.caption() == ("no verdict", "no detail to judge by")
    for preset in PRESETS.values():
        assert outcome(record, preset) == ("warn", ["no detail to judge by"])


def test_whatever_shows_blur_is_judged() -> None:
    """A photo far out of focus, faint stars, a line of text, a bird in the sky."""
    cat = np.asarray(Image.open(EXAMPLES / "cat.jpg"))
    far = gaussian_filter(cat, (25, 25, 0))
    stars = np.zeros((400, 600))
    stars[DICE.integers(400, size=80), DICE.integers(600, size=80)] = 2000
    bird = grainy(200, 1.5)
    bird[200:206, 300:312] = 90
    noisy = np.clip(far + DICE.normal(0, 25, far.shape), 0, 255).astype(np.uint8)
    for photo in (cat, far, noisy, grainy(6 + gaussian_filter(stars, 1.2), 2), bird):
        assert not nothing_to_judge_by(pyramid(photo))


@pytest.mark.slow
def test_a_scan_counts_them_and_moves_none(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(PLAIN["lens cap"]).save(folder / "cap.png")
    (folder / "cat.jpg").write_bytes((EXAMPLES / "cat.jpg").read_bytes())
    done = run("scan", folder, "--out", "t.csv", "--move", "sorted", "--xmp", "--yes", cwd=tmp_path)
    assert "selective 1  unjudged 1" in done.stdout
    assert (folder / "cap.png").exists()
    assert not list(folder.glob("cap*.xmp"))
    assert (tmp_path / "sorted/selective/cat.jpg").exists()
    rows = read_table(tmp_path / "t.csv")
    assert set(rows[0]) == set(COLUMNS)
    assert summary(rows)["verdicts"] == {"selective": 1, "unjudged": 1}
    assert "unjudged" in run("summary", "t.csv", cwd=tmp_path).stdout
    run("report", "t.csv", cwd=tmp_path)
    assert "no verdict: no detail to judge by" in run("detect", folder / "cap.png", cwd=tmp_path).stdout
    assert "no detail to judge by" in run("check", folder / "cap.png", cwd=tmp_path).stdout


def sky(stars: int, seeing: float, seed: int = 0) -> NDArray[np.uint8]:
    dice = np.random.default_rng(seed)
    light = np.zeros((800, 1200))
    for _ in range(stars):
        light[dice.integers(800), dice.integers(1200)] += dice.exponential(150 * 2 * np.pi * seeing**2)
    frame = 6 + gaussian_filter(light, seeing)[..., None] + dice.normal(0, 2, (800, 1200, 3))
    return np.clip(frame, 0, 255).astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("seeing", [0.7, 1.0, 1.3, 1.8])
@pytest.mark.parametrize("stars", [20, 100, 600])
def test_a_sky_full_of_stars_is_not_called_blurred(stars: int, seeing: float) -> None:
    frame = sky(stars, seeing)
    assert stars < 100 or points_of_light(pyramid(frame)) >= MANY_POINTS
    assert blurmap.detect(frame).verdict in GOOD


def test_what_is_blurred_shows_no_points() -> None:
    cat = np.asarray(Image.open(EXAMPLES / "cat.jpg"), np.float64)
    for grain in (0, 10, 30):
        frame = np.clip(gaussian_filter(cat, (4, 4, 0)) + DICE.normal(0, grain, cat.shape), 0, 255).astype(np.uint8)
        assert points_of_light(pyramid(frame)) == 0
    assert points_of_light(pyramid(sky(100, 5.0))) == 0
    assert points_of_light(pyramid(np.zeros((5, 300, 3), np.uint8))) == 0


def test_the_kind_of_a_plain_ground_is_not_named() -> None:
    """Its light and shade would be there however it was taken."""
    from blurmap.maps import Maps
    from blurmap.verdict.details import details
    from blurmap.verdict.sharp_size import Sharpness
    from blurmap.verdict.wording import sentence

    blurred = np.ones((60, 80), np.float32)
    blurred[20:40, 20:50] = 0
    maps = Maps(blurred, np.full_like(blurred, 0.9))
    sharp = Sharpness(640, -3.0, -3.0, -3.0, -3.0)
    for soft, said in ((np.zeros_like(maps.mask), "background blurred"), (maps.mask, "background blurred by motion")):
        found = details("selective", maps, soft, blurred < 0.5, sharp, 640, 1.0)
        assert sentence(found).endswith(said)
