"""Runs of the image network with the adversarial loss beside those without it; writes adversarial.json and a picture.

    python benchmarks/adversarial.py RUN... --data CUHK --picture docs/pictures/adversarial.png

A RUN is a folder that ``blurmap train image --recipe adversarial-0.01`` wrote, and so on; the first is that without the
term, which the others are held against, photo by photo. Figures are those of the averaged weights on val, at the
network's size, and of all epochs: the share of maps that the discriminator told apart (a balance is .6 to .9), and the
share of steps in which it learnt. The picture shows both losses over the epochs: the discriminator's is log 2 where it
cannot tell drawn maps from labelled ones, and 0 where it always can.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from output import conditions, options, write_figures
from torch import nn

from blurmap.evaluation.dataset import open_dataset
from blurmap.files import write_file
from blurmap.training.export import trained_image_network
from blurmap.training.image import Validation, read_validation, validate

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


def by_photo(network: nn.Module, validation: Validation) -> dict[str, NDArray[np.float64]]:
    """Accuracy, boundary F and stray regions of every photo, and which have motion."""
    figures = [validate(network, [photo]) for photo in validation]
    found = {name: np.array([photo[name] for photo in figures]) for name in ("boundary_f", "stray_regions")}
    found["motion"] = np.array(["motion" in photo for photo in figures])
    found["accuracy"] = np.array([photo.get("motion", photo.get("defocus", 0.0)) for photo in figures])
    return found


def row(name: str, lines: list[dict[str, Any]], photos: dict[str, Any], without: str) -> dict[str, Any]:
    """What is written of a run; differences are to the run without the term, with their standard errors."""
    own, other = photos[name], photos[without]
    figures: dict[str, Any] = {"epochs": len(lines), "loss": lines[-1]["loss"]}
    kinds = {"defocus": ~own["motion"], "motion": own["motion"]}
    for kind, where in kinds.items():
        difference = (own["accuracy"] - other["accuracy"])[where]
        figures |= {kind: float(own["accuracy"][where].mean()), f"{kind}_difference": float(difference.mean()),
                    f"{kind}_error": float(difference.std(ddof=1) / len(difference) ** 0.5)}  # fmt: skip
    for figure in ("boundary_f", "stray_regions"):
        difference = own[figure] - other[figure]
        figures |= {figure: float(own[figure].mean()), f"{figure}_difference": float(difference.mean()),
                    f"{figure}_error": float(difference.std(ddof=1) / len(difference) ** 0.5)}  # fmt: skip
    for logged in ("told_apart", "learns", "discriminator", "generator"):
        figures[logged] = float(np.mean([line[logged] for line in lines])) if logged in lines[0] else None
    if "told_apart" in lines[0]:
        figures["balanced"] = float(np.mean([0.6 <= line["told_apart"] <= 0.9 for line in lines]))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="Folders of runs.")
    parser.add_argument("--data", type=Path, required=True, help="CUHK.")
    parser.add_argument("--picture", type=Path, help="PNG to draw; replaced if it is there.")
    options(parser)
    arguments = parser.parse_args()
    logs = {run.name: read_log(run)[: arguments.limit] for run in arguments.runs}
    validation = read_validation(open_dataset(arguments.data), 256)
    photos = {run.name: by_photo(trained_image_network(run / "image.pt"), validation) for run in arguments.runs}
    rows = {name: row(name, lines, photos, next(iter(photos))) for name, lines in logs.items()}
    write_figures("adversarial", {"run": conditions(), "networks": rows}, arguments.figures)
    if arguments.picture:
        picture(logs, arguments.picture)


if __name__ == "__main__":
    main()
