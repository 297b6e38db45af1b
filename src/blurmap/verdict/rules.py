"""Whether a photo will do: rules on what is said of it, and named sets of them for common purposes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from blurmap.verdict.judgement import Verdict

Outcome = Literal["pass", "warn", "reject"]


@dataclass(frozen=True)
class Rules:
    """What a photo must be; what is left out is not asked for.

    Attributes
    ----------
    max_blurred : float in [0, 1], or None
        Largest share of the frame that may be blurred.
    no_verdict : tuple of verdicts
        Verdicts that a photo must not have.
    min_sharp_size : int, or None
        Pixels, long side: up to this the sharpest part must look sharp.
    sharp_at : int, or None
        The same, but a photo that is smaller must look sharp at its own size.
    no_soft : bool
        It must not be soft at 100 %, fine as it may be on a screen.
    sure : float in [0, 1]
        Confidence from which on a verdict counts.
    """

    max_blurred: float | None = None
    no_verdict: tuple[Verdict, ...] = ()
    min_sharp_size: int | None = None
    sharp_at: int | None = None
    no_soft: bool = False
    sure: float = 0.0

    @property
    def ask_for_verdicts(self) -> bool:
        """Whether they need a model that passes verdicts."""
        return bool(self.no_verdict) or self.no_soft or not (self.min_sharp_size is self.sharp_at is None)

    def broken(self, record: Mapping[str, Any]) -> list[str]:
        """What is wrong with a photo by these rules, in words; ``record`` is that of [`blurmap.BlurMap.record`][]."""
        wrong = []
        if self.max_blurred is not None and (record["blurred"] or 0) > self.max_blurred:
            wrong.append(f"{record['blurred']:.0%} of it is blurred, more than {self.max_blurred:.0%}")
        if record["verdict"] in self.no_verdict and record["confidence"] >= self.sure:
            wrong.append(f"{record['verdict']}: {record['reason']}")
        size, own = record["sharp_size"], max(record["width"], record["height"])
        least = max(self.min_sharp_size or 0, min(self.sharp_at or 0, own))
        if size is not None and size < least:
            wrong.append(f"sharp up to {size} pixels, less than {least}")
        if self.no_soft and record["soft"]:
            wrong.append(f"soft at 100 %: sharp up to {size} of its {own} pixels")
        return wrong


@dataclass(frozen=True)
class Preset:
    """Rules for a purpose: a photo that breaks ``reject`` is of no use, one that breaks ``warn`` wants a look."""

    purpose: str
    reject: Rules
    warn: Rules = Rules()

    @property
    def ask_for_verdicts(self) -> bool:
        """Whether they need a model that passes verdicts."""
        return self.reject.ask_for_verdicts or self.warn.ask_for_verdicts


# The numbers were chosen on photos kept out of training: benchmarks/presets.py measures them.
PRESETS = {
    "photo": Preset(
        "photos worth keeping: something that matters is in focus",
        Rules(no_verdict=("defocused", "motion")),
        Rules(sharp_at=640),
    ),
    "web": Preset(
        "photos that are shown small: only blur that is seen at 640 pixels counts",
        Rules(sharp_at=480),
        Rules(sharp_at=640),
    ),
    "ocr": Preset(
        "scanned or photographed pages: the print is sharp all over",
        Rules(max_blurred=0.5),
        Rules(max_blurred=0.1, no_verdict=("defocused", "motion")),
    ),
}
PresetName = StrEnum("PresetName", {name: name for name in PRESETS})  # type: ignore[misc]


def outcome(record: Mapping[str, Any], preset: Preset) -> tuple[Outcome, list[str]]:
    """Whether a photo will do, and why not; one that has a reason for no verdict wants a look."""
    if record["verdict"] is None and record.get("reason"):
        return "warn", [record["reason"]]
    if wrong := preset.reject.broken(record):
        return "reject", wrong
    if wrong := preset.warn.broken(record):
        return "warn", wrong
    return "pass", []


def wanted(
    preset: str | None = None,
    *,
    max_blurred: float | None = None,
    no_verdict: tuple[Verdict, ...] | None = None,
    min_sharp_size: int | None = None,
    no_soft: bool = False,
) -> Preset:
    """The rules of a preset, with what is given beside it in their place; a rule given alone is the only one."""
    rules: dict[str, Any] = {
        "max_blurred": max_blurred, "no_verdict": no_verdict, "min_sharp_size": min_sharp_size,
        "no_soft": no_soft or None,
    }  # fmt: skip
    rules = {name: value for name, value in rules.items() if value is not None}
    if preset is None and rules:
        return Preset("what was asked for", Rules(**rules))
    named = PRESETS[preset or "photo"]
    return Preset(named.purpose, Rules(**vars(named.reject) | rules), named.warn)
