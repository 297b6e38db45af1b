"""Printed pages that lie on what a photo shows."""

import numpy as np
import pytest

from blurmap.training.data.documents import document, perspective


@pytest.mark.parametrize("seed", range(6))
def test_pages_are_print_on_paper_and_repeat(seed: int) -> None:
    table = np.full((300, 400, 3), 90, np.uint8)
    page = document(table, np.random.default_rng(seed))
    assert page.shape == table.shape
    assert np.array_equal(page, document(table, np.random.default_rng(seed)))
    paper = page[100:200, 130:270].astype(int).mean(2)
    assert paper.max() > 110  # light paper, in uneven light
    assert abs(np.diff(paper, axis=1)).max() > 40  # crossed by strokes


def test_pages_do_without_fonts_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blurmap.training.data.documents.FONTS", ("nowhere-at-all.ttf",))
    page = document(np.zeros((200, 300, 3), np.uint8), np.random.default_rng(0))
    assert abs(np.diff(page.astype(int).mean(2), axis=1)).max() > 30


def test_corners_go_where_they_are_sent() -> None:
    seen = np.array([[10, 5], [90, 8], [95, 70], [4, 60]], float)
    drawn = np.array([[0, 0], [200, 0], [200, 100], [0, 100]], float)
    a, b, c, d, e, f, g, h = perspective(seen, drawn)
    for (x, y), corner in zip(seen, drawn, strict=True):
        w = g * x + h * y + 1
        assert ((a * x + b * y + c) / w, (d * x + e * y + f) / w) == pytest.approx(tuple(corner), abs=1e-6)
