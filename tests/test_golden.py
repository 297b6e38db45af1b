"""Every model answers as it did when its answers were pinned; see ``tests.golden``."""

import json
import re
from typing import Any

import pytest

from blurmap.models import MODELS
from tests.golden import FOLDER, answers

# What another processor or version of ONNX Runtime may change; a changed model changes more.
SHARES = {"blurred": 0.02, "defocus": 0.02, "motion": 0.02, "probability": 0.01, "confidence": 0.05}


def words(reason: str | None) -> str | None:
    return reason and re.sub(r"\d+", "#", reason)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_answers_are_those_pinned(model: str) -> None:
    pinned: dict[str, dict[str, Any]] = json.loads((FOLDER / f"{model}.json").read_text())
    found = answers(model)
    assert list(found) == list(pinned)
    wider = 3 if "int8" in model else 1  # 8-bit rounding differs between processors and versions of ONNX Runtime
    for photo, answer in found.items():
        expected = pinned[photo]
        assert answer["verdict"] == expected["verdict"], photo
        assert words(answer["reason"]) == words(expected["reason"]), photo
        for name, tolerance in SHARES.items():
            assert answer[name] == pytest.approx(expected[name], abs=wider * tolerance), (photo, name)
        assert (answer["sharp_size"] or 0) == pytest.approx(expected["sharp_size"] or 0, rel=0.05), photo
        if expected["verdict"] in ("sharp", "selective"):  # elsewhere there is no subject, or an arbitrary speck
            assert answer["subject"] == pytest.approx(expected["subject"], abs=wider * 12), photo
            assert answer["subject_sharpness"] == pytest.approx(expected["subject_sharpness"], abs=wider * 0.02), photo


@pytest.mark.parametrize("model", [name for name, listed in MODELS.items() if listed.capabilities.verdicts])
def test_pinned_verdicts_are_what_the_photos_show(model: str) -> None:
    """A change of the pinned answers may move figures, but never call a shaken photo sharp."""
    pinned = json.loads((FOLDER / f"{model}.json").read_text())
    clock = pinned.pop("clock.jpg")  # moves before a wall on which nothing is to be seen, sharp or not
    assert clock["verdict"] in ("motion", "selective") and "motion" in clock["reason"]
    soft = pinned.pop("coffee, large and soft")  # enlarged: half of its map is defocus, half motion
    assert soft["verdict"] in ("defocused", "motion") and "slightly" in soft["reason"]
    assert {photo: answer["verdict"] for photo, answer in pinned.items()} == {
        "astronaut.jpg": "selective", "cat.jpg": "selective", "coffee.jpg": "selective",
        "coffee, out of focus": "defocused", "astronaut, shaken": "motion",
        "cup, sharp": "sharp",
    }  # fmt: skip
