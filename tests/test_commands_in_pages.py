"""Every ``blurmap`` command that README and docs show is one that there is, with options that it takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from blurmap.cli import app
from blurmap.cli.examples import EXAMPLES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
APART = re.compile(r"&&|\|\||\s\|\s|;")  # commands of one line


def commands(text: str) -> Iterator[list[str]]:
    """Words after ``blurmap`` of every command in a page's blocks for a shell."""
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            for part in APART.split(line):
                if found := re.search(r"(?:^|[\s/])blurmap\s(.*)", part):
                    yield shlex.split(found[1], comments=True)


def parse(words: list[str]) -> None:
    """Raises what the command line would say of these words; nothing is run, no file is looked for."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    context = command.make_context("blurmap", [], resilient_parsing=True)
    context.resilient_parsing = False  # what is missing is no error above, what is wrong is one here
    _, left, _ = command.make_parser(context).parse_args(list(words))
    assert not (left and hasattr(command, "commands")), f"no command {left[0]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_are_understood(page: Path) -> None:
    for words in commands(page.read_text(encoding="utf-8")):
        parse(words)


def test_some_are_found_and_wrong_ones_are_seen() -> None:
    assert len(list(commands((ROOT / "docs" / "guides" / "for-photographers.md").read_text(encoding="utf-8")))) > 4
    for words in (["detect", "a.jpg", "--nothing"], ["look", "a.jpg"], ["train", "all"], ["scan", "--out"]):
        with pytest.raises(Exception, match=r"(?i)no such option|no command|requires an argument"):
            parse(words)


def names(command: Any, before: str = "") -> Iterator[str]:
    """Every command there is, as it is typed."""
    for name, one in command.commands.items():
        if hasattr(one, "commands"):
            yield from names(one, f"{before}{name} ")
        else:
            yield before + name


def test_each_command_has_an_example_in_its_help_and_on_the_page() -> None:
    known = list(names(typer.main.get_command(app)))
    assert sorted(EXAMPLES) == sorted(known)
    page = list(commands((ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")))
    for name, example in EXAMPLES.items():
        words = shlex.split(example)[1:]
        assert words[: len(name.split())] == name.split()
        parse(words)
        assert words in page, example
        command: Any = typer.main.get_command(app)
        for part in name.split():
            command = command.commands[part]
        assert command.epilog == f"Example: {example}"
