"""Fixtures, and the options of the test run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

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


def missing(what: str) -> NoReturn:
    """Skip a test for want of a browser; where there has to be one, as in CI, fail it."""
    if os.environ.get("BLURMAP_BROWSER") == "required":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, where it and Playwright are there."""
    try:
        from playwright import sync_api as playwright
    except ImportError:
        missing("no Playwright here: it is in the extra dev")
    if CHROMIUM is None:
        missing("no Chromium here: apt install chromium, or another package of it")
    with playwright.sync_playwright() as p:
        launched = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A set of labelled photos, see ``tests.support.write_labelled``."""
    return write_labelled(tmp_path / "cuhk")
