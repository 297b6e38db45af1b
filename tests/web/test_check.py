"""``POST /v1/check``: the same outcomes as the command's, over HTTP."""

import io
import json
from typing import Any

import httpx
import pytest
from PIL import Image, ImageFilter

from blurmap.verdict.rules import PRESETS
from blurmap.web.answer import CheckedLine
from tests.cli.command import quick
from tests.support import EXAMPLES
from tests.web.server import CAT, Server


def blurred() -> bytes:
    buffer = io.BytesIO()
    Image.open(EXAMPLES / "cat.jpg").filter(ImageFilter.GaussianBlur(6)).save(buffer, "PNG")
    return buffer.getvalue()


def check(server: Server, photo: bytes = CAT, **query: Any) -> httpx.Response:
    files = {"photo": ("a.jpg", photo)}
    return httpx.post(f"{server.url}/v1/check", files=files, params=query, timeout=60)


@pytest.mark.slow
def test_outcomes_are_those_of_the_command() -> None:
    asked: list[tuple[dict[str, Any], list[str]]] = [
        *[({"preset": name}, ["--preset", name]) for name in PRESETS],
        ({}, []),
        ({"max_blurred": 0.1}, ["--max-blurred", "0.1"]),
        ({"no_verdict": ["selective", "motion"]}, ["--no-verdict", "selective,motion"]),
        ({"preset": "web", "min_sharp_size": 3000}, ["--preset", "web", "--min-sharp-size", "3000"]),
    ]
    outcomes = set()
    with Server() as server:
        for query, options in asked:
            for photo in (CAT, blurred()):
                answer = check(server, photo, **query)
                assert answer.status_code == 200, answer.text
                (line,) = quick("check", "-", "--json", *options, given=photo).stdout.splitlines()
                told = json.loads(line)
                outcomes.add(told["outcome"])
                assert [answer.json()[key] for key in ("outcome", "why", "verdict", "blurred")] == [
                    told[key] for key in ("outcome", "why", "verdict", "blurred")
                ]
                assert "pictures" not in answer.json()
    assert outcomes == {"pass", "warn", "reject"}


def test_a_batch_has_a_line_for_each() -> None:
    files = [("photos", ("1.jpg", CAT)), ("photos", ("2.jpg", b"no photo")), ("photos", ("3.png", blurred()))]
    with Server() as server:
        answer = httpx.post(f"{server.url}/v1/check", files=files, timeout=60)
    good, bad, soft = (json.loads(line) for line in answer.text.splitlines())
    assert [line["outcome"] for line in (good, bad, soft)] == ["pass", None, "reject"]
    assert bad["error"].startswith("2.jpg: is not an image")
    assert bad["why"] == []
    for line in (good, bad, soft):
        CheckedLine.model_validate(line)


def test_rules_that_make_no_sense_are_refused() -> None:
    with Server() as server:
        for query, told in (
            ({"preset": "nonsense"}, "preset"), ({"max_blurred": 2}, "max_blurred"),
            ({"model": "paper", "no_soft": True}, "passes no verdicts"), ({"no_verdict": "lost"}, "no_verdict"),
        ):  # fmt: skip
            answer = check(server, **query)
            assert answer.status_code == 422
            assert told in answer.text
