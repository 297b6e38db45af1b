"""Verdicts against a person's: what counts as a false alarm, as a miss, as right; tables that are wrong are refused."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from blurmap.evaluation.verdicts import Answer, JudgedPhoto, counts, read_photos, verdict_figures, wrong_page
from tests.support import textured


def answered(truth: str, said: str, kind: str = "street", name: str = "a.jpg") -> Answer:
    record: dict[str, Any] = {"verdict": said, "reason": f"it is <{said}>"}
    return Answer(JudgedPhoto(Path(name), truth, kind, name), record, overlay=b"jpeg")


ANSWERS = [
    answered("sharp", "sharp"),
    answered("sharp", "motion", name="alarm.jpg"),
    answered("selective", "sharp"),
    answered("defocused", "defocused", "page"),
    answered("defocused", "motion", "page"),
    answered("motion", "selective", "page", "miss.jpg"),
    answered("blurred", "motion", "page"),
    answered("blurred", "defocused", "page"),
]


def test_counts() -> None:
    assert counts(ANSWERS) == {"good": 3, "false_alarms": 1, "bad": 5, "missed": 1, "right": 4}
    figures = verdict_figures(ANSWERS)
    assert figures["by_kind"]["street"] == {"good": 3, "false_alarms": 1, "bad": 0, "missed": 0, "right": 1}
    assert figures["confusion"]["defocused"] == {"defocused": 1, "motion": 1}
    assert figures["confusion"]["blurred"] == {"defocused": 1, "motion": 1}
    assert [wrong["file"] for wrong in figures["wrong"]][:2] == ["alarm.jpg", "miss.jpg"]  # worst first
    assert len(figures["wrong"]) == 4


def test_a_photo_that_cannot_be_read_is_neither_right_nor_missed() -> None:
    broken = Answer(JudgedPhoto(Path("b.jpg"), "blurred", "page", "b"), None, "b.jpg: is no image")
    assert counts([broken])["missed"] == counts([broken])["right"] == 0
    assert verdict_figures([broken])["wrong"][0]["reason"] == "b.jpg: is no image"


def test_the_page_shows_what_is_wrong_and_escapes_it() -> None:
    page = wrong_page(ANSWERS, "Wrong <verdicts>")
    assert page.count("<figure") == 4
    assert page.index("alarm.jpg") < page.index("miss.jpg")
    assert "FALSE ALARM sharp" in page
    assert "<motion>" not in page
    assert "Wrong &lt;verdicts&gt;" in page
    assert "None." in wrong_page(ANSWERS[:1], "x")


def test_tables(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no photos\.csv here"):
        read_photos(tmp_path)
    (tmp_path / "image").mkdir()
    Image.fromarray(textured(20, 30)).save(tmp_path / "image" / "a.jpg")
    for text, told in (
        ("file,verdict\n", "lists no photos"),
        ("file,verdict\na.jpg,nice\n", r"the verdict of a\.jpg must be one of sharp, .*blurred"),
        ("file,verdict\nb.jpg,sharp\n", r"there is no photo .*b\.jpg"),
        ("name\na.jpg\n", "the verdict of a photo"),
    ):
        (tmp_path / "photos.csv").write_text(text)
        with pytest.raises(ValueError, match=told):
            read_photos(tmp_path)
    (tmp_path / "photos.csv").write_text("file,verdict,kind,group\na.jpg,blurred,,\n")
    assert read_photos(tmp_path) == [JudgedPhoto(tmp_path / "image" / "a.jpg", "blurred", "photo", "a.jpg")]
