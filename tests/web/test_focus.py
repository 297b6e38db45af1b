"""``POST /v1/focus``: the figures and the picture of the command, over HTTP."""

import io
import json

import httpx
from PIL import Image

import blurmap
from blurmap.focus.picture import figures
from blurmap.web.focus import FocusLine
from tests.web.server import CAT, Server


def test_figures_picture_batch_and_refusal() -> None:
    focus = blurmap.detect(CAT).focus
    assert focus is not None
    with Server() as server:
        url = f"{server.url}/v1/focus"
        answer = httpx.post(url, files={"photo": ("a/cat.jpg", CAT)}, timeout=60).json()
        assert {key: answer[key] for key in figures(focus)} == figures(focus)
        assert (answer["path"], answer["width"], answer["height"], answer["error"]) == ("cat.jpg", 451, 300, None)
        png = httpx.post(url, content=CAT, params={"max_side": 200}, headers={"Accept": "image/png"}, timeout=60)
        assert Image.open(io.BytesIO(png.content)).width == 200
        files = [("photos", ("1.jpg", CAT)), ("photos", ("2.jpg", b"no photo"))]
        good, bad = map(json.loads, httpx.post(url, files=files, timeout=60).text.splitlines())
        assert good["focus"] == answer["focus"]
        assert bad["error"].startswith("2.jpg: is not an image")
        for line in (good, bad):
            FocusLine.model_validate(line)
        refused = httpx.post(url, content=CAT, params={"model": "paper"})
        assert (refused.status_code, "does not look at focus" in refused.text) == (422, True)
