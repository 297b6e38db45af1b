"""Rules: each alone, and warn below reject."""

import pytest

from blurmap.verdict.rules import PRESETS, Preset, Rules, outcome

RECORD = {
    "width": 900,
    "height": 1200,
    "blurred": 0.3,
    "verdict": "selective",
    "reason": "sharp subject",
    "confidence": 0.8,
    "sharp_size": 800,
    "soft": True,
}


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [
        (Rules(), []),
        (Rules(max_blurred=0.3), []),
        (Rules(max_blurred=0.299), ["30% of it is blurred, more than 30%"]),
        (Rules(no_verdict=("defocused", "motion")), []),
        (Rules(no_verdict=("motion", "selective")), ["selective: sharp subject"]),
        (Rules(no_verdict=("selective",), sure=0.8), ["selective: sharp subject"]),
        (Rules(no_verdict=("selective",), sure=0.81), []),
        (Rules(no_soft=True), ["soft at 100 %: sharp up to 800 of its 1200 pixels"]),
        (Rules(min_sharp_size=800), []),
        (Rules(min_sharp_size=801), ["sharp up to 800 pixels, less than 801"]),
        (Rules(sharp_at=800), []),
        (Rules(sharp_at=1000), ["sharp up to 800 pixels, less than 1000"]),
        (Rules(sharp_at=2000), ["sharp up to 800 pixels, less than 1200"]),
        (Rules(0.1, ("selective",), 900), ["30%", "selective", "800"]),
    ],
)
def test_each_rule(rules: Rules, wrong: list[str]) -> None:
    found = rules.broken(RECORD)
    assert len(found) == len(wrong)
    assert all(words in sentence for words, sentence in zip(wrong, found, strict=True))


def test_reject_is_told_before_warn() -> None:
    preset = Preset("test", Rules(max_blurred=0.5), Rules(max_blurred=0.2))
    assert [outcome(RECORD | {"blurred": share}, preset)[0] for share in (0.1, 0.3, 0.6)] == ["pass", "warn", "reject"]


def test_a_model_without_verdicts_breaks_no_rule_on_them() -> None:
    record = RECORD | {"verdict": None, "reason": None, "sharp_size": None, "soft": None, "confidence": None}
    assert Rules(max_blurred=0.2, no_verdict=("motion",), min_sharp_size=99).broken(record) == [
        "30% of it is blurred, more than 20%"
    ]


def test_presets_are_stricter_for_pages() -> None:
    """A portrait is a good photo and a bad scan."""
    assert list(PRESETS) == ["photo", "web", "ocr"]
    for size in ({"sharp_size": 1000}, {"width": 90, "height": 60, "sharp_size": 90}):  # a small picture is no soft one
        portrait = RECORD | {"blurred": 0.7} | size
        assert [outcome(portrait, preset)[0] for preset in PRESETS.values()] == ["pass", "pass", "reject"]
