"""Fits the verdict on photos that real cameras made, and on made-up ones. ``blurmap train verdict`` calls this.

Real photos decide: a folder of them with verdicts by eye (``blurmap.evaluation.verdicts``), each judged by a fit
that has not seen its group. Beside them, since they are few: partly blurred photos of labelled sets (``selective``),
and sharp photos that are kept out of every training, as they are and blurred all over, some of them under lettering. A
false alarm on a good photo costs as much as five missed bad ones.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from scipy.optimize import minimize

from blurmap.evaluation.dataset import Dataset, split_names
from blurmap.evaluation.verdicts import BLURRED, read_photos
from blurmap.files import write_text
from blurmap.imaging.kernels import Kernel, convolved
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models.default import DefaultModel
from blurmap.models.judging import VERDICT, Judge
from blurmap.models.weights import fingerprint, read_description
from blurmap.photos.photo import open_photo, read_photo
from blurmap.training.data.augment import as_jpeg
from blurmap.training.data.documents import document
from blurmap.training.data.lettering import lettered
from blurmap.training.data.motion_kernels import kernel_length, motion_kernels
from blurmap.training.data.partial_blur import defocused, sharp_photos
from blurmap.training.package import Package
from blurmap.verdict.judge import Seen, Weights, chances, features, type_features
from blurmap.verdict.judgement import VERDICTS

SIDES = (500, 1000)  # pixels, long sides of partly blurred photos
SCALES = (0.6, 1.0, 1.3)  # of sharp ones: made smaller, as they are, a little larger, so that they are soft at 100 %
SIGMAS = (1.2, 1.6, 2.2, 3.2, 5.0)  # of defocus, pixels at a long side of 640
LENGTHS = ((6, 9), (9, 14), (14, 30))  # of shake
FOLDS = 5
FALSE_ALARM = 5.0  # what a good photo called bad costs, in missed bad ones
REAL = 1.0  # the real photos of a class weigh as much as all made ones of it, times this
SPARED = 0.05  # share of sharp photos that may be said to be slightly shaken
SHRINKAGE = 3e-3


@dataclass(frozen=True)
class Sample:
    """What was seen of a photo, its true verdict, the group it may not be parted from, and a label for the table.

    ``truth`` is an index of VERDICTS; 2 with ``kind_known`` false for a bad photo of which nobody said the kind.
    """

    seen: Seen
    truth: int
    group: str
    label: str
    real: bool = False
    kind_known: bool = True


def fit_verdict(
    data: list[Dataset], sharp: Path, photos: Path | None, weights: Path, model_name: str = "default"
) -> str:
    """Fit the verdict and write it into ``verdict.json`` of a folder of weights; returns its figures in words.

    Parameters
    ----------
    data : list of Dataset
        Partly blurred photos; those of their ``val`` are taken.
    sharp : Path
        Folder of sharp photos; those of the split ``sharp_val`` are taken.
    photos : Path, optional
        Folder of real photos with verdicts; without it the fit is on made-up ones alone.
    weights : Path
        Folder with ``verdict.json``; ``verdict-figures.json`` is written beside it.
    model_name : {"default", "default-int8"}
        Whose maps are judged; its own are taken from the folder, if they are there.
    """
    own = (weights / f"{model_name}.json").is_file()
    model = DefaultModel(model_name, weights if own else None, judge=Judge(weights, weights=Weights.none()))
    samples = [s for one in data for s in partly_blurred(model, one)] + whole(model, sharp)
    samples += real_photos(model, photos) if photos else []
    figures = cross_validated(samples)
    verdict, types = fit_regressions(samples)
    package = Package.read(VERDICT, weights)
    package.settings = Weights(verdict, types, shake_to_name(samples)).settings()
    package.save(weights)
    digits = fingerprint(read_description(VERDICT, weights))[:12]
    text = json.dumps({"weights": digits, "maps": model_name} | figures, indent=1) + "\n"
    write_text(weights / f"{VERDICT}-figures.json", text, overwrite=True)
    return summed_up(figures)


def sample(
    model: DefaultModel, photo: Image.Image | NDArray[np.uint8], truth: int, group: str, label: str, **more: Any
) -> Sample:
    pyramid = Pyramid(photo if isinstance(photo, Image.Image) else Image.fromarray(photo))
    return Sample(model.judge.seen(pyramid, model.maps(pyramid)), truth, group, label, **more)


def real_photos(model: DefaultModel, folder: Path) -> list[Sample]:
    samples = []
    for photo in track(read_photos(folder), "real photos"):
        known = photo.verdict != BLURRED
        truth = VERDICTS.index(photo.verdict) if known else 2
        more = {"real": True, "kind_known": known}
        samples.append(sample(model, open_photo(photo.path), truth, photo.group, photo.path.name, **more))
    return samples


def partly_blurred(model: DefaultModel, data: Dataset) -> list[Sample]:
    samples = []
    for number, name in enumerate(track(data.names("val"), f"partly blurred photos, {data.name}")):
        photo, group = data.photo(name), f"{data.name} {name.rpartition('_')[0] or name}"
        samples.append(sample(model, photo, 1, group, f"{data.name} val, {data.type(name)}"))
        random = np.random.default_rng([2, number])
        for side in SIDES:
            samples.append(sample(model, disturbed(photo, side, random), 1, group, f"{data.name} val, {side} pixels"))
    return samples


def whole(model: DefaultModel, sharp: Path) -> list[Sample]:
    """The held-out sharp photos as they are and blurred all over; half of them below pages too, the others lettered."""
    kernels = motion_kernels(300, pans=0.0, seed=77)
    partly = set(split_names("sharp_val_partly"))  # five have soft or moving parts, seen by eye
    samples: list[Sample] = []

    def add(made: Iterator[Version], name: str, label: str = "", *, written: bool = False) -> None:
        for truth, scale, seen in made:
            pixels = lettered(seen, np.random.default_rng([5, len(samples)]))[0] if written else seen
            known = 1 if truth == 0 and name in partly and not label else truth
            samples.append(sample(model, pixels, known, name, f"{label}{VERDICTS[known]}, {scale:g} of the photo"))

    for number, path in enumerate(track(sharp_photos(sharp, held_out=True), "whole photos")):
        photo = read_photo(path)
        photo = resize_photo(photo, fit(photo.shape, 1000))
        add(versions(photo, SCALES, kernels, np.random.default_rng([1, number])), path.stem)
        random = np.random.default_rng([3, number])
        if number % 2:
            add(versions(document(photo, random), SCALES[1:2], kernels, random), path.stem, PAGE)
        elif path.stem not in partly:
            add(versions(photo, SCALES[1:2], kernels, random), path.stem, LETTERED, written=True)
    return samples


PAGE, LETTERED = "printed page, ", "lettering over it, "  # of labels; counted apart


Version = tuple[int, float, NDArray[np.uint8]]  # true verdict, scale, pixels


def versions(
    photo: NDArray[np.uint8], scales: tuple[float, ...], kernels: list[Kernel], random: np.random.Generator
) -> Iterator[Version]:
    """A sharp photo as it is, defocused and shaken, at some scales."""
    light = photo.astype(np.float32)
    for scale in scales:
        unit = max(max(photo.shape) / 640, 1 / scale)  # mild blur is seen at 640 pixels, and in what is smaller
        soft = defocused(light, unit * float(random.choice(SIGMAS)), random)
        low, high = LENGTHS[random.integers(len(LENGTHS))]
        fitting = [k for k in kernels if low * unit <= kernel_length(k) < high * unit]
        moved = convolved(light, fitting[random.integers(len(fitting))]) if fitting else None
        for truth, version in ((0, light), (2, soft), (3, moved)):
            if version is not None:
                pixels = np.clip(version + 0.5, 0, 255).astype(np.uint8)
                yield truth, scale, disturbed(pixels, round(scale * max(photo.shape)), random)


def disturbed(photo: NDArray[np.uint8], side: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """At a long side, with noise (a third), as JPEG of quality 60 (a third), or neither."""
    size = round(photo.shape[1] * side / max(photo.shape[:2])), round(photo.shape[0] * side / max(photo.shape[:2]))
    image = Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC)
    choice = random.integers(3)
    if choice == 1:
        noise = random.standard_normal((size[1], size[0], 3), np.float32) * np.float32(random.uniform(2, 8))
        return np.clip(np.asarray(image) + noise + 0.5, 0, 255).astype(np.uint8)
    if choice == 2:
        image = as_jpeg(image, 60)
    return np.asarray(image)


Fitted = tuple[NDArray[np.float64], NDArray[np.float64]]  # of the verdict, of the type


def fit_regressions(samples: list[Sample]) -> Fitted:
    """Weights of the verdict and of the type of bad photos."""
    broad = np.array([min(s.truth, 2) for s in samples])
    cost = 1 - np.eye(3)
    cost[:2, 2] = FALSE_ALARM  # [truth, answer]
    verdict = fit_regression(np.array([features(s.seen) for s in samples]), broad, cost, importance(samples, broad))
    bad = [s for s in samples if s.truth >= 2 and s.kind_known]
    kinds = np.array([s.truth - 2 for s in bad])
    x = np.array([type_features(s.seen) for s in bad])
    alike = 1 / np.bincount(kinds)[kinds]  # real ones whose kind is known are too few to weigh as much as made ones
    types = fit_regression(x, kinds, 1 - np.eye(2), alike)
    return verdict, types[1] - types[0]


def shake_to_name(samples: list[Sample]) -> float:
    """The shake from which on it is named: all but ``SPARED`` of the sharp photos have less, real and made alike."""
    seen = [
        [s.seen.sharpness.shake for s in samples if s.truth == 0 and s.real == real and not s.label.startswith(PAGE)]
        for real in (True, False)
    ]
    return max(float(np.quantile(part, 1 - SPARED)) for part in seen if part)


def importance(samples: list[Sample], classes: NDArray[np.int_]) -> NDArray[np.float64]:
    """How much each sample counts: classes alike, and within each real photos ``REAL`` times as much as made ones."""
    real, weights = np.array([s.real for s in samples]), np.zeros(len(samples))
    for one in np.unique(classes):
        for part, share in ((real, REAL), (~real, 1.0)):
            chosen = (classes == one) & part
            if chosen.any():
                weights[chosen] = share / chosen.sum()
    return weights


def fit_regression(
    x: NDArray[np.float64],
    y: NDArray[np.int_],
    cost: NDArray[np.float64],
    weights: NDArray[np.float64],
    shrinkage: float = SHRINKAGE,
) -> NDArray[np.float64]:
    """Weights (classes x features + 1) of a multinomial regression, with a little shrinkage.

    ``cost[truth, answer]`` is what a wrong answer costs, ``weights`` what each of the samples counts.
    """
    x, count = np.column_stack([x, np.ones(len(x))]), len(cost)
    target = np.eye(count)[y]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = x @ flat.reshape(count, -1).T + np.log(np.maximum(cost[y], 1e-9)) * (target == 0)
        shift = logits - logits.max(1, keepdims=True)
        p = np.exp(shift) / np.exp(shift).sum(1, keepdims=True)
        value = -(weights * np.log(np.maximum((p * target).sum(1), 1e-12))).sum() + shrinkage * (flat**2).sum()
        gradient = ((weights[:, None] * (p - target)).T @ x).ravel() + 2 * shrinkage * flat
        return float(value), gradient

    found = minimize(loss, np.zeros(count * x.shape[1]), jac=True, method="L-BFGS-B")
    result: NDArray[np.float64] = found.x.reshape(count, -1)
    return result


def answer(fitted: Fitted, one: Sample) -> int:
    """Index of the verdict, as ``blurmap.verdict.judge.judge`` passes it."""
    broad = int(chances(one.seen, fitted[0]).argmax())
    return broad if broad < 2 else (3 if fitted[1] @ np.append(type_features(one.seen), 1.0) > 0 else 2)


def held_out_answers(samples: list[Sample]) -> NDArray[np.int_]:
    """Answers by fits that have not seen a photo's group: real ones group by group, made ones in ``FOLDS`` parts."""
    made = sorted({s.group for s in samples if not s.real})
    part: dict[str, str] = dict(
        zip(made, np.random.default_rng(0).integers(0, FOLDS, len(made)).astype(str), strict=True)
    )
    parts = [f"real {s.group}" if s.real else part[s.group] for s in samples]
    answers = np.empty(len(samples), int)
    for one in track(sorted(set(parts)), "fits"):
        fitted = fit_regressions([s for s, p in zip(samples, parts, strict=True) if p != one])
        for i, s in enumerate(samples):
            if parts[i] == one:
                answers[i] = answer(fitted, s)
    return answers


def cross_validated(samples: list[Sample]) -> dict[str, Any]:
    """Figures of real photos, of made-up ones, and of these by label; each answer by a fit that has not seen its group.

    Keys ``real`` (if there are any), ``made``, ``pages``, ``lettered``, ``labels``, and ``wrong``: the real photos of
    which good is called bad or bad good.
    """
    rows = [*zip(samples, held_out_answers(samples).tolist(), strict=True)]
    real, made = [r for r in rows if r[0].real], [r for r in rows if not r[0].real]
    plain = [r for r in made if not r[0].label.startswith((PAGE, LETTERED))]
    figures = {"real": confusion(real)} if real else {}
    figures |= {"made": confusion(plain)}
    for name, start in (("pages", PAGE), ("lettered", LETTERED)):
        figures |= {name: confusion([r for r in made if r[0].label.startswith(start)])}
    labels = sorted({s.label for s, _ in made})
    by_label = {
        name: {
            "photos": sum(s.label == name for s, _ in made),
            "right": float(np.mean([s.truth == said for s, said in made if s.label == name])),
            "wrong_way": float(np.mean([(s.truth < 2) != (said < 2) for s, said in made if s.label == name])),
        }
        for name in labels
    }
    wrong = {s.label: {"truth": truth_of(s), "said": VERDICTS[said]} for s, said in real if (s.truth < 2) != (said < 2)}
    return figures | {"labels": by_label, "wrong": wrong}


def truth_of(one: Sample) -> str:
    return VERDICTS[one.truth] if one.kind_known else BLURRED


def confusion(rows: list[tuple[Sample, int]]) -> dict[str, Any]:
    """Counts by truth and answer, false alarms, misses, and the balanced accuracy over the truths that occur."""
    counts: dict[str, dict[str, int]] = {truth: dict.fromkeys(VERDICTS, 0) for truth in (*VERDICTS, BLURRED)}
    for s, said in rows:
        counts[truth_of(s)][VERDICTS[said]] += 1
    counts = {truth: answers for truth, answers in counts.items() if any(answers.values())}
    right = [
        (answers["defocused"] + answers["motion"] if truth == BLURRED else answers[truth]) / sum(answers.values())
        for truth, answers in counts.items()
    ]
    return {
        "good": sum(s.truth < 2 for s, _ in rows), "false_alarms": sum(s.truth < 2 <= said for s, said in rows),
        "bad": sum(s.truth >= 2 for s, _ in rows), "missed": sum(said < 2 <= s.truth for s, said in rows),
        "balanced": float(np.mean(right)) if right else 0.0, "confusion": counts,
    }  # fmt: skip


def summed_up(figures: dict[str, Any]) -> str:
    """The figures in a line each."""
    lines = []
    for name in ("real", "made", "pages", "lettered"):
        if found := figures.get(name):
            alarms = f"{found['false_alarms']} of {found['good']} good ones called bad"
            missed = f"{found['missed']} of {found['bad']} bad ones called good"
            lines.append(f"{name}: {alarms}, {missed}, balanced accuracy {found['balanced']:.3f}")
    lines += [f"  {name}: {wrong['truth']} called {wrong['said']}" for name, wrong in figures["wrong"].items()]
    return "\n".join(lines)
