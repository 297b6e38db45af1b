"""The sharpest part of a crop, and the width of its blur."""

import numpy as np
import pytest

from blurmap.focus.close_up import PART, SHARP_WIDTH, WIDTHS, CloseUp, Part, sharpest_part


def crop(width: float, h: int = 8, w: int = 8) -> CloseUp:
    """As a network that knows the width would answer, alike in all cells."""
    curve = 4 * np.log2(width / np.array(WIDTHS))
    flat = np.zeros((h, w), np.float32)
    return CloseUp(np.broadcast_to(curve[:, None, None], (len(WIDTHS), h, w)).astype(np.float32), flat + 2, flat)


@pytest.mark.parametrize("width", [1.05, 1.4, 2.0, 3.3, 5.0])
def test_the_width_is_where_wider_and_narrower_are_as_likely(width: float) -> None:
    part = sharpest_part(crop(width))
    assert part.width == pytest.approx(width, rel=0.01)
    assert (part.softness > 0) == (width > SHARP_WIDTH)
    assert part.motion == 2


def test_widths_beyond_the_answers_are_bounded() -> None:
    widths = [sharpest_part(crop(width)).width for width in (0.01, 0.9, 6.5, 90.0)]
    assert widths == sorted(widths)
    assert widths[0] == WIDTHS[0] / 2
    assert widths[-1] == 2 * WIDTHS[-1]


def test_a_curve_that_rises_again_is_read_from_its_start() -> None:
    part = Part((1.0, -1.0, 2.0, -3.0, -4.0, -5.0), 0.0, (0.5, 0.5))
    assert WIDTHS[0] < part.width < WIDTHS[1]


def test_the_sharpest_part_is_found_where_it_is() -> None:
    seen = crop(4.0)
    seen.wider[:, 4:8, 2:6] = crop(0.9).wider[:, :4, :4]
    part = sharpest_part(seen)
    assert part.width < 1
    assert part.place == (6 / 8, 4 / 8)
    seen.wider[:] = crop(4.0).wider
    seen.wider[:, 3, 3] = -9  # one cell is no part
    assert sharpest_part(seen).width > 2.5


def test_crops_smaller_than_a_part() -> None:
    assert sharpest_part(crop(2.0, 2, 8)).width == pytest.approx(2.0, rel=0.01)
    assert PART > 2
