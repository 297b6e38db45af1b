"""The notebooks of examples/ run from their first cell to their last, and show what they were kept with."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support import EXAMPLES, program

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return program("scripts/notebooks.py")


def shown(notebook: Any) -> list[list[str]]:
    """Kinds of what each cell of code shows."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [sorted({kind for out in cell.outputs for kind in out.get("data", {"text": ""})}) for cell in cells]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(path: Path, script: ModuleType) -> None:
    kept = nbformat.read(path, as_version=4)
    fresh = script.executed(path)  # raises where a cell fails
    assert shown(fresh) == shown(kept), "run scripts/notebooks.py"
    assert any("text/html" in kinds for kinds in shown(kept))
    assert "/tmp" not in path.read_text(encoding="utf-8")
    assert path.stat().st_size < 1_000_000


def test_both_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["clean_a_data_set", "first_steps"]
