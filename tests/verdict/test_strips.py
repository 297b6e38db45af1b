"""Strips and panoramas are judged by what they show, however long they are."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

import blurmap
from blurmap.models.default import working_side
from blurmap.verdict.judgement import GOOD
from tests.support import EXAMPLES


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("rows", [300, 200, 100, 50])
def test_a_strip_is_judged_as_what_it_shows(rows: int, upright: bool) -> None:
    whole = np.asarray(Image.open(EXAMPLES / "astronaut.jpg").convert("RGB").reduce(2))
    strip = np.tile(whole, (2, 15, 1))[:rows, :3072]
    blurred = gaussian_filter(strip, (6, 6, 0))
    for photo, good in ((strip, True), (blurred, False)):
        verdict = blurmap.detect(np.ascontiguousarray(photo.transpose(1, 0, 2)) if upright else photo).verdict
        assert (verdict in GOOD) == good


def test_only_strips_are_seen_at_more_than_the_working_size() -> None:
    assert [working_side(shape, 480) for shape in ((3000, 4000), (400, 3000), (200, 3000), (5, 90_000))] == [
        480, 480, 960, 8 * 480,
    ]  # fmt: skip
