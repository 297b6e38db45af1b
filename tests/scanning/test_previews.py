"""What is kept of a photo for the report: small enough, upright, and the crop where the subject is sharp."""

import io

import numpy as np
import pytest
from PIL import Image

from blurmap.imaging.pyramid import Pyramid
from blurmap.maps import Maps
from blurmap.result import BlurMap
from blurmap.scanning.previews import CROPS, MOST, SIDE, make_preview, subject_place
from blurmap.verdict.judgement import Judgement
from tests.support import pyramid, soft, textured


def opened(content: bytes | None) -> Image.Image:
    assert content is not None
    return Image.open(io.BytesIO(content))


def test_the_whole_and_the_tint_of_its_blur() -> None:
    blurred = np.zeros((30, 40), np.float32)
    blurred[:, 20:] = 1
    preview = make_preview(pyramid(soft(textured(300, 400), 1)), Maps(blurred, np.zeros_like(blurred)))
    assert opened(preview.photo).size == (SIDE, SIDE * 3 // 4)
    tint = np.asarray(opened(preview.tint).convert("RGBA"))
    assert tint[90, 10, 3] == 0
    assert tint[90, 240, 0] > 200
    assert preview.box == (0, 0, 400, 300)


def test_the_crop_is_of_the_photos_own_pixels() -> None:
    photo = soft(textured(900, 1000), 1)
    preview = make_preview(pyramid(photo), place=(0.9, 0.3))
    assert preview.box == (100, 500, 500, 900)  # moved to lie within the photo
    left, top, right, bottom = preview.box
    crop = np.asarray(opened(preview.crop), np.float32)
    assert crop.shape == (CROPS[0], CROPS[0], 3)
    assert np.abs(crop - photo[top:bottom, left:right]).mean() < 8
    assert np.abs(crop - photo[top - 50 : bottom - 50, left:right]).mean() > 10


def test_the_place_is_within_the_subject() -> None:
    """The sharper corner lies elsewhere: a background in focus is not what the photo is of."""
    photo = textured(400, 600)
    maps = Maps(np.full((80, 120), 0.4, np.float32), None)
    maps.blurred[:20, :30] = 0.0
    subject = (450, 250, 600, 400)
    judged = Judgement("selective", 0.9, "", subject, 0.8, 600)
    result = BlurMap(pyramid(photo), maps, "test", "", lambda seen, maps: judged)
    row, column = subject_place(result)
    assert 250 <= row * 400 <= 400
    assert 450 <= column * 600 <= 600
    row, column = subject_place(BlurMap(pyramid(photo), maps, "test"))
    assert row * 400 < 200
    assert column * 600 < 300


@pytest.mark.parametrize("shape", [(3, 5000), (1, 1), (700, 900)])
def test_five_thousand_photos_have_less_than_200_megabytes(shape: tuple[int, int]) -> None:
    """Of noise even, which JPEG cannot make small; as base64, and with the tint and the words of a photo."""
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    preview = make_preview(Pyramid(Image.fromarray(noise)))
    assert len(preview.photo) <= MOST["photo"]
    assert len(preview.crop or b"") <= MOST["crop"]
    assert (sum(MOST.values()) + 2_000) * 4 / 3 + 1_500 < 200e6 / 5000
