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

- what a file was measured with: ``<!-- measured: speed.json -->with blurmap 0.6.0, ...<!-- end -->``.

A number among the keys counts within a list. The name may be a path from docs/figures to another JSON file.

``--check`` also fails where a file of ACCURACY is not of the weights that ship (or, on val, of those that it says it
stands for); of figures of speed, which change less with weights than with machines, it only tells.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blurmap.fields import FIELDS
from blurmap.models import description, weights_of
from blurmap.models.judging import VERDICT, verdict_description
from blurmap.models.weights import fingerprint

ROOT = Path(__file__).parent.parent
FIGURE = re.compile(r"(<!-- figure: (\S+) (\S+) (\S+) -->)(.*?)(<!-- end -->)")
HEAD = re.compile(r"^( *\w+: )\S+(  # figure: (\S+) (\S+) (\S+))$", re.MULTILINE)
MEASURED = re.compile(r"(<!-- measured: (\S+) -->).*?(<!-- end -->)", re.DOTALL)
ACCURACY = (
    "accuracy",
    "bursts",
    "claims",
    "hard_cases",
    "photos",
    "presets",
    "robustness",
    "shake",
    "sharp_size",
    "verdict",
    "worst",
)
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
    old = {path.stem: of_other_weights(path) for path in sorted((ROOT / "docs" / "figures").glob("*.json"))}
    for name, models in old.items():
        if models:
            kind = "accuracy" if name in ACCURACY else "speed"
            print(f"docs/figures/{name}.json: figures of {kind} of other weights of {' and '.join(models)} than ship")
    return int(check and bool(behind or any(old[name] for name in old if name in ACCURACY)))


def of_other_weights(path: Path) -> list[str]:
    """The models that a file has figures of which are of other weights than those that ship; by its ``run``."""
    figures = json.loads(path.read_text(encoding="utf-8"))
    if path.stem == VERDICT:  # written by the fit itself
        return [] if figures["weights"] == fingerprint(verdict_description())[:12] else [VERDICT]
    run = figures.get("run", {})
    models = [run["model"]] if "model" in run else list(run.get("weights", ()))
    return [
        model
        for model in models
        if run["weights"][model] not in (weights_of(model)[:12], description(model).get("val_weights"))
    ]


def measured(run: dict[str, Any]) -> str:
    """What figures were measured with, in words."""
    models = [run["model"]] if "model" in run else list(run["weights"])
    weights = ", ".join(f"{model} {run['weights'][model]}" for model in models)
    at = f" at {run['at']}" if "at" in run else ""
    return f"with blurmap {run['blurmap']}{at}, weights {weights}, on {run['cores']} cores"


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

    text = MEASURED.sub(lambda found: found[1] + measured(read(found[2])["run"]) + found[3], text)
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
