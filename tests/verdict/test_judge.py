"""Verdicts, reasons and subjects on made-up maps."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

import blurmap
from blurmap.focus.close_up import CELL, CloseUp
from blurmap.imaging.pyramid import Pyramid
from blurmap.maps import Maps
from blurmap.verdict.details import Details
from blurmap.verdict.ground import central_share, without_detail
from blurmap.verdict.judge import FEATURES, TRACE, Seen, Weights, features, judge, type_features
from blurmap.verdict.judgement import VERDICTS, Judgement
from blurmap.verdict.lettering import sharp_by_lettering, without
from blurmap.verdict.sharp_size import Sharpness
from tests.support import EXAMPLES, pyramid, soft, textured

# log odds of the blurred share decide: high is bad, low is sharp, selective lies between
BY_SHARE = np.zeros((3, FEATURES + 1))
BY_SHARE[0, [0, -1]], BY_SHARE[2, [0, -1]] = (-3.0, -8.0), (3.0, -8.0)
BY_MAP, BY_LOOKS = np.eye(3)[:2]
SHAKEN = 1.0
PHOTO = pyramid(textured(400, 600))
ALL = slice(None)
Part = tuple[slice, slice]


def maps(sharp: Part | None, motion: float) -> Maps:
    blurred = np.full((100, 150), 0.95, np.float32)
    if sharp is not None:
        blurred[sharp] = 0.05
    return Maps(blurred, np.full_like(blurred, motion))


def up_to(size: int, odds: float = -2.0, motion: float = -1.0) -> Sharpness:
    return Sharpness(size, odds, odds, motion)


def judged(seen: Maps, sharpness: Sharpness, types: NDArray[np.float64] = BY_MAP, photo: Pyramid = PHOTO) -> Judgement:
    return judge(Seen.of(photo, seen, sharpness), Weights(BY_SHARE, types, SHAKEN))


@pytest.mark.parametrize(
    ("sharp", "motion", "verdict", "case", "kind", "place"),
    [
        ((ALL, ALL), 0.1, "sharp", "sharp all over", "defocus", ""),
        ((slice(2, None), ALL), 0.1, "sharp", "part lost", "defocus", "upper middle"),
        ((slice(60, 95), slice(5, 50)), 0.1, "selective", "subject", "defocus", "lower left"),
        ((slice(30, 70), slice(50, 100)), 0.9, "selective", "subject", "motion", "centre"),
        ((slice(60, 95), ALL), 0.1, "selective", "area", "defocus", "lower middle"),
        ((ALL, slice(0, 115)), 0.9, "selective", "part lost", "motion", "right"),
        (None, 0.1, "defocused", "nothing in focus", "defocus", ""),
        (None, 0.9, "motion", "blurred", "motion", ""),
    ],
)
def test_verdicts(sharp: Part | None, motion: float, verdict: str, case: str, kind: str, place: str) -> None:
    found = judged(maps(sharp, motion), up_to(600 if sharp else 200))
    assert found.verdict == verdict
    assert found.details is not None
    assert (found.details.case, found.details.kind, found.details.place) == (case, kind, place)
    assert found.confidence is not None
    assert 0.4 < found.confidence <= 1
    assert (found.subject is None) == (sharp is None)


def details(judgement: Judgement) -> Details:
    assert judgement.details is not None
    return judgement.details


def test_subject_is_the_largest_sharp_region_in_pixels_of_the_photo() -> None:
    seen = maps((slice(20, 60), slice(30, 90)), 0.1)
    seen.blurred[80:90, 130:140] = 0.05  # a smaller one elsewhere
    seen.blurred[5, 5] = 0.05  # a speck
    found = judged(seen, up_to(590))
    assert found.subject == (120, 80, 360, 240)
    assert found.subject_sharpness == pytest.approx(0.95, abs=0.01)
    assert details(found).sharp_up_to is None
    assert not found.soft
    assert judged(seen, replace(up_to(590), at_full_size=0.5)).soft  # a pixel wide: seen at 100 % only
    smaller = judged(seen, up_to(300))
    assert (details(smaller).sharp_up_to, details(smaller).long_side) == (300, 600)
    assert smaller.soft


def seen(of: Maps, sharpness: Sharpness, shape: tuple[int, int] = (400, 600)) -> Seen:
    found = Seen.of(PHOTO, of, sharpness)
    return Seen(of, found.blurred, found.soft, found.region, sharpness, shape)


def test_small_photos_are_not_punished_for_their_size() -> None:
    """What is sharp at its own size is sharp enough, however small; what is sharp at ENOUGH is, however large."""
    half = maps((slice(0, 50), slice(0, 50)), 0)
    enough = [seen(half, up_to(size), (10, side)).sharp_enough for size, side in ((500, 500), (1280, 4000), (499, 500))]
    assert enough == [True, True, False]


def test_features_rise_with_what_they_measure() -> None:
    little, much = (maps((ALL, slice(0, n)), 0.1) for n in (20, 120))
    low, high = (features(seen(x, up_to(600))) for x in (little, much))
    assert (low[:2] > high[:2]).all()  # blurred shares
    assert low[2] < high[2]  # the sharp region
    much.blurred[much.blurred < 0.5] = 0.3
    much.blurred[much.blurred > 0.9] = 0.99
    blurrier = features(seen(much, Sharpness(600, 1.0, 2.0, 0.5)))
    assert (blurrier[-2:] > high[-2:]).all()
    assert blurrier[3:5].tolist() == [1.0, 2.0]
    assert type_features(seen(much, Sharpness(600, 1.0, 2.0, 99.0)))[1] == 6


def test_the_type_of_mild_blur_is_that_of_the_looks() -> None:
    blurred = maps(None, 0.4)
    for motion, verdict in ((2.0, "motion"), (-2.0, "defocused")):
        assert judged(blurred, up_to(300, 3.0, motion)).verdict == "defocused"
        assert judged(blurred, up_to(300, 3.0, motion), BY_LOOKS).verdict == verdict


def test_a_shake_too_small_for_the_map_is_named() -> None:
    """In the reason of a good photo, from the odds on that were chosen; a bad one's says enough."""
    sharp = maps((ALL, ALL), 0.1)
    assert details(judged(sharp, up_to(500, 1.2, 1.2))).shaken
    subject = maps((slice(30, 70), slice(50, 100)), 0.1)
    assert details(judged(subject, up_to(500, 1.2, 1.2))).shaken
    for size, odds, motion in ((500, 0.9, 5.0), (500, 5.0, 0.9), (600, 5.0, 5.0)):  # the last is sharp at its own size
        assert not details(judged(sharp, up_to(size, odds, motion))).shaken
    assert not details(judged(maps(None, 0.9), up_to(300, 3.0, 3.0))).shaken


def test_what_moves_in_the_map_is_no_shake() -> None:
    """The close-up may be of it."""
    moves = judged(maps((slice(30, 70), slice(50, 100)), 0.9), up_to(500, 2.0, 2.0))
    assert not details(moves).shaken
    assert details(judged(maps((ALL, ALL), 0.9), up_to(500, 2.0, 2.0))).shaken


def test_a_ground_without_detail_is_not_blurred() -> None:
    """A flower before black has little around it that could be sharp; before a soft meadow nearly all is blurred."""
    flower = maps((slice(30, 70), slice(50, 100)), 0.1)
    dark, meadow = np.zeros((400, 600, 3), np.uint8), np.clip(soft(textured(400, 600), 6) * 3.0 - 250, 0, 255)
    meadow = meadow.astype(np.uint8)
    for photo in (dark, meadow):
        photo[120:280, 200:400] = textured(160, 200)
    plain = without_detail(pyramid(dark), (100, 150))
    assert plain[:20].all()
    assert not plain[35:65, 55:95].any()
    assert without_detail(pyramid(meadow), (100, 150)).mean() < 0.2
    shares = [Seen.of(pyramid(photo), flower, up_to(600)).soft_share for photo in (dark, meadow)]
    assert shares[0] < 0.55
    assert shares[1] > 0.8
    moon = maps((slice(49, 52), slice(70, 75)), 0.1)  # so small that nothing can be said to be out of focus
    assert Seen.of(pyramid(np.zeros((400, 600, 3), np.uint8)), moon, up_to(200)).with_detail < TRACE
    everything_bad = Weights(np.array([[0.0] * 8, [0.0] * 8, [0.0] * 7 + [50.0]]), BY_MAP, SHAKEN)
    for photo, bad in ((np.zeros((400, 600, 3), np.uint8), False), (meadow, True)):
        found = judge(Seen.of(pyramid(photo), moon, up_to(200)), everything_bad)
        assert (found.verdict in ("defocused", "motion")) == bad


def test_subjects_are_in_the_middle() -> None:
    middle, corner = np.zeros((100, 150), bool), np.zeros((100, 150), bool)
    middle[35:65, 50:100] = corner[:30, :50] = True
    assert central_share(middle) > 3 * central_share(corner)
    assert central_share(np.ones((7, 9), bool)) == pytest.approx(1)


def test_lettering_is_no_subject() -> None:
    """What is written over a photo leaves its map as blurred as it is elsewhere."""
    titled = maps((slice(40, 60), slice(20, 130)), 0.1)
    assert judged(titled, up_to(200)).subject is not None
    found = Seen.of(PHOTO, titled, up_to(200), lettered=True)
    assert not found.region.any()
    assert found.soft_share > 0.99
    assert without(titled.blurred)[50, 75] == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("letters", "sharp", "lettered"),
    [
        ((slice(4, 7), slice(1, 15)), (slice(40, 60), slice(20, 130)), True),
        ((slice(0, 2), slice(0, 3)), (slice(40, 60), slice(20, 130)), False),  # a stamp elsewhere
        ((slice(4, 7), slice(1, 15)), (slice(5, 95), slice(20, 130)), False),  # most of the frame is sharp
        ((slice(4, 7), slice(1, 15)), None, False),
    ],
)
def test_what_is_sharp_by_lettering(letters: Part, sharp: Part | None, lettered: bool) -> None:
    def close_ups_of(pixels: NDArray[np.uint8]) -> list[CloseUp]:
        cells = np.full((pixels.shape[1] // CELL, pixels.shape[2] // CELL), -5.0, np.float32)
        cells[letters] = 3.0
        return [CloseUp(np.zeros((6, *cells.shape), np.float32), cells, cells)]

    assert sharp_by_lettering(close_ups_of, PHOTO, maps(sharp, 0.1)) == lettered


def test_every_verdict_is_one_that_is_listed() -> None:
    assert VERDICTS == ("sharp", "selective", "defocused", "motion")
    result = blurmap.detect(EXAMPLES / "cat.jpg")
    assert result.verdict in VERDICTS
    assert result.reason
    assert 0 < (result.confidence or 0) <= 1
    assert 0 < (result.sharp_size or 0) <= 451
    assert result.soft in (True, False)
