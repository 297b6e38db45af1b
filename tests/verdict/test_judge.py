"""Verdicts, reasons and subjects on made-up maps."""

import numpy as np
import pytest
from numpy.typing import NDArray

import blurmap
from blurmap.maps import Maps
from blurmap.verdict.judge import features, judge
from blurmap.verdict.judgement import VERDICTS, Judgement
from blurmap.verdict.regions import largest_region
from blurmap.verdict.sharp_size import Sharpness
from tests.support import EXAMPLES

# log odds of the sharp share decide: high is sharp, low is bad, selective lies between
BY_SHARE = np.array([[3.0, *[0] * 6, -8.0], [0] * 8, [-3.0, *[0] * 6, -8.0]])
BY_MAP, BY_LOOKS, AT_ENOUGH = np.eye(4)[:3]
SHAKEN = 1.0
Part = tuple[slice, slice]


def maps(sharp: Part | None, motion: float) -> Maps:
    blurred = np.full((100, 150), 0.95, np.float32)
    if sharp is not None:
        blurred[sharp] = 0.05
    return Maps(blurred, np.full_like(blurred, motion))


def up_to(
    size: int, shows: tuple[float, ...] = (0.8, 0.1, 0.1), enough: tuple[float, ...] = (0.8, 0.1, 0.1)
) -> Sharpness:
    """Sharp up to a size; chances of sharp, defocus and motion where blur shows and at enough."""
    return Sharpness(size, np.log(shows), np.log(enough))


def judged(seen: Maps, sharpness: Sharpness, types: NDArray[np.float64] = BY_MAP) -> Judgement:
    return judge(seen, sharpness, (400, 600), BY_SHARE, types, SHAKEN)


ALL = slice(None)


@pytest.mark.parametrize(
    ("sharp", "motion", "verdict", "words"),
    [
        ((ALL, ALL), 0.1, "sharp", "sharp all over"),
        ((slice(2, None), ALL), 0.1, "sharp", "sharp but for a part that is defocused, upper middle, 2% of the frame"),
        (
            (slice(60, 95), slice(5, 50)),
            0.1,
            "selective",
            "sharp subject, lower left, 10% of the frame; background def",
        ),
        ((slice(30, 70), slice(50, 100)), 0.9, "selective", "background blurred by motion"),
        ((ALL, slice(0, 115)), 0.9, "selective", "sharp but for a part that is blurred by motion, right, 23% of"),
        (None, 0.1, "defocused", "nothing in focus: 100% of the frame is out of focus"),
        (None, 0.9, "motion", "100% of the frame is blurred by motion"),
    ],
)
def test_verdicts(sharp: Part | None, motion: float, verdict: str, words: str) -> None:
    found = judged(maps(sharp, motion), up_to(1000))
    assert found.verdict == verdict
    assert words in found.reason
    assert 0.4 < found.confidence <= 1
    assert (found.subject is None) == (sharp is None)


def test_subject_is_the_largest_sharp_region_in_pixels_of_the_photo() -> None:
    seen = maps((slice(20, 60), slice(30, 90)), 0.1)
    seen.blurred[80:90, 130:140] = 0.05  # a smaller one elsewhere
    seen.blurred[5, 5] = 0.05  # a speck
    found = judged(seen, up_to(900))
    assert found.subject == (120, 80, 360, 240)
    assert found.subject_sharpness == pytest.approx(0.95, abs=0.01)
    assert "sharp up to" not in found.reason
    assert judged(seen, up_to(300)).reason.endswith("; sharp up to 300 of its 600 pixels")


def test_small_photos_are_not_punished_for_their_size() -> None:
    seen = maps((slice(0, 50), slice(0, 50)), 0)
    region = largest_region(~seen.mask)
    assert features(seen, region, up_to(500), 500)[2] == features(seen, region, up_to(4000), 4000)[2] == 0
    assert features(seen, region, up_to(250), 500)[2] == -1


def test_features_rise_with_what_they_measure() -> None:
    """Sharp share and largest region with sharpness; the quantiles and the chances of motion and defocus with blur."""
    little, much = (maps((ALL, slice(0, n)), 0.1) for n in (20, 120))
    low, high = (features(seen, largest_region(~seen.mask), up_to(600), 600) for seen in (little, much))
    assert (low[:2] < high[:2]).all()
    much.blurred[much.blurred < 0.5] = 0.3
    much.blurred[much.blurred > 0.9] = 0.99
    blurrier = features(much, largest_region(~much.mask), up_to(600, enough=(0.4, 0.35, 0.25)), 600)
    assert (blurrier[3:] > high[3:]).all()
    assert blurrier[5] == pytest.approx(np.log(0.25 / 0.4))
    assert blurrier[6] == pytest.approx(np.log(0.35 / 0.4))


def test_the_type_of_mild_blur_is_that_of_the_looks() -> None:
    seen, moved, soft = maps(None, 0.4), (0.1, 0.2, 0.7), (0.1, 0.7, 0.2)
    assert judged(seen, up_to(300, moved, moved)).verdict == "defocused"
    assert judged(seen, up_to(300, moved, soft), BY_LOOKS).verdict == "motion"
    assert judged(seen, up_to(300, moved, soft), AT_ENOUGH).verdict == "defocused"


def test_a_shake_too_small_for_the_map_is_named() -> None:
    """In the reason of a good photo, from the odds on that were chosen; a bad one's says enough."""
    sharp, shaken = maps((ALL, ALL), 0.1), (0.2, 0.1, 0.7)  # log odds of 1.25
    assert judged(sharp, up_to(600, enough=shaken)).reason == "sharp all over; slightly shaken"
    assert judged(sharp, up_to(300, enough=shaken)).reason.endswith(
        "; slightly shaken, sharp up to 300 of its 600 pixels"
    )
    assert judged(maps((slice(30, 70), slice(50, 100)), 0.1), up_to(600, enough=shaken)).reason.endswith(
        "; slightly shaken"
    )
    assert judged(sharp, up_to(600, enough=(0.3, 0.1, 0.6))).reason == "sharp all over"
    assert "shaken" not in judged(maps(None, 0.9), up_to(300, enough=shaken)).reason


def test_what_moves_in_the_map_is_no_shake() -> None:
    """The close-up may be of it."""
    shaken = (0.2, 0.1, 0.7)
    moves = judged(maps((slice(30, 70), slice(50, 100)), 0.9), up_to(600, enough=shaken))
    assert moves.reason.endswith("background blurred by motion")
    assert judged(maps((ALL, ALL), 0.9), up_to(600, enough=shaken)).reason == "sharp all over; slightly shaken"


def test_every_verdict_is_one_that_is_listed() -> None:
    assert VERDICTS == ("sharp", "selective", "defocused", "motion")
    result = blurmap.detect(EXAMPLES / "cat.jpg")
    assert result.verdict in VERDICTS
    assert result.reason
    assert 0 < (result.confidence or 0) <= 1
    assert 0 < (result.sharp_size or 0) <= 451
