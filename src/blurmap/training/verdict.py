"""Fits the verdict's regression on validation photos, shows its confusion. ``blurmap train verdict`` calls this.

CUHK val is partly blurred throughout (``selective``); sharp, defocused and shaken photos are the 100 sharp ones that
are kept out of training, as they are and blurred all over, at three sizes, with noise and JPEG. The figures are from
five-fold cross-validation by source photo: no photo is judged by weights that it helped to fit.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from scipy.optimize import minimize

from blurmap.evaluation.dataset import Dataset, split_names
from blurmap.files import write_file
from blurmap.imaging.kernels import Kernel, convolved
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models.default import DefaultModel
from blurmap.photo import read_photo
from blurmap.training.data.augment import as_jpeg
from blurmap.training.data.documents import document
from blurmap.training.data.motion_kernels import kernel_length, motion_kernels
from blurmap.training.data.partial_blur import defocused, shaken, sharp_photos
from blurmap.training.export import write_description
from blurmap.verdict.judge import chances, features, shake, type_features
from blurmap.verdict.judgement import VERDICTS
from blurmap.verdict.regions import largest_region

SIDES = (
    500,
    1000,
    4000,
)  # long sides in pixels; larger than the source is enlarged: soft at 100 %, as phone photos are
SIGMAS = (1.2, 1.6, 2.2, 3.2, 5.0)  # of defocus, pixels at a long side of 640
LENGTHS = ((6, 9), (9, 14), (14, 30))  # of shake
SHAKEN_SIDE, MILD_LENGTHS = 1280, (3.0, 8.0)  # pixels: what a careful person sees at full size only
PAGE, MILD = "printed page, ", f"camera shaken by 3 to 8 pixels at {SHAKEN_SIDE}, "  # of labels; counted apart
FOLDS = 5
CAUTION = 2.0  # a selective photo called bad costs as much as two other mistakes
SPARED = 0.03  # share of sharp photos that may be said to be slightly shaken
SHRINKAGE = 1e-4


@dataclass(frozen=True)
class Sample:
    """Features of the verdict and of the type, shake, share that is blurred, true verdict (index), group for the folds,
    label for the table.
    """

    values: NDArray[np.float64]
    types: NDArray[np.float64]
    shake: float
    blurred: float
    truth: int
    group: int
    label: str


def fit_verdict(
    data: Dataset, sharp: Path, weights: Path, names: tuple[str, ...] = ("default", "default-int8")
) -> float:
    """Fit the verdict of each model, write it to ``NAME.json``; returns the worst balanced accuracy of them."""
    worst = 1.0
    for name in names:
        model = DefaultModel(name, weights)
        samples = partly_blurred(model, data) + whole(model, sharp)
        accuracy, text = cross_validated(samples)
        fitted, types = fit_regressions(samples)
        Console().print(f"{name}\n{text}")
        path = weights / f"{name}.json"
        description = json.loads(path.read_text())
        description["settings"]["verdict"] = [[round(float(x), 4) for x in row] for row in fitted]
        description["settings"]["types"] = [round(float(x), 4) for x in types]
        description["settings"]["shaken"] = shake_to_name(samples)
        write_description(path, **description)
        write_file(weights / f"{name}-verdict.md", lambda file, text=text: file.write(text.encode()), overwrite=True)  # type: ignore[misc]
        worst = min(worst, accuracy)
    return worst


def sample(model: DefaultModel, photo: NDArray[np.uint8], truth: int, group: int, label: str) -> Sample:
    seen = Pyramid(Image.fromarray(photo))
    maps = model.maps(seen)
    sharpness = model.sharpness(seen, maps)
    values = features(maps, largest_region(~maps.mask), sharpness, max(photo.shape[:2]))
    return Sample(
        values, type_features(maps, sharpness), shake(sharpness), float(maps.mask.mean()), truth, group, label
    )


def partly_blurred(model: DefaultModel, data: Dataset) -> list[Sample]:
    samples = []
    for group, name in enumerate(track(data.names("val"), "partly blurred photos")):
        photo = data.photo(name)
        samples.append(sample(model, photo, 1, group, f"CUHK val, {data.type(name)}"))
        random = np.random.default_rng([2, group])
        for side in SIDES[:2]:
            samples.append(sample(model, disturbed(photo, side, random), 1, group, f"CUHK val, {side} pixels"))
    return samples


def whole(model: DefaultModel, sharp: Path, blurred: bool = True) -> list[Sample]:
    """The held-out sharp photos as they are and, if ``blurred``, blurred all over and with pages."""
    kernels = motion_kernels(300, pans=0.0, seed=77)
    partly = set(split_names("sharp_val_partly"))  # five have soft or moving parts, seen by eye
    samples = []
    for group, path in enumerate(track(sharp_photos(sharp, held_out=True), "whole photos")):
        photo = read_photo(path)
        photo = resize_photo(photo, fit(photo.shape, 1000))
        sides = SIDES if group % 4 == 0 else SIDES[:2]  # large ones take long
        for made, side, seen in versions(photo, sides, kernels, np.random.default_rng([1, group])):
            truth = 1 if made == 0 and path.stem in partly else made
            if blurred or made == 0:
                samples.append(sample(model, seen, truth, 1000 + group, f"{VERDICTS[truth]}, {side} pixels"))
        if not blurred:
            continue
        for truth, seen in mild_shake(photo, np.random.default_rng([4, group])):
            samples.append(sample(model, seen, truth, 1000 + group, f"{MILD}{VERDICTS[truth]}"))
        if group % 2:
            random = np.random.default_rng([3, group])
            for truth, side, seen in versions(document(photo, random), SIDES[:2], kernels, random):
                samples.append(sample(model, seen, truth, 1000 + group, f"{PAGE}{VERDICTS[truth]}, {side} pixels"))
    return samples


def mild_shake(photo: NDArray[np.uint8], random: np.random.Generator) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """True verdict and pixels of a photo that a camera shook a little."""
    large = Image.fromarray(photo).resize(fit_up(photo.shape, SHAKEN_SIDE), Image.Resampling.BICUBIC)
    light = np.asarray(large, np.float32) / np.float32(255)
    moved = shaken(light, float(random.uniform(*MILD_LENGTHS)), random)
    yield 3, (np.clip(moved, 0, 1) * 255 + 0.5).astype(np.uint8)


def fit_up(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Width and height with a long side of ``side``, larger than the photo where need be."""
    return round(shape[1] * side / max(shape[:2])), round(shape[0] * side / max(shape[:2]))


def versions(
    photo: NDArray[np.uint8], sides: tuple[int, ...], kernels: list[Kernel], random: np.random.Generator
) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    """True verdict, long side, and pixels of a sharp photo as it is, defocused and shaken."""
    scale, light = max(photo.shape) / 640, photo.astype(np.float32)
    for side in sides:
        soft = defocused(light, scale * float(random.choice(SIGMAS)), random)
        low, high = LENGTHS[random.integers(len(LENGTHS))]
        fitting = [k for k in kernels if low * scale <= kernel_length(k) < high * scale]
        moved = convolved(light, fitting[random.integers(len(fitting))]) if fitting else None
        for truth, version in ((0, light), (2, soft), (3, moved)):
            if version is not None:
                yield truth, side, disturbed(np.clip(version + 0.5, 0, 255).astype(np.uint8), side, random)


def disturbed(photo: NDArray[np.uint8], side: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """At a long side, with noise (a third), as JPEG of quality 60 (a third), or neither."""
    size = fit_up(photo.shape, side)
    image = Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC)
    choice = random.integers(3)
    if choice == 1:
        noise = random.standard_normal((size[1], size[0], 3), np.float32) * np.float32(random.uniform(2, 8))
        return np.clip(np.asarray(image) + noise + 0.5, 0, 255).astype(np.uint8)
    if choice == 2:
        image = as_jpeg(image, 60)
    return np.asarray(image)


def fit_regressions(samples: list[Sample]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of the verdict (3 x FEATURES + 1) and of the type of bad photos (4)."""
    truths = np.array([s.truth for s in samples])
    cost = 1 - np.eye(3)
    cost[1, 2] = CAUTION  # [truth, answer]
    verdict = fit_regression(np.array([s.values for s in samples]), np.minimum(truths, 2), cost)
    bad = [s for s in samples if s.truth >= 2]
    types = fit_regression(np.array([s.types for s in bad]), truths[truths >= 2] - 2, 1 - np.eye(2))
    return verdict, types[1] - types[0]


def shake_to_name(samples: list[Sample]) -> float:
    """The shake from which on it is named: all but ``SPARED`` of the sharp photos have less."""
    seen = [s.shake for s in samples if s.truth == 0 and not s.label.startswith(PAGE)]
    return round(float(np.quantile(seen, 1 - SPARED)), 4)


def fit_regression(
    x: NDArray[np.float64], y: NDArray[np.int_], cost: NDArray[np.float64], shrinkage: float = SHRINKAGE
) -> NDArray[np.float64]:
    """Weights (classes x features + 1) of a multinomial regression, classes weighted alike, with a little shrinkage."""
    x, count = np.column_stack([x, np.ones(len(x))]), len(cost)
    importance = 1.0 / np.bincount(y, minlength=count)[y]
    target = np.eye(count)[y]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = x @ flat.reshape(count, -1).T + np.log(np.maximum(cost[y], 1e-9)) * (target == 0)
        shift = logits - logits.max(1, keepdims=True)
        p = np.exp(shift) / np.exp(shift).sum(1, keepdims=True)
        value = -(importance * np.log(np.maximum((p * target).sum(1), 1e-12))).sum() + shrinkage * (flat**2).sum()
        gradient = ((importance[:, None] * (p - target)).T @ x).ravel() + 2 * shrinkage * flat
        return float(value), gradient

    found = minimize(loss, np.zeros(count * x.shape[1]), jac=True, method="L-BFGS-B")
    result: NDArray[np.float64] = found.x.reshape(count, -1)
    return result


def answer(weights: tuple[NDArray[np.float64], NDArray[np.float64]], one: Sample) -> int:
    broad = int(chances(one.values, one.blurred, weights[0]).argmax())
    return broad if broad < 2 else (3 if weights[1] @ np.append(one.types, 1.0) > 0 else 2)


def confused(truths: NDArray[np.int_], answers: NDArray[np.int_]) -> tuple[float, NDArray[np.int_]]:
    """Balanced accuracy over the verdicts that occur, and the counts of [truth, answer]."""
    counts = np.array([[int(((truths == t) & (answers == a)).sum()) for a in range(4)] for t in range(4)])
    present = counts.sum(1) > 0
    return float((np.diag(counts)[present] / counts.sum(1)[present]).mean()), counts


def cross_validated(samples: list[Sample]) -> tuple[float, str]:
    """Balanced accuracy, and a text with the confusion matrix and the accuracy by kind of photo."""
    groups = np.unique([s.group for s in samples])
    fold = dict(zip(groups, np.random.default_rng(0).integers(0, FOLDS, len(groups)), strict=True))
    answers = np.empty(len(samples), int)
    for k in range(FOLDS):
        weights = fit_regressions([s for s in samples if fold[s.group] != k])
        for i, s in enumerate(samples):
            if fold[s.group] == k:
                answers[i] = answer(weights, s)
    truths, labels = np.array([s.truth for s in samples]), np.array([s.label for s in samples])
    pages, mild = np.char.startswith(labels, PAGE), np.char.startswith(labels, MILD)
    counted = ~(pages | mild)
    balanced, confusion = confused(truths[counted], answers[counted])
    lines = [f"Balanced accuracy {balanced:.3f}; five-fold cross-validation by photo.", ""]
    lines += [f"| truth | {' | '.join(VERDICTS)} |", "|---|---|---|---|---|"]
    lines += [f"| {VERDICTS[t]} | {' | '.join(map(str, confusion[t]))} |" for t in range(4)]
    bad = confusion[1, 2:].sum() / max(confusion[1].sum(), 1)
    lines += ["", f"Selective photos called defocused or motion: {bad:.1%}."]
    if pages.any():
        lines += [f"Printed pages, made up, not among these: {confused(truths[pages], answers[pages])[0]:.3f}."]
    if mild.any():
        lines += [f"Cameras shaken a little, not among these: {(answers == truths)[mild].mean():.3f} called motion."]
    lines += ["", "| photos | right |", "|---|---|"]
    lines += [f"| {name} | {(answers == truths)[labels == name].mean():.3f} |" for name in sorted(set(labels))]
    return balanced, "\n".join(lines) + "\n"
