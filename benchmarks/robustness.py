"""What harms the models: F on disturbed validation photos, and whole photos; writes robustness.json.

    python benchmarks/robustness.py --data CUHK --sharp SHARP [--models default default-int8]

The whole photos are the 100 of the split ``sharp_val``, which are kept out of training. Blur strengths are in pixels of
a photo with a long side of 640.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from output import conditions, options, refuse_seen, write_figures
from PIL import Image
from rich.progress import track
from scipy.ndimage import gaussian_filter

from blurmap.evaluation.dataset import Dataset, open_dataset
from blurmap.evaluation.metrics import Scores
from blurmap.imaging.kernels import convolved, disk_kernel
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models import load
from blurmap.photos.photo import read_photo
from blurmap.training.data.motion_kernels import kernel_length, motion_kernels
from blurmap.training.data.partial_blur import sharp_photos

Pixels = NDArray[np.uint8]
SIDE = 640


def jpeg(photo: Pixels, quality: int = 40) -> Pixels:
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def noisy(photo: Pixels, sigma: float = 10) -> Pixels:
    noise = np.random.default_rng(0).standard_normal(photo.shape, np.float32) * sigma
    return np.clip(photo + noise + 0.5, 0, 255).astype(np.uint8)


def resized(photo: Pixels, factor: float) -> Pixels:
    height, width = photo.shape[:2]
    size = (round(width * factor), round(height * factor))
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC))


def gamma(photo: Pixels, exponent: float) -> Pixels:
    return ((photo / 255.0) ** exponent * 255 + 0.5).astype(np.uint8)


DISTURBANCES: dict[str, Callable[[Pixels], Pixels]] = {
    "clean": lambda photo: photo,
    "JPEG quality 40": jpeg,
    "Gaussian noise, sigma 10": noisy,
    "half size": lambda photo: resized(photo, 0.5),
    "double size": lambda photo: resized(photo, 2),
    "gamma 0.6": lambda photo: gamma(photo, 0.6),
    "gamma 1.6": lambda photo: gamma(photo, 1.6),
    "turned by 90 degrees": np.rot90,
}


def scores_when_disturbed(data: Dataset, models: list[str], limit: int | None) -> dict[str, dict[str, Scores]]:
    """Scores on val by disturbance and model; masks are brought back to the photo's own size and position."""
    scores: dict[str, dict[str, Scores]] = {}
    for name in track(data.names("val")[:limit], "disturbed photos"):
        photo, truth, known = data.photo(name), data.mask(name), data.known(name)
        for label, disturb in DISTURBANCES.items():
            seen = np.ascontiguousarray(disturb(photo))
            for model in models:
                p = load(model).detect(seen).probability
                p = np.rot90(p, -1) if "turned" in label else p
                if p.shape != truth.shape:
                    size = (truth.shape[1], truth.shape[0])
                    p = np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BILINEAR))
                scores.setdefault(label, {}).setdefault(model, Scores()).add(p, p > 0.5, truth, known=known)
    return scores


def whole_versions(photo: Pixels, random: np.random.Generator) -> dict[str, Pixels]:
    """A sharp photo as it is, and wholly blurred in every way."""
    scale = max(photo.shape) / SIDE
    light = photo.astype(np.float32)

    def shaken(low: float, high: float) -> NDArray[np.float32]:
        fitting = [k for k in KERNELS if low * scale <= kernel_length(k) < high * scale]
        return convolved(light, fitting[random.integers(len(fitting))])

    blurred = {f"Gaussian, sigma {s}": gaussian_filter(light, (s * scale, s * scale, 0)) for s in (1, 2, 3, 5)}
    blurred |= {f"disk, radius {r}": convolved(light, disk_kernel(r * scale)) for r in (2, 3, 5, 8)}
    blurred |= {f"shake, {low} to {high} pixels": shaken(low, high) for low, high in ((5, 9), (9, 15), (15, 30))}
    return {"sharp": photo} | {label: np.clip(x + 0.5, 0, 255).astype(np.uint8) for label, x in blurred.items()}


STRONG = ("Gaussian, sigma 2", "Gaussian, sigma 3", "Gaussian, sigma 5", "disk, radius 3", "disk, radius 5",
          "disk, radius 8", "shake, 9 to 15 pixels", "shake, 15 to 30 pixels")  # fmt: skip
KERNELS = motion_kernels(400, pans=0.0, seed=99)


def whole(sharp: Path, models: list[str], limit: int | None) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Share of pixels called blurred, and of those the share called motion, by version and model."""
    shares: dict[str, dict[str, list[tuple[float, float]]]] = {}
    random = np.random.default_rng(0)
    for path in track(sharp_photos(sharp, held_out=True)[:limit], "whole photos"):
        photo = read_photo(path)
        photo = resize_photo(photo, fit(photo.shape, SIDE))
        for label, version in whole_versions(photo, random).items():
            for model in models:
                result = load(model).detect(version)
                motion = (result.fractions or {}).get("motion", 0.0) / max(result.fraction, 1e-6)
                shares.setdefault(label, {}).setdefault(model, []).append((result.fraction, motion))
    return shares


def summary(values: list[tuple[float, float]]) -> dict[str, float]:
    """Of the shares of all photos: median and mean share that is blurred, mean share of that which is motion."""
    blurred, motion = zip(*values, strict=True)
    return {"median": float(np.median(blurred)), "mean": float(np.mean(blurred)), "motion": float(np.mean(motion))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="Folder with image/ and gt/ (CUHK).")
    parser.add_argument("--sharp", type=Path, required=True, help="Folder of sharp photos.")
    parser.add_argument("--models", nargs="+", default=["default", "default-int8"])
    options(parser)
    arguments = parser.parse_args()
    models: list[str] = arguments.models
    data = open_dataset(arguments.data)
    refuse_seen(models, data, "val")
    scores = scores_when_disturbed(data, models, arguments.limit)
    f = {label: {model: found.figures() for model, found in by_model.items()} for label, by_model in scores.items()}
    shares = whole(arguments.sharp, models, arguments.limit)
    shares["all from sigma 2, radius 3, 9 pixels up"] = {
        model: [value for label in STRONG for value in shares[label][model]] for model in models
    }
    figures: dict[str, Any] = {
        "run": conditions(*models, photos=f["clean"][models[0]]["photos"], whole=len(shares["sharp"][models[0]]))
    }
    figures["disturbed"] = {
        label: {model: {"f": by[model]["f"], "change": by[model]["f"] - f["clean"][model]["f"]} for model in models}
        for label, by in f.items()
    }
    figures["whole"] = {label: {model: summary(by[model]) for model in models} for label, by in shares.items()}
    write_figures("robustness", figures, arguments.figures)


if __name__ == "__main__":
    main()
