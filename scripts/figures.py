"""Fills the figures of README and docs from the files that benchmarks wrote; ``--check`` compares instead.

A benchmark writes ``docs/figures/NAME.json``: an object of numbers, in objects as deep as it likes, such as
``{"default": {"detect_ms": 41.3}, "paper": {"detect_ms": 239.0}}``. README.md and docs/*.md hold markers:

- one figure: ``<!-- figure: speed.json default.detect_ms %.0f -->41<!-- end -->``, with the path of keys and a ``%``
  format, which may hold text without spaces (``%.1f%%``); ``default.share*100`` multiplies;
- a table: a line ``<!-- table: speed.json model detect_ms:%.0f:ms size:%.1f:MB -->``, the table, a line
  ``<!-- end -->``. The first word heads the column of the file's outer keys; each following one is a path of keys
  within them, a format and a heading ("_" is a space in it). A figure that is missing or null is shown as "-".
  ``speed.json#stages.paper`` takes the rows from an object within the file;
- the fields of a photo: ``<!-- fields -->``, the table, ``<!-- end -->``, from ``blurmap.fields``;
- a value in the YAML at the head of a model card: ``value: 41  # figure: speed.json default.detect_ms %.0f``.

A number among the keys counts within a list. The name may be a path from docs/figures to another JSON file.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blurmap.fields import FIELDS

ROOT = Path(__file__).parent.parent
FIGURE = re.compile(r"(<!-- figure: (\S+) (\S+) (\S+) -->)(.*?)(<!-- end -->)")
HEAD = re.compile(r"^( *\w+: )\S+(  # figure: (\S+) (\S+) (\S+))$", re.MULTILINE)
FIELDS_TABLE = re.compile(r"(<!-- fields -->\n).*?(<!-- end -->)", re.DOTALL)
TABLE = re.compile(r"(<!-- table: (\S+) (\S+) ([^\n]*?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def main() -> int:
    """Rewrite or check all pages; returns the exit status: 1 if a page is behind its figures."""
    check, behind = sys.argv[1:] == ["--check"], []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        text = page.read_text(encoding="utf-8")
        try:
            new = filled(text, lambda name: json.loads((ROOT / "docs" / "figures" / name).read_text(encoding="utf-8")))
        except (OSError, KeyError, ValueError) as error:
            print(f"{page.relative_to(ROOT)}: {error}")
            return 1
        if new != text:
            behind.append(str(page.relative_to(ROOT)))
            if not check:
                page.write_text(new, encoding="utf-8")
    for name in behind:
        print(f"{name}: {'differs from its figures; run python scripts/figures.py' if check else 'written'}")
    return int(check and bool(behind))


def filled(text: str, read: Callable[[str], dict[str, Any]]) -> str:
    """A page with every marker's figures as ``read(file name)`` gives them."""

    def said(name: str, keys: str, form: str) -> str:
        value = look_up(read(name), keys)
        if value is None:
            raise KeyError(f"no {keys} in {name}")
        return form % value

    def figure(found: re.Match[str]) -> str:
        start, name, keys, form, _, end = found.groups()
        return f"{start}{said(name, keys, form)}{end}"

    def head(found: re.Match[str]) -> str:
        start, end, name, keys, form = found.groups()
        return f"{start}{said(name, keys, form)}{end}"

    def table(found: re.Match[str]) -> str:
        start, name, first, columns, _, end = found.groups()
        parts = [column.split(":") for column in columns.split()]
        heads = [heading.replace("_", " ") for heading in (first, *(part[2] for part in parts))]
        rows = [heads, ["---"] * len(heads)]
        file, _, within = name.partition("#")
        figures = look_up(read(file), within) if within else read(file)
        if figures is None:
            raise KeyError(f"no {within} in {file}")
        for key, values in figures.items():
            found_values = [(form, look_up(values, keys)) for keys, form, _ in parts]
            rows.append([key, *("-" if value is None else form % value for form, value in found_values)])
        return start + "".join(f"| {' | '.join(row)} |\n" for row in rows) + end

    text = FIELDS_TABLE.sub(lambda found: found[1] + fields_table() + found[2], text)
    return TABLE.sub(table, FIGURE.sub(figure, HEAD.sub(head, text)))


def fields_table() -> str:
    """The columns of a table of a scan, in Markdown."""
    rows = [("column", "type", ""), ("---",) * 3]
    rows += [(f"`{field.name}`", field.type, field.sentence().replace("|", "\\|")) for field in FIELDS]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def look_up(values: Any, keys: str) -> Any:
    """The value at a path of keys, times what follows an asterisk; None where there is none."""
    path, _, factor = keys.partition("*")
    for key in path.split("."):
        if isinstance(values, list):
            values = values[int(key)] if key.isdigit() and int(key) < len(values) else None
        else:
            values = values.get(key) if isinstance(values, dict) else None
    return values * float(factor) if factor and values is not None else values


if __name__ == "__main__":
    sys.exit(main())
