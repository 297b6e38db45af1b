"""``blurmap focus``: the picture, the widths, what is said."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import blurmap
from blurmap.focus.picture import figures, words
from tests.cli.command import quick
from tests.support import EXAMPLES


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLES / "cat.jpg", tmp_path / "cat.jpg"))


def test_it_writes_a_picture_and_says_what_is_sharp(cat: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = quick("focus", cat, "--out", out)
    focus = blurmap.detect(cat).focus
    assert focus is not None
    assert done.status == 0
    assert f"451 x 300  {words(focus)}" in done.stdout
    assert Image.open(out / "cat_focus.png").width == 451
    assert [path.name for path in out.iterdir()] == ["cat_focus.png"]
    again = quick("focus", cat, "--out", out)
    assert again.status == 1
    assert "is there already" in again.stderr
    assert quick("focus", cat, "--out", out, "--overwrite").status == 0


def test_widths_are_those_of_the_result(cat: Path, tmp_path: Path) -> None:
    done = quick(
        "focus", cat, "--out", tmp_path, "--json", *(x for kind in ("png", "tiff", "npy") for x in ("--widths", kind))
    )
    told = json.loads(done.stdout)
    focus = blurmap.detect(cat).focus
    assert focus is not None
    assert {key: told[key] for key in figures(focus)} == figures(focus)
    values = np.load(told["written"]["npy"])
    assert values.dtype == np.float32
    assert (np.isnan(values) == ~focus.known).all()
    np.testing.assert_allclose(values[focus.known], focus.width[focus.known], rtol=1e-5)
    np.testing.assert_array_equal(np.asarray(Image.open(told["written"]["tiff"])), values)
    levels = np.asarray(Image.open(told["written"]["png"]))
    assert (levels[~focus.known] == 255).all()
    np.testing.assert_allclose(levels[focus.known] / 8, np.minimum(focus.width[focus.known], 254 / 8), atol=0.07)


def test_what_cannot_be_looked_at_stops_nothing(cat: Path, tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_bytes(b"no photo")
    done = quick("focus", tmp_path / "b.jpg", cat, "--out", tmp_path / "out", "--json")
    assert done.status == 1
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["error"].startswith(f"{tmp_path / 'b.jpg'}: is not an image")
    assert second["error"] is None
    refused = quick("focus", cat, "--model", "paper", "--out", tmp_path)
    assert refused.status == 2
    assert "does not look at focus" in refused.stderr
