"""Where figures go: ``docs/figures/NAME.json``, from where ``make figures`` fills the pages."""

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from blurmap import __version__
from blurmap.evaluation.dataset import Dataset
from blurmap.evaluation.scoring import trained_on
from blurmap.files import write_text
from blurmap.models import MODELS, weights_of

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def options(parser: argparse.ArgumentParser) -> None:
    """What every benchmark takes: ``--limit`` to try it, ``--figures`` for where to write."""
    parser.add_argument("--limit", type=int, metavar="N", help="Of everything only the first N: to try the program.")
    parser.add_argument(
        "--figures", type=Path, default=ROOT / "docs" / "figures", help="Folder to write to; a file there is replaced."
    )


def conditions(*models: str, **more: object) -> dict[str, Any]:
    """What the figures depend on: cores, version, commit, weights of the models (of all if none is named), and more."""
    weights = {name: weights_of(name)[:12] for name in models or MODELS}
    return {"cores": os.cpu_count(), "blurmap": __version__, **commit(), "weights": weights, **more}


def commit() -> dict[str, str]:
    """``at``, where this is a clone: the commit that is checked out."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    return {"at": done.stdout.strip()} if done.returncode == 0 else {}


def refuse_seen(models: list[str], data: Dataset, split: str) -> None:
    """End, and say what to do, if one of the models was trained on the photos of a split."""
    if seen := [name for name in models if trained_on(name, data, split)]:
        raise SystemExit(
            f"{', '.join(seen)} was trained on {split} too: docs/lab/retrain.md says which weights to measure"
        )


def write_figures(name: str, figures: dict[str, Any], folder: Path) -> None:
    """Write ``folder/NAME.json``, floats with five digits, and print it."""
    figures = json.loads(json.dumps(figures), parse_float=lambda digits: float(f"{float(digits):.5g}"))
    text = json.dumps(figures, indent=1) + "\n"
    write_text(folder / f"{name}.json", text, overwrite=True)
    print(text, end="")
