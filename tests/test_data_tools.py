"""The programs of docs/guides/data-tools.md do what the page says, wherever their libraries are installed."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import EXAMPLES

PAGE = Path(__file__).parent.parent / "docs" / "guides" / "data-tools.md"
SECTION = re.compile(r"^## (.*?)\n.*?```python\n(.*?)```", re.MULTILINE | re.DOTALL)
PROGRAMS = dict(SECTION.findall(PAGE.read_text(encoding="utf-8")))
NEEDED = {"pandas": ["pandas"], "Hugging Face datasets": ["datasets"], "PyTorch": ["torch"], "Ray Data": ["ray"]}
# What each prints of the four photos of examples/, of which the most are worth keeping.
PRINTS = {
    "pandas": r"Empty DataFrame|\[1 rows x 4 columns\]",
    "Polars": r"selective",
    "Hugging Face datasets": r"^[34] of 4 sharp",
    "PyTorch": r"(?s)torch\.Size\(\[2, 3, 256, 256\]\) tensor\(\[0\.\d+, 0\.\d+\]\).*torch\.Size",
    "Ray Data": r"(?=.*astronaut\.jpg)(?=.*cat\.jpg)(?=.*coffee\.jpg)",  # in any order
    "FiftyOne": r"'selective': [1-4]",
    "OpenCV, scikit-image and others": r"^sharp subject",
}


def test_every_program_is_run() -> None:
    assert list(PROGRAMS) == list(PRINTS)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.ray, pytest.mark.slow] if name == "Ray Data" else pytest.mark.slow)
        for name in PRINTS
    ],
)
def test_program(name: str, tmp_path: Path) -> None:
    imported = re.findall(r"^(?:import|from) (\w+)", PROGRAMS[name], re.MULTILINE)
    for library in [*imported, *NEEDED.get(name, ())]:
        if find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    (tmp_path / "photos").mkdir()
    for photo in EXAMPLES.glob("*.jpg"):
        shutil.copy(photo, tmp_path / "photos")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS[name]], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert re.search(PRINTS[name], done.stdout), done.stdout
