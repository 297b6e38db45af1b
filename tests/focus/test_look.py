"""The look at a whole photo: what is sharp, soft or not to be told, with the weights that ship."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

import blurmap
from blurmap.focus.close_up import CELL, WIDTHS, CloseUp, CloseUpsOf, Part, widths
from blurmap.focus.focus_map import FocusMap
from blurmap.focus.look import MARGIN, evidence, look, over_tiles
from blurmap.models.default import DefaultModel
from tests.support import EXAMPLES, pyramid


def model() -> DefaultModel:
    loaded = blurmap.load()
    assert isinstance(loaded, DefaultModel)
    return loaded


def focus_of(photo: NDArray[np.uint8]) -> FocusMap:
    found = blurmap.detect(np.ascontiguousarray(photo)).focus
    assert found is not None
    return found


def crisp(rows: int = 800, columns: int = 1200) -> NDArray[np.uint8]:
    """A photo that is sharp in all of its pixels: tiles of coffee.jpg, made smaller."""
    tile = np.asarray(Image.open(EXAMPLES / "coffee.jpg").convert("RGB").reduce(2))
    return np.tile(tile, (-(-rows // tile.shape[0]), -(-columns // tile.shape[1]), 1))[:rows, :columns]


def width_of(curve: NDArray[np.float64]) -> float:
    """The same for one curve, by interpolation: where it falls through even odds, and bounded beyond the answers."""
    falling = np.minimum.accumulate(curve)
    if falling[0] <= 0:
        return WIDTHS[0] * 2.0 ** max(float(falling[0]) / 4, -1.0)
    if falling[-1] > 0:
        return WIDTHS[-1] * 2.0 ** min(float(falling[-1]) / 4, 1.0)
    return float(2 ** np.interp(0.0, -falling, np.log2(WIDTHS)))


def test_widths_are_read_as_those_of_a_part() -> None:
    random = np.random.default_rng(0)
    curves = np.sort(random.normal(0, 4, (len(WIDTHS), 10, 10)), axis=0)[::-1].astype(np.float32)
    curves[:, 0] += random.normal(0, 2, (len(WIDTHS), 10)).astype(np.float32)  # some that rise again
    found = widths(curves)
    for row in range(10):
        for column in range(10):
            part = Part(tuple(curves[:, row, column].tolist()), 0.0, (0.5, 0.5))
            assert found[row, column] == pytest.approx(part.width, rel=1e-4)
            assert found[row, column] == pytest.approx(width_of(curves[:, row, column].astype(np.float64)), rel=1e-4)


def test_a_network_is_asked_about_tiles_and_answers_for_all() -> None:
    """Whatever the size, each cell has the answer for its own place."""

    def close_ups_of(tiles: NDArray[np.uint8]) -> list[CloseUp]:
        assert tiles.shape[1] % 32 == tiles.shape[2] % 32 == 0
        said = []
        for tile in tiles.astype(np.float32):
            cells = tile[..., 0].reshape(tile.shape[0] // CELL, CELL, tile.shape[1] // CELL, CELL).mean((1, 3))
            said.append(CloseUp(np.repeat(cells[None], len(WIDTHS), 0), cells + 1, cells + 2))
        return said

    for shape in ((16, 16), (100, 130), (1536, 64), (1700, 3200)):
        cells = -(-shape[0] // CELL), -(-shape[1] // CELL)
        values = np.random.default_rng(1).integers(0, 250, cells).astype(np.uint8)
        pixels = np.repeat(np.repeat(values, CELL, 0), CELL, 1)[: shape[0], : shape[1], None].repeat(3, 2)
        seen = over_tiles(close_ups_of, pixels)
        np.testing.assert_allclose(seen.wider[3], values, atol=0.01)
        np.testing.assert_allclose(seen.motion, values + 1.0, atol=0.01)


def says(width_at: dict[int, float]) -> CloseUpsOf:
    """A network that sees one width everywhere, by how many rows the picture has (in pixels of that)."""

    def close_ups_of(pixels: NDArray[np.uint8]) -> list[CloseUp]:
        cells = pixels.shape[1] // CELL, pixels.shape[2] // CELL
        curve = 4 * np.log2(width_at[pixels.shape[1]] / np.array(WIDTHS))
        wider = np.broadcast_to(curve[:, None, None], (len(WIDTHS), *cells)).astype(np.float32)
        return [CloseUp(wider, np.zeros(cells, np.float32), np.zeros(cells, np.float32))]

    return close_ups_of


def test_wide_blur_is_judged_from_further_away() -> None:
    photo = pyramid(np.zeros((512, 1024, 3), np.uint8))
    for near, middle, away, width in (
        (1.5, 1.0, 1.0, 1.5),
        (9.0, 3.9, 2.0, 8.0),
        (9.0, 9.0, 3.0, 12.0),
        (9.0, 1.5, 1.0, 4.0),
    ):
        seen = look(says({512: near, 256: middle, 128: away}), photo)
        assert float(np.median(seen.width)) == pytest.approx(width, rel=0.05)


def test_what_looks_sharp_only_from_further_away_is_not_known() -> None:
    """A wide step: from near there is nothing to see, and a network that calls its copy sharp has seen too little."""
    step = np.zeros((512, 1024, 3), np.float64)
    step[:, 512:] = 160
    photo = pyramid(gaussian_filter(step, (0, 40, 0)).astype(np.uint8))
    assert look(says({512: 9.0, 256: 9.0, 128: 4.0}), photo).known.any()
    assert not look(says({512: 9.0, 256: 9.0, 128: 1.0}), photo).known.any()


@pytest.mark.slow
def test_tiles_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = gaussian_filter(crisp(640, 960), (1.2, 1.2, 0))
    whole = over_tiles(model().judge.close_ups, photo)
    monkeypatch.setattr("blurmap.focus.look.TILE", 320)
    tiled = over_tiles(model().judge.close_ups, photo)
    assert MARGIN >= 96
    assert float(np.abs(np.log2(widths(whole.wider) / widths(tiled.wider))).mean()) < 0.03


@pytest.mark.slow
@pytest.mark.parametrize("deviation", [1.0, 1.5, 3.0, 6.0])
def test_the_width_is_that_of_the_blur(deviation: float) -> None:
    """In pixels of the photo, within half an octave."""
    photo = crisp().astype(np.float64)
    blurred = gaussian_filter(photo, (deviation, deviation, 0)).round().astype(np.uint8)
    seen = focus_of(blurred)
    middle = float(np.median(seen.width[seen.known]))
    assert abs(np.log2(middle / deviation)) < 0.5


@pytest.mark.slow
def test_one_half_in_focus() -> None:
    photo = crisp()
    half = photo.copy()
    half[:, 600:] = gaussian_filter(photo.astype(np.float64), (4, 4, 0)).round().astype(np.uint8)[:, 600:]
    for turned in (half, half[:, ::-1]):
        seen = focus_of(turned)
        sharp = seen.sharp_at(1200)
        sides = [float(sharp[:, :60].mean()), float(sharp[:, 90:].mean())]
        assert max(sides) > 0.7
        assert min(sides) < 0.02
        point = seen.point
        assert point is not None
        assert (point[0] < 0.5) == (sides[0] > sides[1])


@pytest.mark.parametrize(
    "frame",
    [np.full((300, 400, 3), 0, np.uint8), np.full((300, 400, 3), 255, np.uint8),
     np.clip(np.random.default_rng(0).normal(90, 12, (300, 400, 3)), 0, 255).astype(np.uint8),
     np.broadcast_to(np.linspace(40, 200, 400, dtype=np.float32)[:, None], (300, 400, 3)).astype(np.uint8)],
    ids=["black", "burnt out", "noise", "sky"],
)  # fmt: skip
def test_nothing_is_known_of_what_shows_nothing(frame: NDArray[np.uint8]) -> None:
    assert focus_of(frame).known_share < 0.01


def test_a_soft_edge_is_evidence_at_the_size_at_which_it_is_seen() -> None:
    step = np.zeros((256, 256, 3), np.float64)
    step[:, 128:] = 120
    wide = Image.fromarray(gaussian_filter(step, (0, 20, 0)).astype(np.uint8))
    assert not evidence(wide, 0.0).any()  # 2 levels from pixel to pixel
    assert evidence(wide.reduce(8), 0.0).any()


def test_a_small_photo_and_a_strip_have_a_map() -> None:
    for shape in ((1, 1), (5, 7), (40, 900)):
        seen = focus_of(np.zeros((*shape, 3), np.uint8))
        assert seen.width.shape == (-(-shape[0] // 8), -(-shape[1] // 8))
        assert seen.point is None


def test_what_is_looked_at_from_further_away_is_less_certain_but_whole() -> None:
    photo = pyramid(crisp(512, 768))
    near, away = look(model().judge.close_ups, photo), look(model().judge.close_ups, photo, 384)
    assert near.width.shape == away.width.shape
    assert float(np.median(away.width)) > float(np.median(near.width))


def test_it_is_made_when_asked_for_and_kept() -> None:
    result = blurmap.detect(EXAMPLES / "cat.jpg")
    assert "focus" not in vars(result)
    assert result.focus is result.focus
    assert blurmap.detect(EXAMPLES / "cat.jpg", model="paper").focus is None
