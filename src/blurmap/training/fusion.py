"""Chooses on the validation photos all that is not learned by a network: sizes, calibration, the graph cut's lambda.

``blurmap train fusion`` calls this; it writes the choice into ``paper.json`` and every figure it saw beside it. Only
the patch map's temperature and threshold come from photos of ``train``: the patch network saw none of them.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from scipy.optimize import minimize

from blurmap.evaluation.dataset import Dataset
from blurmap.files import write_text
from blurmap.imaging.logits import EVERY, fit_platt, logit
from blurmap.imaging.resizing import fit, resize_map, resize_photo
from blurmap.models.paper import mrf
from blurmap.models.paper.fusion import Calibration, calibrated, over_sizes
from blurmap.models.paper.image_map import image_map
from blurmap.models.paper.system import LARGEST, PaperModel, Settings
from blurmap.training.export import figures_on_val
from blurmap.training.package import Package

Map = NDArray[np.float32]
Mask = NDArray[np.bool_]

PATCH_SIDES: tuple[tuple[int, ...], ...] = ((480,), (480, 240), (640,), (640, 320))  # the fastest first
# mirrored views beside them double the time for .005 before the cut and .001 after it
IMAGE_INPUTS: tuple[tuple[int, ...], ...] = ((256,), (512,), (256, 512))
EXPONENTS = (0.5, 0.25, 0.15, 0.1, 0.05)  # of the patch network's share, beside the published 1
STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
GENTLE = 8.0  # a larger lambda swallows small moving subjects, which few pixels count
WORTH = 0.002  # accuracy that what is slower or less as published must add; lambdas this near are nearly equal
FITTED = 60  # photos of train


@dataclass
class PhotoMaps:
    """One photo at the working size, with the networks' maps by input."""

    name: str
    small: NDArray[np.uint8]
    truth: Mask
    patch: dict[int, Map]  # by side
    image: dict[tuple[int, ...], Map]  # by squares


class Scored:
    """Accuracies on the validation photos by type of blur, kept under a label and printed."""

    def __init__(self, data: Dataset, samples: list[PhotoMaps]) -> None:
        self.data, self.samples, self.console = data, samples, Console()
        self.log: dict[str, dict[str, float]] = {}

    def __call__(self, label: str, answers: Iterable[Mask]) -> float:
        """The mean of the two types' accuracies."""
        by_type: dict[str, list[float]] = {"defocus": [], "motion": []}
        for sample, answer in zip(self.samples, answers, strict=True):
            by_type[self.data.type(sample.name)].append(float((answer == sample.truth).mean()))
        self.log[label] = {kind: round(float(np.mean(values)), 4) for kind, values in by_type.items()}
        figures = "  ".join(f"{kind} {value:.4f}" for kind, value in self.log[label].items())
        self.console.print(f"{label:55} {figures}")
        return float(np.mean(list(self.log[label].values())))


def fit_fusion(data: Dataset, weights: Path) -> Settings:
    """Choose the settings of the model ``paper``; write them to ``paper.json`` and all figures to ``fusion.json``.

    Every choice is by the mean of the accuracies on defocus and on motion photos of ``val``, at the working size.
    """
    model = PaperModel(weights)
    names = data.names("train")
    fitted = read_samples(model, data, names[:: max(len(names) // FITTED, 1)], images=False)
    samples = read_samples(model, data, data.names("val"))
    score = Scored(data, samples)
    settings = choose_image_input(samples, score, model.settings)
    alone = image_alone(samples, settings)
    score("image, own temperature and threshold", (_product(sample, alone) > 0.5 for sample in samples))
    settings = choose_product(samples, fitted, score, settings)
    cuts: dict[float, float] = {}
    for told, one in (("image alone, cut", alone), ("cut", settings)):
        for x in STRENGTHS:
            masks = (mrf.segment(_product(sample, one), sample.small, x) for sample in samples)
            cuts[x] = score(f"{told}, lambda {x:g}", masks)
    settings = replace(settings, strength=choose_strength(cuts))
    package = Package.read("paper", weights)
    package.settings = asdict(settings)
    package.val = figures_on_val(PaperModel(package.folder()), data)
    package.save(weights)
    text = json.dumps(score.log, indent=1)
    write_text(weights / "fusion.json", text, overwrite=True)
    return settings


def choose_image_input(samples: list[PhotoMaps], score: Scored, settings: Settings) -> Settings:
    """The sizes that the image network sees photos at."""

    def accuracy(sizes: tuple[int, ...]) -> float:
        return score(f"image, {_label(sizes)}", (sample.image[sizes] > 0.5 for sample in samples))

    return replace(settings, image_sizes=max(IMAGE_INPUTS, key=accuracy), image_flip=False)


def image_alone(samples: list[PhotoMaps], settings: Settings) -> Settings:
    """The image network without the patch network, its own temperature and threshold fitted: what to compare with."""
    images = [_image(sample, settings) for sample in samples]
    scale, bias = fit_platt(images, [sample.truth for sample in samples])
    alone = Calibration(scale, bias, patch_exponent=0.0)
    nothing = tuple(0.0 for _ in settings.patch_sides)
    return replace(settings, calibration=alone, patch_weights=nothing)


def choose_product(samples: list[PhotoMaps], fitted: list[PhotoMaps], score: Scored, settings: Settings) -> Settings:
    """The sizes that the patch network sees photos at, and the calibration of the product.

    The fastest sizes within ``WORTH`` of the best; the published exponent 1 unless another adds ``WORTH``.
    """
    tried: dict[tuple[int, ...], tuple[float, Settings]] = {}
    for sides in PATCH_SIDES:
        own, bias = fit_patch(fitted, sides)
        one = replace(settings, patch_sides=sides, patch_weights=own, patch_bias=bias)
        label = _label(sides)
        score(f"patch, {label}", (_patch(sample, one) > 0.5 for sample in samples))
        one = replace(one, calibration=fit_calibration(_triples(samples, one)))
        tried[sides] = score(f"product, {label}", (_product(sample, one) > 0.5 for sample in samples)), one
    best = max(value for value, _ in tried.values())
    value, settings = next(found for found in tried.values() if found[0] >= best - WORTH)
    free = []
    for exponent in EXPONENTS:
        one = replace(settings, calibration=fit_exponent(_triples(samples, settings), exponent))
        free.append((score(f"product, exponent {exponent}", (_product(s, one) > 0.5 for s in samples)), one))
    other, freed = max(free, key=lambda found: found[0])
    return freed if other > value + WORTH else settings


def choose_strength(accuracies: dict[float, float]) -> float:
    """The lambda of the cut, by the accuracy with each: of those up to ``GENTLE`` within ``WORTH`` the largest.

    Photos that are sharp or blurred all over gain by it, and ``val`` has none.
    """
    gentle = {strength: accuracy for strength, accuracy in accuracies.items() if strength <= GENTLE}
    return max(strength for strength in gentle if gentle[strength] >= max(gentle.values()) - WORTH)


def fit_patch(samples: list[PhotoMaps], sides: tuple[int, ...]) -> tuple[tuple[float, ...], float]:
    """Temperature of the patch map at each side, and its threshold, of least cross-entropy."""
    maps = np.stack([np.concatenate([logit(s.patch[side].ravel()[::EVERY]) for s in samples]) for side in sides])
    truth = np.concatenate([s.truth.ravel()[::EVERY] for s in samples])
    parameters = _least(lambda x: x[:-1] @ maps + x[-1], truth, [0.5] * len(sides) + [0.0])
    return tuple(parameters[:-1]), parameters[-1]


def fit_calibration(maps: list[tuple[Map, Map, Mask]]) -> Calibration:
    """All temperatures and thresholds of the product with exponent 1, from patch maps, image maps and truths."""
    patch, image = (
        # in float64: the fit takes differences, which float32 loses
        np.concatenate([logit(m.ravel()[::EVERY]) for m in kind]).astype(float)
        for kind in ([patch for patch, _, _ in maps], [image for _, image, _ in maps])
    )
    truth = np.concatenate([truth.ravel()[::EVERY] for _, _, truth in maps])

    def logits(x: NDArray[np.float64]) -> NDArray[np.float64]:
        # log b of the product of two sigmoids; log b - log(1 - b) is its logit
        log = -np.logaddexp(0, -(x[2] * patch + x[3])) - np.logaddexp(0, -(x[4] * image + x[5]))
        return x[0] * (log - np.log1p(-np.exp(np.minimum(log, -1e-6)))) + x[1]

    scale, bias, *own = _least(logits, truth, [1.0, 0.5, 0.5, 1.5, 1.0, 0.0])
    return Calibration(scale, bias, 1.0, *own)


def fit_exponent(maps: list[tuple[Map, Map, Mask]], exponent: float) -> Calibration:
    """Scale and bias of least cross-entropy for patch ** exponent * image."""
    scale, bias = fit_platt([patch**exponent * image for patch, image, _ in maps], [truth for _, _, truth in maps])
    return Calibration(scale, bias, exponent)


def read_samples(model: PaperModel, data: Dataset, names: list[str], images: bool = True) -> list[PhotoMaps]:
    """Photos with their maps, those of the image network only if asked for."""
    samples = []
    sides = sorted({side for sides in PATCH_SIDES for side in sides})
    for name in track(names, "maps of the photos"):
        photo = data.photo(name)
        middle = resize_photo(photo, fit(photo.shape, LARGEST))
        shape = fit(photo.shape, model.settings.working_side)
        truth = Image.fromarray(data.mask(name)).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
        samples.append(
            PhotoMaps(
                name,
                resize_photo(middle, shape),
                np.asarray(truth),
                {side: resize_map(model.patch_map(middle, side), shape) for side in sides},
                {i: resize_map(image_map(model.image_network, middle, i), shape) for i in IMAGE_INPUTS}
                if images
                else {},
            )
        )
    return samples


def _least(
    logits: Callable[[NDArray[np.float64]], NDArray[np.float64]], truth: Mask, start: list[float]
) -> list[float]:
    """The parameters of least cross-entropy."""
    side = np.where(truth, -1.0, 1.0)
    optimum = minimize(
        lambda x: np.logaddexp(0, side * logits(x)).mean(), start, method="BFGS", options={"maxiter": 60}
    )
    return [round(float(value), 4) for value in optimum.x]


def _patch(sample: PhotoMaps, settings: Settings) -> Map:
    maps = [sample.patch[side] for side in settings.patch_sides]
    return over_sizes(maps, settings.patch_weights, settings.patch_bias)


def _image(sample: PhotoMaps, settings: Settings) -> Map:
    return sample.image[settings.image_sizes]


def _product(sample: PhotoMaps, settings: Settings) -> Map:
    return calibrated(_patch(sample, settings), _image(sample, settings), settings.calibration)


def _triples(samples: list[PhotoMaps], settings: Settings) -> list[tuple[Map, Map, Mask]]:
    return [(_patch(sample, settings), _image(sample, settings), sample.truth) for sample in samples]


def _label(sizes: tuple[int, ...]) -> str:
    return " + ".join(map(str, sizes))
