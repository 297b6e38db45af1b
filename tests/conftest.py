"""Fixtures, and the options of the test run."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import EXAMPLES, FEW, soft, textured, write_labelled

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
__all__ = ["EXAMPLES", "FEW", "textured"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes the fixture ``browser`` is marked so, whichever way it comes by it."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    """220 x 300: sharp texture on the left, the same blurred by sigma 4 on the right."""
    pixels = textured(220, 300)
    pixels[:, 150:] = soft(pixels, 4)[:, 150:]
    return pixels


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, where it and Playwright are there."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as p:
        launched = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A set of labelled photos, see ``tests.support.write_labelled``."""
    return write_labelled(tmp_path / "cuhk")
