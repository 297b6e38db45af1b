"""Verdicts on made-up maps, boxes and places in words, and the sharp size on blur of known sigma."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

import blurmap
from blurmap.imaging.pyramid import Pyramid
from blurmap.verdict.judge import bounding_box, features, judge, largest_region, place
from blurmap.verdict.sharp_size import (
    CROP,
    SMALLEST,
    Sharpness,
    crop_box,
    crop_shape,
    part_of,
    scales,
    sharpest_places,
    sharpness,
)
from tests.support import EXAMPLES, textured

# log odds of the sharp share decide: high is sharp, low is bad, selective lies between
BY_SHARE = np.array([[3.0, 0, 0, 0, 0, -8.0], [0, 0, 0, 0, 0, 0], [-3.0, 0, 0, 0, 0, -8.0]])
BY_MAP, BY_LOOKS = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])


def maps(sharp: tuple[slice, slice] | None, motion: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    blurred = np.full((100, 150), 0.95, np.float32)
    if sharp is not None:
        blurred[sharp] = 0.05
    return blurred, np.full_like(blurred, motion)


@pytest.mark.parametrize(
    ("sharp", "motion", "verdict", "words"),
    [
        ((slice(None), slice(None)), 0.1, "sharp", "sharp all over"),
        (
            (slice(60, 95), slice(5, 50)),
            0.1,
            "selective",
            "sharp subject, lower left, 10% of the frame; background def",
        ),
        ((slice(30, 70), slice(50, 100)), 0.9, "selective", "background blurred by motion"),
        ((slice(None), slice(0, 115)), 0.9, "selective", "sharp but for a part that is blurred by motion, right"),
        (None, 0.1, "defocused", "nothing in focus: 100% of the frame is out of focus"),
        (None, 0.9, "motion", "100% of the frame is blurred by motion"),
    ],
)
def test_verdicts(sharp: tuple[slice, slice] | None, motion: float, verdict: str, words: str) -> None:
    found = judge(*maps(sharp, motion), Sharpness(1000, motion), (400, 600), BY_SHARE, BY_MAP)
    assert found.verdict == verdict
    assert words in found.reason
    assert 0.4 < found.confidence <= 1
    assert (found.subject is None) == (sharp is None)


def test_subject_is_the_largest_sharp_region_in_pixels_of_the_photo() -> None:
    blurred, motion = maps((slice(20, 60), slice(30, 90)), 0.1)
    blurred[80:90, 130:140] = 0.05  # a smaller one elsewhere
    blurred[5, 5] = 0.05  # a speck
    found = judge(blurred, motion, Sharpness(900, 0.1), (400, 600), BY_SHARE, BY_MAP)
    assert found.subject == (120, 80, 360, 240)
    assert found.subject_sharpness == pytest.approx(0.95, abs=0.01)
    assert (
        "sharp up to 300 of its 600" in judge(blurred, motion, Sharpness(300, 0.1), (400, 600), BY_SHARE, BY_MAP).reason
    )


def test_specks_are_no_region() -> None:
    sharp = np.zeros((200, 300), bool)
    sharp[::10, ::10] = True
    assert not largest_region(sharp).any()
    assert bounding_box(largest_region(sharp), (200, 300)) is None


def test_places() -> None:
    words = {}
    for row in (10, 45, 80):
        for column in (10, 45, 80):
            region = np.zeros((100, 100), bool)
            region[row : row + 10, column : column + 10] = True
            words[row, column] = place(region)
    assert [words[10, 10], words[10, 45], words[45, 10], words[45, 45], words[80, 80]] == [
        "upper left", "upper middle", "left", "centre", "lower right",
    ]  # fmt: skip


def test_small_photos_are_not_punished_for_their_size() -> None:
    blurred, _ = maps((slice(0, 50), slice(0, 50)), 0)
    region = largest_region(blurred < 0.5)
    assert features(blurred, region, 500, 500)[2] == features(blurred, region, 4000, 4000)[2] == 0
    assert features(blurred, region, 250, 500)[2] == -1


def test_sharp_size_follows_sigma() -> None:
    """Falls as sigma rises, and is where that sigma shrinks to what the network calls sharp."""
    with Image.open(EXAMPLES / "coffee.jpg") as image:
        photo = np.asarray(image.resize((1800, 1200), Image.Resampling.LANCZOS)).astype(np.float32)
    sigmas = (4.0, 6.0, 8.0, 12.0)
    sizes = []
    for sigma in sigmas:
        blurred = np.clip(gaussian_filter(photo, (sigma, sigma, 0)) + 0.5, 0, 255).astype(np.uint8)
        size = blurmap.detect(blurred).sharp_size
        assert size is not None
        sizes.append(size)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] < 1800
    seen = [size * sigma for size, sigma in zip(sizes, sigmas, strict=True) if size > 1.2 * SMALLEST]
    assert len(seen) >= 3
    assert max(seen) / min(seen) < 1.6  # +- 25 % around what the network calls sharp


def pyramid(photo: NDArray[np.uint8]) -> Pyramid:
    return Pyramid(Image.fromarray(photo))


def detail(crop: NDArray[np.uint8]) -> float:
    return float(abs(np.diff(crop.astype(int), axis=1)).mean())


def test_the_type_of_mild_blur_is_that_of_the_looks() -> None:
    seen = maps(None, 0.4)
    assert judge(*seen, Sharpness(300, 0.9), (400, 600), BY_SHARE, BY_MAP).verdict == "defocused"
    assert judge(*seen, Sharpness(300, 0.9), (400, 600), BY_SHARE, BY_LOOKS).verdict == "motion"


def answers(crops: NDArray[np.uint8], blurred: float, motion: float) -> NDArray[np.float32]:
    return np.stack([np.full((len(crops), 8, 8), value, np.float32) for value in (blurred, motion)], 1)


def test_sharp_size_is_found_with_few_looks() -> None:
    """A network that knows the truth: blurred from a long side of about 1250 on."""
    photo = pyramid(gaussian_filter(textured(600, 3000), (4, 4, 0)))
    shown = {
        side: detail(photo.resized((CROP, CROP), crop_box(photo.shape, (0.5, 0.5), side))) for side in (1061, 1500)
    }
    limit = (shown[1061] + shown[1500]) / 2
    looks = []

    def network(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        looks.append(crops.shape)
        return answers(crops, *((0.9, 0.8) if detail(crops[0]) < limit else (0.1, 0.3)))

    assert shown[1061] > shown[1500]
    still = np.full((20, 100), 0.1, np.float32)
    found = sharpness(network, photo, still, still, 576)
    assert 1061 < found.size < 1500
    assert found.motion == pytest.approx(0.8)
    assert len(looks) <= 4
    assert all(shape[1:] == (min(CROP, shape[1]), CROP, 3) for shape in looks)


@pytest.mark.parametrize("answer", [0.0, 1.0])
def test_sharp_size_of_what_is_sharp_or_soft_at_all_sizes(answer: float) -> None:
    looks = []

    def network(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        looks.append(crops.shape)
        return answers(crops, answer, 0.9)

    photo, blurred, motion = (
        pyramid(textured(600, 3000)), np.full((20, 100), answer, np.float32), np.full((20, 100), 0.2, np.float32)
    )  # fmt: skip
    found = sharpness(network, photo, blurred, motion, 576)
    assert len(looks) == 1
    assert found.size == 3000 if answer == 0 else found.size < 230
    assert found.motion == pytest.approx(0.2 if answer == 0 else 0.9)
    # the map of a photo seen almost at its own size is look enough
    found = sharpness(network, pyramid(textured(400, 600)), blurred, motion, 576)
    assert found.size == 600 if answer == 0 else len(looks) == 2


def test_scales_rise_to_the_photos_own_in_even_steps() -> None:
    for long_side, seen in ((4000, 576), (640, 576), (700, 576), (200, 576), (100, 576), (1, 576)):
        sides, start = scales(long_side, seen)
        assert sides[-1] == long_side
        assert sides[start] == pytest.approx(min(seen, long_side), rel=0.22)
        steps = np.array(sides[1:]) / np.array(sides[:-1])
        assert ((steps > 1.18) & (steps < 1.7)).all()
        assert sides[0] < 200


def test_looks_go_to_sharp_detail() -> None:
    photo = np.full((300, 400, 3), 128, np.uint8)
    photo[200:280, 300:380] = textured(80, 80)
    photo[20:100, 20:100] = textured(80, 80)
    blurred = np.zeros((75, 100), np.float32)
    blurred[:40, :40] = 1  # the upper left is blurred
    row, column = sharpest_places(pyramid(photo), blurred)[0]
    assert 0.6 < row < 1
    assert 0.7 < column < 1


@pytest.mark.parametrize("shape", [(50, 80), (700, 300), (3000, 4000)])
def test_crops_show_the_photo_at_the_asked_scale(shape: tuple[int, int]) -> None:
    x = np.mgrid[: shape[0], : shape[1]][1]
    photo = np.repeat(((x * 255) // max(shape)).astype(np.uint8)[..., None], 3, axis=2)  # brightness tells the place
    side = max(shape) / 2
    seen = crop_shape(shape, side)
    crop = pyramid(photo).resized(seen, crop_box(shape, (0.5, 0.5), side))
    assert crop.shape == (*seen, 3)
    assert max(seen) <= CROP
    assert all(n % 32 == 0 for n in seen)
    slope = (float(crop[10, seen[1] - 5, 0]) - float(crop[10, 5, 0])) / (seen[1] - 10)
    whole = 255 * shape[1] / max(shape) / seen[1]  # a side that fits is shown whole, at a multiple of 32
    assert slope == pytest.approx(255 / side if seen[1] == CROP else whole, rel=0.1)


def test_boxes_lie_in_the_photo() -> None:
    for centre in ((0.0, 0.0), (1.0, 1.0), (0.3, 0.99)):
        left, top, right, bottom = crop_box((3000, 4000), centre, 1000)
        assert 0 <= left < right <= 4000
        assert 0 <= top < bottom <= 3000
        assert right - left == bottom - top == 4 * CROP
        part = part_of(np.zeros((192, 288), np.float32), (3000, 4000), (left, top, right, bottom))
        assert part.size > 30 * 40


def test_a_blur_map_has_a_verdict_where_there_are_types() -> None:
    result = blurmap.detect(EXAMPLES / "cat.jpg")
    assert result.verdict in ("sharp", "selective", "defocused", "motion")
    assert result.reason
    assert 0 < (result.confidence or 0) <= 1
    assert 0 < (result.sharp_size or 0) <= 451
    assert result.judgement is result.judgement  # made once
    other = blurmap.detect(EXAMPLES / "cat.jpg", "paper")
    assert other.verdict is other.reason is other.confidence is other.sharp_size is None
