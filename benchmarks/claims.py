"""What the paper claims of its parts, one by one, on val: figures, and yes or no; writes docs/figures/claims.json.

    python benchmarks/claims.py --data CUHK [--model FOLDER]

Purohit, Shah and Rajagopalan (ICIP 2018), sections 2 to 4. A claim that one step is better than another is yes where
the mean difference, photo by photo, is more than a standard error above nothing, and no where it is as much below.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from output import conditions, options, write_figures
from PIL import Image
from rich.progress import track
from scipy.ndimage import uniform_filter

from blurmap.evaluation.boundaries import boundary_f, regions
from blurmap.evaluation.dataset import open_dataset
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models import load

WINDOW, FLAT, TEXTURED = 15, 4.0, 12.0  # pixels at the working size; grey levels of deviation within
Mask = NDArray[np.bool_]


def texture(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Deviation of the grey values around each pixel."""
    grey = np.asarray(Image.fromarray(photo).convert("L"), np.float32)
    mean, square = uniform_filter(grey, WINDOW), uniform_filter(grey * grey, WINDOW)
    return np.sqrt(np.maximum(square - mean * mean, 0.0))


def share(part: Mask, whole: Mask) -> float:
    """Share of ``whole`` that is in ``part``; NaN where there is too little of it."""
    return float(part[whole].mean()) if whole.sum() >= 200 else float("nan")


def of_photo(stages: dict[str, NDArray[np.float32]], photo: NDArray[np.uint8], truth: Mask) -> dict[str, float]:
    """What the claims are decided by, of one photo."""
    answers = {step: stages[step] > 0.5 for step in stages}
    deviation = texture(photo)
    flat, textured = ~truth & (deviation < FLAT), ~truth & (deviation > TEXTURED)
    found = {}
    for step in ("patch", "image"):
        found[f"{step}, flat sharp called blurred"] = share(answers[step], flat)
        found[f"{step}, textured sharp called blurred"] = share(answers[step], textured)
        found[f"{step}, blur called sharp"] = share(~answers[step], truth)
    found["patch right where image calls blur sharp"] = share(answers["patch"], truth & ~answers["image"])
    for step, answer in answers.items():
        found[f"{step}, accuracy"] = float((answer == truth).mean())
        found[f"{step}, boundary"] = boundary_f(answer, truth)
        found[f"{step}, stray"] = float(regions(answer, truth)[1])
    return found


def compared(rows: list[dict[str, float]], better: str, worse: str) -> dict[str, Any]:
    """Means of two figures of the photos that have both, their difference, its standard error, and yes or no."""
    pairs = np.array([(row[better], row[worse]) for row in rows])
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    difference = pairs[:, 0] - pairs[:, 1]
    mean, error = float(difference.mean()), float(difference.std(ddof=1) / len(difference) ** 0.5)
    answer = "yes" if mean > error else "no" if mean < -error else "neither"
    return {"this": float(pairs[:, 0].mean()), "that": float(pairs[:, 1].mean()), "error": error, "answer": answer}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="CUHK.")
    parser.add_argument("--model", default="paper", help="paper, or a folder of its weights.")
    options(parser)
    arguments = parser.parse_args()
    data, model, rows, kinds = open_dataset(arguments.data), load(arguments.model), [], []
    for name in track(data.names("val")[: arguments.limit], "photos"):
        photo = data.photo(name)
        shape = fit(photo.shape, model.settings.working_side)  # type: ignore[attr-defined]
        truth = Image.fromarray(data.mask(name)).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
        stages = model.stages(photo)  # type: ignore[attr-defined]
        rows.append(of_photo(stages, resize_photo(photo, shape), np.asarray(truth)))
        kinds.append(data.type(name))
    motion = [row for row, kind in zip(rows, kinds, strict=True) if kind == "motion"]
    defocus = [row for row, kind in zip(rows, kinds, strict=True) if kind == "defocus"]
    claims = {
        "the patch network calls flat sharp areas blurred, more than textured ones": compared(
            rows, "patch, flat sharp called blurred", "patch, textured sharp called blurred"
        ),
        "the image network calls fewer flat sharp areas blurred than the patch network": compared(
            rows, "patch, flat sharp called blurred", "image, flat sharp called blurred"
        ),
        "the image network calls more blur sharp than the patch network": compared(
            rows, "image, blur called sharp", "patch, blur called sharp"
        ),
        "the patch network is right in more than half of that": compared(
            [row | {"half": 0.5} for row in rows], "patch right where image calls blur sharp", "half"
        ),
        "the product is better than the patch network": compared(rows, "calibrated, accuracy", "patch, accuracy"),
        "the product is better than the image network, on defocus": compared(
            defocus, "calibrated, accuracy", "image, accuracy"
        ),
        "the product is better than the image network, on motion": compared(
            motion, "calibrated, accuracy", "image, accuracy"
        ),
        "the cut is better than the product": compared(rows, "cut, accuracy", "calibrated, accuracy"),
        "the cut has the better boundaries": compared(rows, "cut, boundary", "calibrated, boundary"),
        "the cut has fewer stray regions": compared(rows, "calibrated, stray", "cut, stray"),
    }
    yes = sum(claim["answer"] == "yes" for claim in claims.values())
    write_figures(
        "claims", {"run": conditions("paper", photos=len(rows), yes=yes), "claims": claims}, arguments.figures
    )


if __name__ == "__main__":
    main()
