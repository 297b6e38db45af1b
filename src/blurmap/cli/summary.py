"""The command ``blurmap summary``."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from blurmap.cli.console import say, show, tell


def summary(
    table: Annotated[Path, typer.Argument(help="Table that 'blurmap scan' wrote, or folder of parts.")],
    examples: Annotated[int, typer.Option(min=0, help="Photos to name per issue, the worst first.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say how many photos of a scan have which trouble, and which have it worst."""
    from blurmap.scanning.summary import summary as summary_of
    from blurmap.scanning.table import iterate_table

    result = summary_of(iterate_table(table, tell), examples)
    say(json.dumps(result) if as_json else told(result))
    if not as_json:
        show(shown(result), 110)
        say_examples(result)


def told(found: dict[str, Any]) -> str:
    """Photos and verdicts in a line."""
    counts = "  ".join(f"{verdict} {count}" for verdict, count in found["verdicts"].items())
    return f"{found['photos']} photos  {counts}".rstrip()


def shown(found: dict[str, Any]) -> Table:
    """The issues, one in a line."""
    table = Table("issue", "photos", "share", "meaning")
    for issue in found["issues"]:
        table.add_row(issue["issue"], str(issue["photos"]), f"{issue['share']:.1%}", issue["meaning"])
    return table


def say_examples(found: dict[str, Any]) -> None:
    for issue in found["issues"]:
        for example in issue["examples"]:
            say(f"{issue['issue']}: {example['path']}\n    {example['reason']}")
