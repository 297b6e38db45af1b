"""Runs of the image network with the adversarial loss beside those without it; writes adversarial.json and a picture.

    python benchmarks/adversarial.py RUN... --picture docs/pictures/adversarial.png

A RUN is a folder that ``blurmap train image --recipe adversarial-0.1 --init paper`` wrote, and so on. Figures are
those of the last epoch on val, at the network's size. The picture shows both losses over the epochs: the
discriminator's is log 2 where it cannot tell drawn maps from labelled ones, and 0 where it always can.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from output import conditions, options, write_figures

from blurmap.files import write_file

LOSSES = {"discriminator": "-", "generator": "--"}


def read_log(run: Path) -> list[dict[str, Any]]:
    """A line per epoch; of an epoch that was done twice after a kill, the last."""
    lines = (json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines())
    return list({line["epoch"]: line for line in lines}.values())


def picture(logs: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Both losses of every run over the epochs."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.2), layout="constrained")
    for i, (name, lines) in enumerate(logs.items()):
        for loss, style in LOSSES.items():
            if loss in lines[0]:
                epochs, values = [line["epoch"] for line in lines], [line[loss] for line in lines]
                axes.plot(epochs, values, style, marker=".", color=f"C{i}", label=f"{name}, {loss}")
    axes.axhline(float(np.log(2)), color="0.6", lw=0.8)
    axes.annotate("log 2: maps cannot be told apart", (0.01, np.log(2)), xycoords=("axes fraction", "data"), fontsize=8)
    axes.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
    axes.legend(fontsize=8)
    write_file(path, lambda file: figure.savefig(file, format="png", dpi=110), overwrite=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="Folders of runs.")
    parser.add_argument("--picture", type=Path, help="PNG to draw; replaced if it is there.")
    options(parser)
    arguments = parser.parse_args()
    logs = {run.name: read_log(run)[: arguments.limit] for run in arguments.runs}
    rows = {name: {key: value for key, value in lines[-1].items() if key != "seconds"} for name, lines in logs.items()}
    write_figures("adversarial", {"run": conditions(), "networks": rows}, arguments.figures)
    if arguments.picture:
        picture(logs, arguments.picture)


if __name__ == "__main__":
    main()
