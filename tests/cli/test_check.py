"""``blurmap check``: its exit status is what a pipeline acts on."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from blurmap.fields import COLUMNS
from tests.cli.command import Done, quick
from tests.support import EXAMPLES, soft, textured

CAT = EXAMPLES / "cat.jpg"  # a sharp subject before a soft background


def check(*arguments: object) -> Done:
    return quick("check", *arguments)


@pytest.fixture
def blurred(tmp_path: Path) -> Path:
    path = tmp_path / "blurred.png"
    Image.fromarray(soft(textured(300, 400), 6)).save(path)
    return path


def test_passes(blurred: Path) -> None:
    done = check(CAT, "--max-blurred", 0.9, "--no-verdict", "motion,defocused")
    assert (done.status, done.stdout) == (0, f"{CAT}: pass\n")
    assert check(CAT, "--max-blurred", 0.9, "-q").stdout == ""


def test_rejects_say_why_and_are_status_1(blurred: Path) -> None:
    done = check(CAT, blurred, "--max-blurred", 0.9, "--no-verdict", "motion, defocused")
    assert done.status == 1
    cat, other = done.stdout.splitlines()
    assert cat == f"{CAT}: pass"
    assert other.startswith(f"{blurred}: reject: ")
    assert "of it is blurred, more than 90%" in other
    assert "defocused: " in other or "motion: " in other
    assert check(CAT, "--min-sharp-size", 5000).stdout.endswith(" pixels, less than 5000\n")


def test_what_cannot_be_read_is_status_2(blurred: Path, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no photo")
    for given in ([tmp_path / "text.jpg"], [tmp_path / "missing.jpg", CAT], [blurred, tmp_path / "text.jpg"]):
        done = check(*given)
        assert done.status == 2
        assert str(given[-1 if blurred in given else 0]) in done.stderr
    assert check(CAT, tmp_path / "nothing" / "*.jpg").status == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--no-verdict", "fuzzy"], "sharp, selective, defocused, motion, not 'fuzzy'"),
        (["--max-blurred", "30"], "--max-blurred"),
        (["--preset", "none"], "'photo', 'web', 'ocr'"),
        (["--model", "paper", "--min-sharp-size", "100"], "passes no verdicts"),
        (["--model", "paper"], "passes no verdicts"),
    ],
)
def test_wrong_options_are_never_status_1(options: list[str], words: str) -> None:
    """A pipeline must not take a mistake in its command for a rejected photo."""
    done = check(CAT, *options)
    assert done.status == 2
    assert words in " ".join(done.stderr.replace("│", " ").split())


def test_a_line_of_json_per_photo(blurred: Path, tmp_path: Path) -> None:
    done = check(CAT, blurred, tmp_path / "missing.jpg", "--json", "--preset", "photo")
    rows: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(row) for row in rows] == [[*COLUMNS, "outcome", "why"]] * 3
    assert [row["outcome"] for row in rows] == ["pass", "reject", None]
    assert [len(row["why"]) for row in rows] == [0, 1, 0]
    assert "no such file" in rows[2]["error"]
