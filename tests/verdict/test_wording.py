"""Every sentence of a reason: the one place that pins them."""

from dataclasses import replace

import pytest

from blurmap.verdict.details import Details
from blurmap.verdict.wording import sentence

DETAILS = Details("subject", "defocus", 0.62, 0.38, "lower left", None, 600, False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "sharp subject, lower left, 38% of the frame; background defocused"),
        ({"kind": "motion"}, "sharp subject, lower left, 38% of the frame; background blurred by motion"),
        ({"case": "area"}, "sharp area, lower left, 38% of the frame; 62% is defocused"),
        ({"case": "small parts"}, "sharp in small parts; 62% of the frame is defocused"),
        ({"case": "part lost", "blurred": 0.02}, "sharp but for a part that is defocused, lower left, 2% of the frame"),
        (
            {"case": "part lost", "place": "", "blurred": 0.02},
            "sharp but for a part that is defocused, 2% of the frame",
        ),
        ({"case": "sharp all over"}, "sharp all over"),
        ({"case": "evenly sharp", "sharp_up_to": 300}, "evenly sharp up to 300 of its 600 pixels"),
        (
            {"case": "evenly sharp", "shaken": True, "sharp_up_to": 300},
            "slightly shaken: evenly sharp up to 300 of its 600 pixels",
        ),
        (
            {"case": "plain ground", "kind": None},
            "sharp where there is detail; a plain part, lower left, 62% of the frame, has none",
        ),
        ({"case": "small parts", "blurred": 0.9999}, "sharp in small parts; 99% of the frame is defocused"),
        ({"sharp": 0.004}, "sharp subject, lower left, 1% of the frame; background defocused"),
        ({"case": "sharp all over", "sharp_up_to": 300}, "sharp all over; sharp up to 300 of its 600 pixels"),
        (
            {"case": "sharp all over", "shaken": True, "sharp_up_to": 300},
            "sharp all over; slightly shaken: sharp up to 300 of its 600 pixels",
        ),
        ({"case": "slightly blurred"}, "slightly out of focus all over, 62% of the frame plainly"),
        ({"case": "slightly blurred", "blurred": 0.001, "kind": "motion"}, "slightly blurred by motion all over"),
        ({"case": "blurred", "kind": "motion"}, "62% of the frame is blurred by motion"),
        ({"case": "blurred"}, "62% of the frame is out of focus"),
        ({"case": "nothing in focus", "blurred": 1.0}, "nothing in focus: 100% of the frame is out of focus"),
    ],
)
def test_sentences(changes: dict[str, object], words: str) -> None:
    assert sentence(replace(DETAILS, **changes)) == words  # type: ignore[arg-type]
