"""What a notebook shows of results: one, and many side by side; and what Matplotlib draws."""

import base64
import html
import io
import re
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import blurmap
from blurmap import PhotoError
from blurmap.result import NOTEBOOK_SIDE, BlurMap
from tests.support import EXAMPLES, blur_map, textured


@pytest.fixture(scope="module")
def cat() -> BlurMap:
    return blurmap.detect(EXAMPLES / "cat.jpg")


def shown(page: str) -> list[NDArray[np.uint8]]:
    """The pictures in a page."""
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def words(page: str) -> str:
    """What a reader of the page reads."""
    return html.unescape(re.sub(r"<[^>]*>", " ", page))


def test_a_result_says_in_a_line_what_it_is(cat: BlurMap) -> None:
    assert re.fullmatch(
        r"<BlurMap 451 x 300 by default: [\d.]+% blurred, defocus [\d.]+%, motion [\d.]+%>", repr(cat)
    ), repr(cat)
    assert re.fullmatch(r"<BlurMap .* by test: [\d.]+% blurred>", repr(blur_map(textured(9, 9), np.ones((9, 9), bool))))


def test_a_notebook_shows_overlay_verdict_and_reason(cat: BlurMap) -> None:
    page = cat._repr_html_()
    (picture,) = shown(page)
    assert np.abs(picture.astype(int) - cat.overlay()).mean() < 8  # JPEG
    assert np.abs(picture.astype(int) - cat.photo).mean() > 10
    assert f"{cat.verdict} ({cat.confidence:.0%})" in words(page)
    assert cat.reason is not None
    assert cat.reason in words(page)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(cat._repr_png_()))), cat.overlay())


def test_large_photos_are_shown_small() -> None:
    large = blur_map(textured(300, 900), np.ones((300, 900), bool))
    assert shown(large._repr_html_())[0].shape == (213, NOTEBOOK_SIDE, 3)
    assert "100.0% of the frame" in words(large._repr_html_())  # there is no verdict
    assert Image.open(io.BytesIO(large._repr_png_())).size == (NOTEBOOK_SIDE, 213)


def test_a_gallery_shows_all_and_keeps_none(cat: BlurMap) -> None:
    given: Iterator[BlurMap | PhotoError] = iter([cat, PhotoError("b.jpg: is empty <&>"), cat])
    made = blurmap.gallery(given, ["a.jpg", "<b>.jpg", "c.jpg"], side=100)
    page = made._repr_html_()
    assert len(made) == 3
    assert [picture.shape for picture in shown(page)] == [(67, 100, 3)] * 2
    assert "<b>.jpg: cannot be read" in words(page)
    assert "is empty <&>" in words(page)
    assert "&lt;b&gt;.jpg" in page
    assert "1: " in words(blurmap.gallery([cat])._repr_html_())
    assert repr(made) == "<Gallery of 3 photos: shown by notebooks>"
    with pytest.raises(ValueError, match=r"longer|shorter"):
        blurmap.gallery([cat], ["a", "b"])


def test_plot(cat: BlurMap, monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    left, right = pyplot.subplots(1, 2)[1]
    assert cat.plot(left) is left
    assert cat.plot() is right  # the current axes
    for axes in (left, right):
        assert np.array_equal(axes.images[0].get_array(), cat.overlay())
        assert axes.get_title() == f"{cat.verdict} ({cat.confidence:.0%})\n{cat.reason}"
    pyplot.close("all")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        cat.plot()
