"""Windows over a video, and frames that look alike."""

import numpy as np
import pytest

from blurmap.video.repeats import alike, signature
from blurmap.video.windows import lay_windows
from tests.support import textured
from tests.video.videos import frame_of


def test_windows_of_half_a_second() -> None:
    windows = lay_windows(2.2)
    assert (windows.length, windows.count) == (0.5, 5)
    assert [windows.index(t) for t in (0.0, 0.49, 0.5, 1.0 - 1e-9, 2.19, 9.0)] == [0, 0, 1, 2, 4, 4]


def test_a_rounded_length_makes_no_window_more() -> None:
    assert lay_windows(2.00004).count == 4
    assert lay_windows(0.1).count == 1


def test_count_over_a_range() -> None:
    windows = lay_windows(100.0, count=4, start=20.0, end=30.0)
    assert (windows.start, windows.length, windows.count) == (20.0, 2.5, 4)
    assert [windows.index(t) for t in (20.0, 22.5, 29.9)] == [0, 1, 3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": 1.0, "count": 3}, {"every": 0.0}, {"every": -1.0}, {"every": float("nan")}, {"count": 0},
        {"start": 10.0}, {"start": 5.0, "end": 5.0}, {"start": -1.0}, {"start": float("nan")},
    ],
)  # fmt: skip
def test_what_makes_no_windows_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"window|video lasts|not both"):
        lay_windows(10.0, **wrong)  # type: ignore[arg-type]


def test_near_duplicates() -> None:
    scene = textured(100, 300)
    first = signature(frame_of(scene[:, :160]))
    noise = np.random.default_rng(0).normal(0, 6, (100, 160, 3))
    noisy = np.clip(scene[:, :160] + noise + 10, 0, 255).astype(np.uint8)
    assert alike(first, signature(frame_of(noisy)))
    assert not alike(first, signature(frame_of(scene[:, 12:172])))
    assert not alike(first, signature(frame_of(textured(100, 160, seed=1))))
