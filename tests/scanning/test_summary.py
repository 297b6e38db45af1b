"""The summary of a table: counts, medians, the worst photos of each issue."""

from typing import Any

from blurmap.fields import COLUMNS, Row
from blurmap.scanning.summary import summary


def row(path: str, verdict: str | None = "sharp", **known: Any) -> Row:
    usual = {"path": path, "verdict": verdict, "confidence": 0.9, "reason": f"reason of {path}", "width": 4000,
             "height": 3000, "sharp_size": 4000, "blurred": 0.1}  # fmt: skip
    return dict.fromkeys(COLUMNS) | usual | known


ROWS = [
    row("a"),
    row("b", "selective", sharp_size=1900, soft=True, blurred=0.6),
    row("c", "selective", sharp_size=900, soft=True, width=3000, height=4000, blurred=0.5),
    row("d", "motion", confidence=0.71),
    row("e", "motion", confidence=0.95),
    row("f", "motion", confidence=0.5, sharp_size=200),
    row("g", None, error="g: is empty", width=None, height=None, sharp_size=None, blurred=None, confidence=None),
]


def issues(rows: list[Row], examples: int = 3) -> dict[str, tuple[int, list[str]]]:
    return {
        issue["issue"]: (issue["photos"], [example["path"] for example in issue["examples"]])
        for issue in summary(rows, examples)["issues"]
    }


def test_each_issue_has_its_photos_the_worst_first() -> None:
    assert issues(ROWS) == {
        "unreadable": (1, ["g"]), "motion": (3, ["e", "d", "f"]), "defocused": (0, []), "soft": (2, ["c", "b"]),
        "doubtful": (1, ["f"]),
    }  # fmt: skip
    assert issues(ROWS, 1)["motion"] == (3, ["e"])
    found = summary(ROWS)
    assert (found["photos"], found["verdicts"]) == (7, {"error": 1, "motion": 3, "selective": 2, "sharp": 1})
    assert (found["blurred"], found["sharp_size"]) == (0.1, 2950)
    assert found["issues"][0]["examples"] == [{"path": "g", "reason": "g: is empty"}]
    assert [issue["share"] for issue in found["issues"]] == [0.1429, 0.4286, 0.0, 0.2857, 0.1429]


def test_a_table_of_nothing() -> None:
    found = summary([])
    assert (found["photos"], found["verdicts"], found["blurred"]) == (0, {}, None)
    assert {issue["photos"] for issue in found["issues"]} == {0}


def test_the_worst_of_many_are_named_in_whatever_order_they_come() -> None:
    """Of each trouble only a few rows are held at a time."""
    rows = [row(f"{i:03}.jpg", "motion", confidence=(i * 137 % 500) / 500) for i in range(500)]
    worst = sorted(rows, key=lambda one: -one["confidence"])[:3]
    told = next(issue for issue in summary(iter(rows))["issues"] if issue["issue"] == "motion")
    assert told["photos"] == 500
    assert [example["path"] for example in told["examples"]] == [one["path"] for one in worst]
