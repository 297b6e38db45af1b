"""Drawn pictures are sharp, and nobody shook a camera; photos with a title over them are photos."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

import blurmap
from blurmap.verdict.drawn import drawn
from tests.support import EXAMPLES, pyramid

TEXT = "the quick brown fox jumps over the lazy dog and runs on for as long as the line is"


def page(ground: str, ink: str, size: int, shape: tuple[int, int] = (700, 500)) -> Image.Image:
    picture = Image.new("RGB", shape, ground)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    for line, y in enumerate(range(size, shape[1] - size, 2 * size)):
        draw.text((size, y), TEXT[line:], ink, font=font)
    return picture


def logo() -> Image.Image:
    picture = Image.new("RGB", (600, 600), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((100, 100, 420, 420), fill=(200, 30, 60))
    draw.rectangle((300, 300, 540, 540), fill=(20, 60, 160))
    return picture


def fax() -> Image.Image:
    return page("white", "black", 14).convert("1").convert("RGB")


def window() -> Image.Image:
    picture = page("#eeeeee", "#222222", 12, (1600, 1000))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 1600, 60), fill="#30507a")
    draw.rectangle((900, 200, 1400, 700), fill="#ffffff", outline="#30507a", width=3)
    return picture


def as_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


DRAWN = {
    "small text": page("white", "black", 11), "text": page("black", "white", 20),
    "large text": page("white", "navy", 40), "text as JPEG": as_jpeg(page("white", "black", 14), 70),
    "logo": logo(), "fax": fax(), "window": window(),
}  # fmt: skip


@pytest.mark.parametrize("picture", DRAWN.values(), ids=DRAWN)
def test_what_is_drawn_is_sharp_at_its_own_size(picture: Image.Image) -> None:
    assert drawn(pyramid(np.asarray(picture)))
    result = blurmap.detect(picture)
    assert result.verdict == "sharp"
    assert result.sharp_size == max(picture.size)
    assert result.soft is False
    assert "shaken" not in str(result.reason)


@pytest.mark.parametrize("quality", [None, 90, 40])
@pytest.mark.parametrize("deviation", [1.5, 4.0, 20.0])
def test_a_blurred_photo_with_a_title_is_not_drawn(deviation: float, quality: int | None) -> None:
    for name in ("cat.jpg", "clock.jpg"):
        photo = np.asarray(Image.open(EXAMPLES / name).convert("RGB"), np.float64)
        picture = Image.fromarray(gaussian_filter(photo, (deviation, deviation, 0)).round().astype(np.uint8))
        font = ImageFont.load_default(30)
        ImageDraw.Draw(picture).text(
            (20, 20), "A title over it 12:45", "white", font=font, stroke_width=2, stroke_fill="black"
        )
        assert not drawn(pyramid(np.asarray(as_jpeg(picture, quality) if quality else picture)))


@pytest.mark.parametrize("along", [0, 1])
@pytest.mark.parametrize("size", [14, 24])
def test_a_page_that_was_shaken_along_its_lines_is_not_drawn(size: int, along: int) -> None:
    """The edges along the way stay hard."""
    deviations = [0.0, 0.0, 0.0]
    deviations[along] = 3.0
    shaken = gaussian_filter(np.asarray(page("white", "black", size), np.float64), deviations)
    assert not drawn(pyramid(shaken.round().astype(np.uint8)))


@pytest.mark.parametrize("deviation", [1, 2, 3, 20])
def test_grain_is_not_drawn(deviation: float) -> None:
    frame = np.random.default_rng(0).normal(128, deviation, (300, 400, 3))
    assert not drawn(pyramid(np.clip(frame, 0, 255).astype(np.uint8)))


@pytest.mark.parametrize("shape", [(1, 1), (5, 300), (16, 16), (300, 15)])
def test_a_frame_without_edges_is_not_drawn(shape: tuple[int, int]) -> None:
    assert not drawn(pyramid(np.zeros((*shape, 3), np.uint8)))
