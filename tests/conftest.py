"""Fixtures, and the options of the test run."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import EXAMPLES, FEW, soft, textured, write_labelled

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


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A set of labelled photos, see :func:`tests.support.write_labelled`."""
    return write_labelled(tmp_path / "cuhk")
