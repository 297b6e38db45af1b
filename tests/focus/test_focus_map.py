"""What a focus map tells: shares, boxes, the sharpest point, the plane."""

import numpy as np
import pytest

from blurmap.focus.focus_map import CELL, ON_SCREEN, SHARP, SOFT, UNKNOWN, FocusMap
from blurmap.focus.picture import PAINTS, figures, picture, words
from tests.support import pyramid, textured

SHAPE = (1600, 4800)


def focus_map(*widths: tuple[tuple[slice, slice], float], shape: tuple[int, int] = SHAPE) -> FocusMap:
    """Known in some parts, each of a width; nothing is known elsewhere."""
    cells = -(-shape[0] // CELL), -(-shape[1] // CELL)
    width, known = np.full(cells, 0.5, np.float32), np.zeros(cells, np.bool_)
    for part, value in widths:
        width[part], known[part] = value, True
    return FocusMap(width, known, np.zeros(cells, np.float32), shape)


LEFT, MIDDLE, RIGHT = ((slice(None), slice(start, start + 100)) for start in (0, 200, 500))
FOCUS = focus_map((LEFT, 0.9), (MIDDLE, 2.0), (RIGHT, 9.0))


def test_what_is_sharp_depends_on_the_size_it_is_shown_at() -> None:
    for long_side, columns in ((4800, 100), (100_000, 100), (2800, 200), (600, 300)):
        assert FOCUS.sharp_at(long_side).sum() == columns * FOCUS.width.shape[0], long_side
    assert FOCUS.share_at(4800) == pytest.approx(1 / 6)
    with pytest.raises(ValueError, match="1 pixel or more"):
        FOCUS.sharp_at(0)


def test_the_plane_keeps_what_nobody_can_tell_apart_from_both() -> None:
    plane = FOCUS.plane()
    assert [plane[0, column] for column in (50, 250, 550, 150, 450)] == [SHARP, ON_SCREEN, SOFT, UNKNOWN, UNKNOWN]
    assert FOCUS.known_share == pytest.approx(0.5)


def test_the_width_of_a_box_is_that_of_its_sharpest_tenth() -> None:
    assert FOCUS.at((0, 0, 100 * CELL, 1600)) == pytest.approx(0.9)
    assert FOCUS.at((200 * CELL, 0, 300 * CELL, 1600)) == pytest.approx(2.0)
    assert FOCUS.at((110 * CELL, 0, 150 * CELL, 1600)) is None
    assert FOCUS.at((-500, -500, 10, 10)) == pytest.approx(0.9)  # what lies beyond the frame is not there
    mixed = focus_map(((slice(None), slice(0, 95)), 5.0), ((slice(None), slice(95, 100)), 0.7))
    assert mixed.at((0, 0, 100 * CELL, 1600)) == pytest.approx(5.0)  # a twentieth is sharp
    assert mixed.at((90 * CELL, 0, 100 * CELL, 1600)) == pytest.approx(0.7)


def test_the_point_is_where_the_sharpest_known_part_is() -> None:
    point = FOCUS.point
    assert point is not None
    assert point[0] < 100 / 600
    other = focus_map((LEFT, 0.9), ((slice(40, 60), slice(300, 320)), 0.6))
    assert other.point == pytest.approx((310 / 600, 50 / 200), abs=0.06)
    assert focus_map().point is None


def test_words() -> None:
    assert words(FOCUS) == "sharp at 100 % in 17% of the frame, left; on a screen in 33% of the frame"
    assert words(focus_map()) == "no detail to judge by"
    assert (
        words(focus_map((RIGHT, 2.0))) == "sharp at 100 % in none of the frame; on a screen in 17% of the frame, right"
    )
    assert words(focus_map((LEFT, 9.0), shape=(800, 1600))) == "sharp at 100 % in none of the frame"


def test_figures_are_those_of_the_map() -> None:
    told = figures(FOCUS)
    assert (told["known"], told["sharp"], told["sharp_on_screen"]) == (0.5, 0.1667, 0.3333)
    assert told["focus_width"] == pytest.approx(0.9)
    assert 0 < told["focus_x"] < 1 / 6
    assert figures(focus_map())["focus_x"] is None


def test_the_picture_has_a_colour_for_each_and_a_legend_below() -> None:
    photo = pyramid(np.full((160, 480, 3), 128, np.uint8))
    small = focus_map(((slice(None), slice(0, 10)), 0.9), ((slice(None), slice(50, 60)), 9.0), shape=(160, 480))
    painted = picture(small, photo)
    assert painted.shape[0] > 160
    assert painted.shape[1] == 480
    sharp, unknown, soft = (painted[80, x].astype(int) for x in (40, 250, 440))
    assert len({tuple(colour) for colour in (sharp, unknown, soft)}) == 3
    assert sharp[0] > sharp[2] + 60  # yellow
    legend = {tuple(colour) for colour in painted[160:].reshape(-1, 3).tolist()}
    assert {paint.colour for paint in PAINTS.values()} <= legend
    narrow = picture(focus_map(shape=(900, 90)), pyramid(textured(900, 90)))
    assert narrow.shape[1] == 90
