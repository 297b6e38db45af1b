"""The list of mutants is of the code as it is: each breaks one place, and changes it."""

import re

import pytest

from tests.support import program

mutants = program("scripts/mutants.py")


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_a_mutant_breaks_one_place(name: str) -> None:
    file, old, new = mutants.MUTANTS[name]
    text = (mutants.ROOT / "src" / "blurmap" / file).read_text(encoding="utf-8")
    broken, count = re.subn(old, new, text)
    assert count == 1
    assert broken != text
