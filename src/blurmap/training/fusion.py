"""Chooses on the validation photos all that is not learned by a network: sizes, calibration and the graph cut's lambda.

``blurmap train fusion`` calls this; it writes the choice into ``paper.json`` and every figure it saw beside it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track

from blurmap.evaluation.dataset import Dataset
from blurmap.files import write_file
from blurmap.imaging.logits import fit_platt
from blurmap.imaging.resizing import fit, resize_map, resize_photo
from blurmap.models.paper import mrf
from blurmap.models.paper.fusion import Calibration, calibrated
from blurmap.models.paper.image_map import image_map
from blurmap.models.paper.patch_map import patch_map
from blurmap.models.paper.system import PATCH_SIDE, PaperModel, Settings
from blurmap.training.export import add_figures, write_description

Map = NDArray[np.float32]

IMAGE_INPUTS: tuple[tuple[tuple[int, ...], bool], ...] = (
    ((256,), False), ((256,), True), ((512,), False), ((256, 512), False), ((256, 512), True),
)  # fmt: skip
PATCH_EXPONENTS = (1.0, 0.5, 0.25, 0.15, 0.1, 0.05)
WORTH = 0.002  # accuracy that a finer stride (four passes instead of one) or a larger lambda must add
STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


@dataclass
class Sample:
    """One validation photo at the working size, with its maps by input."""

    name: str
    small: NDArray[np.uint8]
    truth: NDArray[np.bool_]
    patch: dict[int, Map]
    image: dict[str, Map]


def fit_fusion(data: Dataset, weights: Path, strides: tuple[int, ...] = (8, 4)) -> Settings:
    """Choose the settings of the model ``paper``; write them to ``paper.json`` and all figures to ``fusion.json``.

    Every choice is by the mean of the accuracies on defocus and on motion photos of ``val``, at the working size.
    """
    model, console = PaperModel(weights), Console()
    samples = read_samples(model, data, strides)
    log: dict[str, dict[str, float]] = {}

    def score(label: str, answers: Iterable[NDArray[np.bool_]]) -> float:
        by_type: dict[str, list[float]] = {"defocus": [], "motion": []}
        for sample, answer in zip(samples, answers, strict=True):
            by_type[data.type(sample.name)].append(float((answer == sample.truth).mean()))
        log[label] = {kind: round(float(np.mean(values)), 4) for kind, values in by_type.items()}
        console.print(f"{label:55} defocus {log[label]['defocus']:.4f}  motion {log[label]['motion']:.4f}")
        return float(np.mean(list(log[label].values())))

    for stride in strides:
        score(f"patch, stride {stride}", (s.patch[stride] > 0.5 for s in samples))
    best = max(IMAGE_INPUTS, key=lambda i: score(f"image, {_label(i)}", (s.image[_label(i)] > 0.5 for s in samples)))
    settings = replace(model.settings, image_sizes=best[0], image_flip=best[1])
    pairs: list[tuple[float, int, Calibration]] = []
    for stride in strides:
        for exponent in PATCH_EXPONENTS:
            fitted = fit_calibration([(s.patch[stride], s.image[_label(best)], s.truth) for s in samples], exponent)
            value = score(
                f"product, stride {stride}, exponent {exponent}, scale {fitted.scale:.3f}, bias {fitted.bias:.3f}",
                (calibrated(s.patch[stride], s.image[_label(best)], fitted) > 0.5 for s in samples),
            )
            pairs.append((value, stride, fitted))
    coarse, stride, calibration = max((p for p in pairs if p[1] == strides[0]), key=lambda p: p[0])
    finer = max(pairs, key=lambda p: p[0])
    if finer[0] > coarse + WORTH:
        _, stride, calibration = finer
    settings = replace(settings, patch_stride=stride, calibration=calibration)
    maps = [calibrated(s.patch[stride], s.image[_label(best)], calibration) for s in samples]
    cuts = {
        x: score(f"cut, lambda {x}", (mrf.segment(m, s.small, x) for m, s in zip(maps, samples, strict=True)))
        for x in STRENGTHS
    }
    # Of nearly equal lambdas the smallest: large ones swallow small moving subjects, which few pixels count.
    settings = replace(settings, strength=min(x for x in STRENGTHS if cuts[x] >= max(cuts.values()) - WORTH))
    description = json.loads((weights / "paper.json").read_text())
    write_description(weights / "paper.json", description["files"], asdict(settings))
    add_figures(PaperModel(weights), data, weights / "paper.json")
    text = json.dumps(log, indent=1)
    write_file(weights / "fusion.json", lambda file: file.write(text.encode()), overwrite=True)
    return settings


def read_samples(model: PaperModel, data: Dataset, strides: tuple[int, ...]) -> list[Sample]:
    samples = []
    for name in track(data.names("val"), "maps of the validation photos"):
        photo = data.photo(name)
        middle = resize_photo(photo, fit(photo.shape, PATCH_SIDE))
        shape = fit(photo.shape, model.settings.working_side)
        truth = Image.fromarray(data.mask(name)).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
        samples.append(
            Sample(
                name,
                resize_photo(middle, shape),
                np.asarray(truth),
                {s: resize_map(patch_map(model.patch_network, middle, s), shape) for s in strides},
                {_label(i): resize_map(image_map(model.image_network, middle, *i), shape) for i in IMAGE_INPUTS},
            )
        )
    return samples


def fit_calibration(maps: list[tuple[Map, Map, NDArray[np.bool_]]], exponent: float) -> Calibration:
    """Scale and bias of least cross-entropy for patch maps, image maps and truths."""
    scale, bias = fit_platt([patch**exponent * image for patch, image, _ in maps], [truth for _, _, truth in maps])
    return Calibration(scale, bias, exponent)


def _label(image_input: tuple[tuple[int, ...], bool]) -> str:
    sizes, flip = image_input
    return " + ".join(map(str, sizes)) + (" with flips" if flip else "")
