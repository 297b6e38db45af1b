"""Many photos at once: in their order, several at a time, never far ahead, errors raised or given."""

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

import blurmap
from blurmap import BlurMap, PhotoError
from blurmap.models.default import DefaultModel
from blurmap.models.detection import AHEAD
from blurmap.photos.photo import Photo
from tests.support import EXAMPLES, textured

NAMES = ("cat.jpg", "clock.jpg", "coffee.jpg")
PATHS = [EXAMPLES / name for name in NAMES]
ALONE = [blurmap.detect(path) for path in PATHS]


@pytest.mark.slow
def test_results_come_in_the_order_of_the_photos() -> None:
    given: tuple[Iterable[Photo], ...]
    given = (
        [*PATHS],
        np.array([str(path) for path in PATHS]),
        tuple(PATHS),
        (path for path in PATHS),
        iter([p.read_bytes() for p in PATHS]),
    )
    for photos in given:
        found = blurmap.detect_many(photos, workers=2)
        assert iter(found) is found
        for result, alone in zip(found, ALONE, strict=True):
            assert "judgement" in vars(result)  # made where the others are looked at
            assert result.verdict == alone.verdict
            assert np.abs(result.maps.blurred - alone.maps.blurred).max() < 1e-4
    assert list(blurmap.detect_many([])) == []
    assert [r.model for r in blurmap.detect_many(PATHS[:1], "paper")] == ["paper"]


def test_detect_gives_many_photos_to_detect_many() -> None:
    """As it did in the versions before there was a name of its own for it."""
    for photos in (PATHS, np.array([str(path) for path in PATHS]), iter(PATHS)):
        assert [result.photo.shape for result in blurmap.detect(photos)] == [result.photo.shape for result in ALONE]
    assert isinstance(blurmap.detect(str(PATHS[0])), BlurMap)  # a path is an iterable of letters, and one photo


def test_errors_are_raised_in_their_turn_or_given(tmp_path: Path) -> None:
    photos: list[Photo] = [PATHS[0], tmp_path / "none.jpg", b"no photo", PATHS[1]]
    results = list(blurmap.detect_many(photos, errors="return"))
    assert [type(r) for r in results] == [BlurMap, PhotoError, PhotoError, BlurMap]
    assert str(results[1]).endswith("none.jpg: no such file")
    found = blurmap.detect_many(photos)
    assert isinstance(next(found), BlurMap)
    with pytest.raises(PhotoError, match=r"none\.jpg: no such file"):
        next(found)


def test_wrong_options_are_told_at_once() -> None:
    with pytest.raises(ValueError, match="no model 'defualt'"):
        blurmap.detect_many(PATHS, "defualt")
    with pytest.raises(ValueError, match="errors must be raise or return"):
        blurmap.detect_many(PATHS, errors="ignore")  # type: ignore[call-overload]
    for one in (str(PATHS[0]), PATHS[0], PATHS[0].read_bytes(), textured(20, 30)):
        with pytest.raises(ValueError, match="for one photo there is detect"):
            blurmap.detect_many(one)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="workers must be at least 1"):
        blurmap.detect_many(PATHS, workers=0)


def test_photos_are_looked_at_together_and_not_far_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers meet within ``detect``; of an endless generator no more is taken than they can hold."""
    meeting, real, taken = threading.Barrier(2, timeout=60), DefaultModel.detect, 0

    def detect(self: DefaultModel, photo: Photo) -> BlurMap:
        meeting.wait()
        return real(self, photo)

    def endless() -> Iterator[Photo]:
        nonlocal taken
        while True:
            taken += 1
            yield textured(40, 60, taken)

    monkeypatch.setattr(DefaultModel, "detect", detect)
    found = blurmap.detect_many(endless(), workers=2)
    assert taken == 0
    for wanted in (1, 2):
        next(found)
        assert taken <= wanted + 2 * AHEAD
    monkeypatch.undo()
    meeting.abort()
    found.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("blurmap")]
