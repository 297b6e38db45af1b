"""Accuracy and speed of all models and their peers on labelled photos, in one run; writes accuracy.json and a picture.

    python benchmarks/accuracy.py --data CUHK SZU [--hifst FOLDER] [--split val] [--picture docs/pictures/accuracy.png]
    python benchmarks/accuracy.py --data CUHK SZU --models paper

With ``--models`` only the rows of these models are measured, when only their weights are new: the others stay as they
are in the file, with the weights that they are of.

Peers: the package ``blur-detector`` (a HiFST port, run live where it is installed), the maps that HiFST's authors
published (``--hifst``, for the set that they are of), and the variance of the Laplacian in a window, its threshold
fitted on photos of the first set's ``train``. Milliseconds are medians over the photos of all sets, models in turn.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from output import ROOT, conditions, options, refuse_seen, write_figures
from PIL import Image
from rich.progress import track
from scipy.ndimage import laplace, uniform_filter
from scipy.optimize import minimize
from scipy.special import expit

from blurmap.evaluation.dataset import Dataset, open_dataset
from blurmap.evaluation.scoring import Answer, Answerer, evaluate, map_answers, model_answers
from blurmap.files import write_file
from blurmap.models import MODELS, load

WINDOW = 31  # pixels
PUBLISHED = ("D-DFFNet", "IS2CNet", "BTBNet", "HiFST")  # lines of the picture: test photos, others than val


def laplacian_variance(photo: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Log of the variance of the Laplacian in a window around each pixel."""
    edges = laplace(np.asarray(Image.fromarray(photo).convert("L"), np.float64))
    variance = uniform_filter(edges * edges, WINDOW) - uniform_filter(edges, WINDOW) ** 2
    return np.log(np.maximum(variance, 1e-2))


def laplacian_answers(data: Dataset, photos: int = 60) -> Answerer:
    """p = sigmoid(a - b log variance), a and b of least cross-entropy on photos of ``train``."""
    names = data.names("train")
    names = names[:: max(len(names) // photos, 1)]
    x = np.concatenate([laplacian_variance(data.photo(name)).ravel()[::50] for name in names])
    side = np.concatenate([np.where(data.mask(name).ravel()[::50], -1.0, 1.0) for name in names])
    a, b = minimize(lambda v: np.logaddexp(0, side * (v[0] - v[1] * x)).mean(), [0.0, 1.0], method="Nelder-Mead").x

    def answer(name: str, photo: NDArray[np.uint8]) -> dict[str, Answer]:
        probability = expit(a - b * laplacian_variance(photo)).astype(np.float32)
        return {"variance of Laplacian": (probability, probability > 0.5, None)}

    return answer


def peer_answers() -> Answerer | None:
    """The HiFST port on PyPI with its default settings, its map (bright = sharp) scaled to [0, 1]."""
    try:
        from blur_detector import detectBlur
    except ImportError:
        return None

    def answer(name: str, photo: NDArray[np.uint8]) -> dict[str, Answer]:
        grey = np.asarray(Image.fromarray(photo).convert("L"))
        sharp = detectBlur(grey, downsampling_factor=4, num_scales=4, scale_start=2, show_progress=False)
        probability = 1 - (np.asarray(sharp, np.float32) / max(float(np.max(sharp)), 1e-6)).clip(0, 1)
        if probability.shape != photo.shape[:2]:
            size = (photo.shape[1], photo.shape[0])
            probability = np.asarray(Image.fromarray(probability).resize(size, Image.Resampling.BILINEAR))
        return {"blur-detector": (probability, probability > 0.5, None)}

    return answer


def timed(answer: Answerer, seconds: list[float]) -> Answerer:
    """The same answers; how long each took is added to ``seconds``."""

    def timed_answer(name: str, photo: NDArray[np.uint8]) -> dict[str, Answer]:
        started = time.perf_counter()
        answers = answer(name, photo)
        seconds.append(time.perf_counter() - started)
        return answers

    return timed_answer


def together(answerers: dict[str, Answerer]) -> Answerer:
    """All answers to one photo in turn, so that a change of the machine's speed meets each alike."""

    def answer(name: str, photo: NDArray[np.uint8]) -> dict[str, Answer]:
        return {label: next(iter(one(name, photo).values())) for label, one in answerers.items()}

    return answer


def limited(data: Dataset, split: str, count: int | None) -> Dataset:
    """The first photos of each type of a split."""
    names = data.names(split)
    kept = {name for kind in ("defocus", "motion") for name in [n for n in names if data.type(n) == kind][:count]}
    return replace(data, photos={name: photo for name, photo in data.photos.items() if name in kept})


def scores(data: Dataset, split: str, answerers: dict[str, Answerer]) -> dict[str, dict[str, Any]]:
    """Figures by label: ``defocus``, ``motion`` and ``all`` as in ``evaluate``, and the mean of the two types."""
    watch: Callable[[list[str]], Any] = lambda names: track(names, data.name)  # noqa: E731
    figures: dict[str, dict[str, Any]] = dict(evaluate(data, split, together(answerers), watch))
    for subsets in figures.values():
        for key in ("type", "strict_type"):
            found = [subsets[subset][key] for subset in ("defocus", "motion") if key in subsets.get(subset, {})]
            subsets[key] = float(np.mean(found)) if found else None
    return figures


def picture(figures: dict[str, Any], sets: list[str], path: Path) -> None:
    """Error of the mask on defocus photos over time per photo, a mark per set; published errors as lines."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.6), layout="constrained")
    for label, values in figures.items():
        if values["ms"] is None:
            continue
        colour = axes.plot([], [], "s", label=label)[0].get_color()
        for name, mark in zip(sets, "ox^", strict=False):
            axes.plot(values["ms"], values[name]["defocus"]["error"], mark, color=colour)
    published = json.loads((ROOT / "docs" / "figures" / "public-test.json").read_text())["published"]
    for label in PUBLISHED:
        error = published[label]["defocus"]["error"]
        axes.axhline(error, color="0.6", lw=0.8, ls="--", zorder=0)
        axes.annotate(label, (0.995, error), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=7)
    marks = ", ".join(f"{mark} {name.upper()}" for name, mark in zip(sets, "ox^", strict=False))
    axes.set(
        xscale="log", yscale="log", xlabel=f"milliseconds per photo, {os.cpu_count()} cores", ylabel="error of the mask"
    )
    axes.set_yticks([0.03, 0.05, 0.1, 0.2, 0.3], ["0.03", "0.05", "0.1", "0.2", "0.3"])
    axes.minorticks_off()
    axes.set_title(f"defocus photos of val ({marks}); dashed: published, for the test photos of CUHK", fontsize=9)
    axes.legend(loc="upper center", fontsize=8)
    write_file(path, lambda file: figure.savefig(file, format="png", dpi=110), overwrite=True)


def in_place(measured: dict[str, Any], kept: dict[str, Any]) -> dict[str, Any]:
    """The file ``kept`` with the rows that are measured anew in their places, and with the weights of each row."""
    run, before = measured["run"], kept["run"]
    if (run["split"], run["photos"]) != (before["split"], before["photos"]):
        raise SystemExit("the file there is of other photos: measure all models")
    return {"run": run | {"weights": before["weights"] | run["weights"]}, "models": kept["models"] | measured["models"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="Folders with image/ and gt/: CUHK first.")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), help="Only these, beside the rows that are there.")
    parser.add_argument("--hifst", type=Path, help="Folder of the maps that HiFST's authors published.")
    parser.add_argument("--split", default="val")
    parser.add_argument("--picture", type=Path, help="PNG to draw; replaced if it is there.")
    options(parser)
    arguments = parser.parse_args()
    models = arguments.models or list(MODELS)
    for folder in arguments.data:
        refuse_seen(models, open_dataset(folder), arguments.split)
    answerers: dict[str, Answerer] = {name: model_answers(load(name)) for name in models}
    if not arguments.models:
        answerers["variance of Laplacian"] = laplacian_answers(open_dataset(arguments.data[0]))
        if peer := peer_answers():
            answerers["blur-detector"] = peer
    seconds: dict[str, list[float]] = {label: [] for label in answerers}
    answerers = {label: timed(one, seconds[label]) for label, one in answerers.items()}
    figures: dict[str, dict[str, Any]] = {}
    photos = {}
    for folder in arguments.data:
        data = limited(open_dataset(folder), arguments.split, arguments.limit)
        names = data.names(arguments.split)
        photos[data.name] = len(names)
        maps: dict[str, Answerer] = {}
        if arguments.hifst and any(arguments.hifst.glob(f"{names[0]}*")):
            maps["HiFST, published maps"] = map_answers(arguments.hifst)
        for label, values in scores(data, arguments.split, answerers | maps).items():
            figures.setdefault(label, {"ms": None})[data.name] = values
    for label, times in seconds.items():
        figures[label]["ms"] = 1000 * float(np.median(times))
    measured = {"run": conditions(*models, split=arguments.split, photos=photos), "models": figures}
    if arguments.models:
        kept = json.loads((arguments.figures / "accuracy.json").read_text(encoding="utf-8"))
        measured = in_place(measured, kept)
        figures = measured["models"]
    write_figures("accuracy", measured, arguments.figures)
    if arguments.picture:
        picture(figures, list(photos), arguments.picture)


if __name__ == "__main__":
    main()
