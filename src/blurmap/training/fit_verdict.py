"""Fits the verdict's regression on validation photos, shows its confusion. ``blurmap train verdict`` calls this.

CUHK val is partly blurred throughout (``selective``); sharp, defocused and shaken photos are the 100 sharp ones that
are kept out of training, as they are and blurred all over, at three sizes, with noise and JPEG. The figures are from
five-fold cross-validation by source photo: no photo is judged by weights that it helped to fit.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize

from blurmap import cuhk
from blurmap.default import DefaultModel
from blurmap.files import write_file
from blurmap.magnification import disk_kernel
from blurmap.photo import read_photo
from blurmap.pyramid import Pyramid
from blurmap.resizing import fit, resize_photo
from blurmap.training.export import write_description
from blurmap.training.kernels import convolved, kernel_length, motion_kernels
from blurmap.training.partial_blur import sharp_photos
from blurmap.verdict import FEATURES, VERDICTS, features, largest_region, prevailing_motion

SIDES = (
    500,
    1000,
    4000,
)  # long sides in pixels; larger than the source is enlarged: soft at 100 %, as phone photos are
SIGMAS = (1.2, 1.6, 2.2, 3.2, 5.0)  # of defocus, pixels at a long side of 640
LENGTHS = ((6, 9), (9, 14), (14, 30))  # of shake
FOLDS = 5
CAUTION = 3.0  # a selective photo called bad costs as much as three other mistakes


@dataclass(frozen=True)
class Sample:
    """Features, share of motion, true verdict (index), group for cross-validation, label for the table."""

    values: NDArray[np.float64]
    motion: float
    truth: int
    group: int
    label: str


def fit_verdict(data: Path, sharp: Path, weights: Path, names: tuple[str, ...] = ("default", "default-int8")) -> float:
    """Fit the verdict of each model, write it to ``NAME.json``; returns the worst balanced accuracy of them."""
    worst = 1.0
    for name in names:
        model = DefaultModel(name, weights)
        samples = partly_blurred(model, data) + whole(model, sharp)
        accuracy, text = cross_validated(samples)
        fitted = fit_regression(samples)
        Console().print(f"{name}\n{text}")
        path = weights / f"{name}.json"
        description = json.loads(path.read_text())
        description["settings"]["verdict"] = [[round(float(x), 4) for x in row] for row in fitted]
        write_description(path, description["files"], description["settings"], description.get("val"))
        write_file(weights / f"{name}-verdict.md", lambda file, text=text: file.write(text.encode()), overwrite=True)  # type: ignore[misc]
        worst = min(worst, accuracy)
    return worst


def sample(model: DefaultModel, photo: NDArray[np.uint8], truth: int, group: int, label: str) -> Sample:
    seen = Pyramid(Image.fromarray(photo))
    blurred, motion = model.maps(seen)
    size = model.sharp_size(seen, blurred)
    values = features(blurred, largest_region(blurred < 0.5), size, max(photo.shape[:2]))
    return Sample(values, prevailing_motion(blurred, motion), truth, group, label)


def partly_blurred(model: DefaultModel, data: Path) -> list[Sample]:
    samples = []
    for group, name in enumerate(track(cuhk.split_names("val"), "partly blurred photos")):
        photo = cuhk.read_photo(data, name)
        samples.append(sample(model, photo, 1, group, f"CUHK val, {cuhk.blur_type(name)}"))
        random = np.random.default_rng([2, group])
        for side in SIDES[:2]:
            samples.append(sample(model, disturbed(photo, side, random), 1, group, f"CUHK val, {side} pixels"))
    return samples


def whole(model: DefaultModel, sharp: Path) -> list[Sample]:
    kernels = motion_kernels(300, pans=0.0, seed=77)
    samples = []
    for group, path in enumerate(track(sharp_photos(sharp, held_out=True), "whole photos")):
        random = np.random.default_rng([1, group])
        photo = read_photo(path)
        photo = resize_photo(photo, fit(photo.shape, 1000))
        scale, light = max(photo.shape) / 640, photo.astype(np.float32)
        for side in SIDES if group % 4 == 0 else SIDES[:2]:  # large ones take long
            sigma = scale * float(random.choice(SIGMAS))
            disk = bool(random.random() < 0.7)
            soft = convolved(light, disk_kernel(2 * sigma)) if disk else gaussian_filter(light, (sigma, sigma, 0))
            low, high = LENGTHS[random.integers(len(LENGTHS))]
            fitting = [k for k in kernels if low * scale <= kernel_length(k) < high * scale]
            shaken = convolved(light, fitting[random.integers(len(fitting))]) if fitting else None
            for truth, version in ((0, light), (2, soft), (3, shaken)):
                if version is not None:
                    pixels = np.clip(version + 0.5, 0, 255).astype(np.uint8)
                    seen = disturbed(pixels, side, random)
                    samples.append(sample(model, seen, truth, 1000 + group, f"{VERDICTS[truth]}, {side} pixels"))
    return samples


def disturbed(photo: NDArray[np.uint8], side: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """At a long side, with noise (a third), as JPEG of quality 60 (a third), or neither."""
    height, width = photo.shape[:2]
    size = (round(width * side / max(height, width)), round(height * side / max(height, width)))
    image = Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC)
    choice = random.integers(3)
    if choice == 1:
        noise = random.standard_normal((size[1], size[0], 3), np.float32) * np.float32(random.uniform(2, 8))
        return np.clip(np.asarray(image) + noise + 0.5, 0, 255).astype(np.uint8)
    if choice == 2:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=60)
        image = Image.open(buffer)
    return np.asarray(image)


def fit_regression(samples: list[Sample]) -> NDArray[np.float64]:
    """Weights (3 x FEATURES + 1) of a multinomial regression, the classes weighted alike, with a little shrinkage."""
    x = np.array([np.append(s.values, 1.0) for s in samples])
    y = np.array([min(s.truth, 2) for s in samples])
    importance = 1.0 / np.bincount(y, minlength=3)[y]
    target = np.eye(3)[y]
    cost = 1 - np.eye(3)
    cost[1, 2] = CAUTION  # [truth, answer]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = x @ flat.reshape(3, -1).T + np.log(np.maximum(cost[y], 1e-9)) * (target == 0)
        shift = logits - logits.max(1, keepdims=True)
        p = np.exp(shift) / np.exp(shift).sum(1, keepdims=True)
        value = -(importance * np.log(np.maximum((p * target).sum(1), 1e-12))).sum() + 1e-3 * (flat**2).sum()
        gradient = ((importance[:, None] * (p - target)).T @ x).ravel() + 2e-3 * flat
        return float(value), gradient

    found = minimize(loss, np.zeros(3 * (FEATURES + 1)), jac=True, method="L-BFGS-B")
    result: NDArray[np.float64] = found.x.reshape(3, -1)
    return result


def answer(weights: NDArray[np.float64], one: Sample) -> int:
    broad = int((weights @ np.append(one.values, 1.0)).argmax())
    return broad if broad < 2 else (3 if one.motion > 0.5 else 2)


def cross_validated(samples: list[Sample]) -> tuple[float, str]:
    """Balanced accuracy, and a text with the confusion matrix and the accuracy by kind of photo."""
    groups = np.unique([s.group for s in samples])
    fold = dict(zip(groups, np.random.default_rng(0).integers(0, FOLDS, len(groups)), strict=True))
    answers = np.empty(len(samples), int)
    for k in range(FOLDS):
        weights = fit_regression([s for s in samples if fold[s.group] != k])
        for i, s in enumerate(samples):
            if fold[s.group] == k:
                answers[i] = answer(weights, s)
    truths = np.array([s.truth for s in samples])
    confusion = np.array([[int(((truths == t) & (answers == a)).sum()) for a in range(4)] for t in range(4)])
    present = confusion.sum(1) > 0
    balanced = float((np.diag(confusion)[present] / confusion.sum(1)[present]).mean())
    lines = [f"Balanced accuracy {balanced:.3f}; five-fold cross-validation by photo.", ""]
    lines += [f"| truth | {' | '.join(VERDICTS)} |", "|---|---|---|---|---|"]
    lines += [f"| {VERDICTS[t]} | {' | '.join(map(str, confusion[t]))} |" for t in range(4)]
    bad = confusion[1, 2:].sum() / max(confusion[1].sum(), 1)
    lines += ["", f"Selective photos called defocused or motion: {bad:.1%}.", "", "| photos | right |", "|---|---|"]
    labels = np.array([s.label for s in samples])
    lines += [f"| {name} | {(answers == truths)[labels == name].mean():.3f} |" for name in sorted(set(labels))]
    return balanced, "\n".join(lines) + "\n"
