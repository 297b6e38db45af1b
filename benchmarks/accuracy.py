"""Accuracy and speed of all models and their peers on labelled photos, in one run, with a table and a picture.

    python benchmarks/accuracy.py --data CUHK [--hifst FOLDER] [--split val] [--out docs]

Peers: the package ``blur-detector`` (a HiFST port, run live where it is installed), the maps that HiFST's authors
published (``--hifst``), and the variance of the Laplacian in a window, its threshold fitted on photos of ``train``.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from scipy.ndimage import laplace, uniform_filter
from scipy.optimize import minimize
from scipy.special import expit

from blurmap.evaluation import dataset as cuhk
from blurmap.evaluation.metrics import PROTOCOL
from blurmap.evaluation.scoring import Answer, Answerer, evaluate, map_answers, model_answers
from blurmap.files import write_file
from blurmap.models import MODELS, load

# MAE on the 100 defocus test photos (other photos than val), as tabulated by D-DFFNet (ICME 2023).
PUBLISHED = {"BTBNet": 0.110, "CENet": 0.061, "BR2Net": 0.059, "depth distillation": 0.045, "D-DFFNet": 0.036}
WINDOW = 31  # pixels


def laplacian_variance(photo: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Log of the variance of the Laplacian in a window around each pixel."""
    edges = laplace(np.asarray(Image.fromarray(photo).convert("L"), np.float64))
    variance = uniform_filter(edges * edges, WINDOW) - uniform_filter(edges, WINDOW) ** 2
    return np.log(np.maximum(variance, 1e-2))


def laplacian_answers(data: Path, photos: int = 60) -> Answerer:
    """p = sigmoid(a - b log variance), a and b of least cross-entropy on photos of ``train``."""
    names = cuhk.split_names("train")
    names = names[:: max(len(names) // photos, 1)]
    x = np.concatenate([laplacian_variance(cuhk.read_photo(data, name)).ravel()[::50] for name in names])
    side = np.concatenate([np.where(cuhk.read_mask(data, name).ravel()[::50], -1.0, 1.0) for name in names])
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


def picture(figures: dict[str, Any], milliseconds: dict[str, float], path: Path) -> None:
    """MAE and error of the mask on the defocus photos over time per photo, published MAE as lines."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.6), layout="constrained")
    for label, time_taken in milliseconds.items():
        values = figures[label]["defocus"]
        (line,) = axes.plot([time_taken] * 2, [values["mae"], values["error"]], "-", lw=1)
        axes.plot(time_taken, values["mae"], "o", color=line.get_color(), label=label)
        axes.plot(time_taken, values["error"], "x", color=line.get_color())
    for label, value in PUBLISHED.items():
        axes.axhline(value, color="0.6", lw=0.8, ls="--", zorder=0)
        axes.annotate(
            label,
            (0.995, value),
            xycoords=("axes fraction", "data"),
            ha="right",
            va=("top" if label == "BR2Net" else "bottom"),
            fontsize=7,
        )
    axes.set(
        xscale="log", yscale="log", xlabel="milliseconds per photo, two cores", ylabel="o MAE, x error of the mask"
    )
    axes.set_yticks([0.03, 0.05, 0.1, 0.2, 0.3], ["0.03", "0.05", "0.1", "0.2", "0.3"])
    axes.minorticks_off()
    axes.set_title("defocus photos of CUHK val; dashed: MAE published for the test photos", fontsize=9)
    axes.legend(loc="upper center", fontsize=8)
    write_file(path, lambda file: figure.savefig(file, format="png", dpi=110), overwrite=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="Folder with image/ and gt/ (CUHK).")
    parser.add_argument("--hifst", type=Path, help="Folder of the maps that HiFST's authors published.")
    parser.add_argument("--split", default="val")
    parser.add_argument("--out", type=Path, help="Folder for accuracy.md and accuracy.png; replaced if they are there.")
    arguments = parser.parse_args()
    answerers: dict[str, Answerer] = {name: model_answers(load(name)) for name in MODELS}
    answerers["variance of Laplacian"] = laplacian_answers(arguments.data)
    if peer := peer_answers():
        answerers["blur-detector"] = peer
    seconds: dict[str, list[float]] = {label: [] for label in answerers}
    answerers = {label: timed(one, seconds[label]) for label, one in answerers.items()}
    if arguments.hifst:
        answerers["HiFST, published maps"] = map_answers(arguments.hifst)
    watch: Callable[[list[str]], Any] = lambda names: track(names, "photos")  # noqa: E731
    figures = evaluate(arguments.data, arguments.split, together(answerers), watch)
    milliseconds = {label: 1000 * float(np.median(values)) for label, values in seconds.items()}
    lines = ["| | ms | defocus: MAE / error / F / IoU | motion: accuracy / mIoU | ECE | type: found / strict |"]
    lines += ["|---|---|---|---|---|---|"]
    for label, subsets in figures.items():
        defocus, motion, both = (subsets[subset] for subset in ("defocus", "motion", "all"))
        cells = [
            label,
            f"{milliseconds[label]:.0f}" if label in milliseconds else "-",
            " / ".join(f"{defocus[key]:.3f}" for key in ("mae", "error", "f", "iou")),
            " / ".join(f"{motion[key]:.3f}" for key in ("accuracy", "miou")),
            f"{both['ece']:.3f}",
            " / ".join(
                f"{(defocus[key] + motion[key]) / 2:.3f}" for key in ("type", "strict_type") if key in defocus
            ) or "-",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"Split `{arguments.split}`. ms: median per photo from the decoded photo, two cores, all in one run, in turn.",
    ]
    lines += [f"Protocol: {PROTOCOL}; the types of defocus and of motion photos are averaged.", ""]
    print("\n".join(lines))
    if arguments.out:
        write_file(arguments.out / "accuracy.md", lambda file: file.write("\n".join(lines).encode()), overwrite=True)
        picture(figures, milliseconds, arguments.out / "accuracy.png")


if __name__ == "__main__":
    main()
