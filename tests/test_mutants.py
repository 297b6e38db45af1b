"""The list of mutants is of the code as it is: each breaks one place, and changes it."""

import importlib.util
import re
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "mutants.py"
SPEC = importlib.util.spec_from_file_location("mutants", SCRIPT)
assert SPEC is not None
assert SPEC.loader is not None
mutants = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mutants)


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_a_mutant_breaks_one_place(name: str) -> None:
    file, old, new = mutants.MUTANTS[name]
    text = (SCRIPT.parent.parent / "src" / "blurmap" / file).read_text(encoding="utf-8")
    broken, count = re.subn(old, new, text)
    assert count == 1
    assert broken != text
