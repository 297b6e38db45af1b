"""Scores a model, or somebody's maps, on labelled photos. ``blurmap evaluate`` calls this."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.evaluation.dataset import Dataset, split_names
from blurmap.evaluation.metrics import Scores
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import upsample_along_edges
from blurmap.maps import KINDS, Maps
from blurmap.models import MODELS, Model, SteppedModel, description
from blurmap.result import BlurMap

Kind = NDArray[np.uint8] | None
Answer = tuple[NDArray[np.float32], NDArray[np.bool_], Kind]  # probability, mask and kind at the photo's size
Answerer = Callable[[str, NDArray[np.uint8]], dict[str, Answer]]  # name and photo to answers by step
Figures = dict[str, dict[str, dict[str, float]]]  # step -> "defocus" | "motion" | "all" -> figure -> value


def evaluate(
    data: Dataset, split: str, answer: Answerer, watch: Callable[[list[str]], Iterable[str]] = iter
) -> Figures:
    """Score the answers on a split.

    Parameters
    ----------
    data : Dataset
        See ``blurmap.evaluation.dataset.open_dataset``.
    split : str
        Name of a split, or path of a list of names.
    answer : callable
        One of ``model_answers``, ``step_answers``, ``map_answers``.
    watch : callable
        Wraps the names, for a progress bar.

    Raises
    ------
    FileNotFoundError
        If a photo, mask or map of the split is missing.
    """
    scores: dict[str, dict[str, Scores]] = {}
    for name in watch(data.names(split)):
        truth, true_kind, known = data.mask(name), KINDS.index(data.type(name)), data.known(name)
        for step, (probability, mask, kind) in answer(name, data.photo(name)).items():
            subsets = scores.setdefault(step, {})
            for subset in (data.type(name), "all"):
                subsets.setdefault(subset, Scores()).add(probability, mask, truth, kind, true_kind, known)
    return {
        step: {subset: subsets[subset].figures() for subset in ("defocus", "motion", "all") if subset in subsets}
        for step, subsets in scores.items()
    }


def trained_on(model: str, data: Dataset, split: str) -> bool:
    """Whether a model's weights have seen photos of ``val`` that are in a split: its figures there mean nothing.

    The weights that ship were trained on ``val`` of the public sets too. The figures that are kept with them are of the
    same training without it, and name the weights that they are of.

    Parameters
    ----------
    model : str
        Name of a model, or path of a folder of weights.
    data, split
        As ``evaluate`` takes them.
    """
    if "val_weights" not in description(model):
        return False
    return not {*split_names("val"), *split_names("szu_val")}.isdisjoint(data.names(split))


def model_answers(model: Model) -> Answerer:
    """What ``detect`` of a loaded model answers."""

    def answer(name: str, photo: NDArray[np.uint8]) -> dict[str, Answer]:
        result = model.detect(photo)
        return {model.name: (result.probability, result.mask, result.kind)}

    return answer


def step_answers(loaded: Model) -> Answerer:
    """Every step of a model that has steps on its own, the mask of all but the last being probability > 0.5.

    Raises
    ------
    ValueError
        If the model has no steps.
    """
    if not loaded.capabilities.steps:
        stepped = [name for name, shipped in MODELS.items() if shipped.capabilities.steps]
        raise ValueError(f"the model {loaded.name} has no steps to score; give --model {' or '.join(stepped)}")
    model = cast(SteppedModel, loaded)

    def answer(name: str, photo: NDArray[np.uint8]) -> dict[str, Answer]:
        stages = model.stages(photo)
        cut = stages.pop("cut") > 0.5
        whole = BlurMap(Pyramid(Image.fromarray(photo)), Maps(stages["calibrated"], cut=cut), loaded.name)
        answers: dict[str, Answer] = {}
        for step, values in stages.items():
            probability = upsample_along_edges(values, photo)
            answers[step] = probability, probability > 0.5, None
        answers["cut"] = whole.probability, whole.mask, None
        return answers

    return answer


def map_answers(folder: Path, bright: str = "sharp") -> Answerer:
    """Maps on disk, ``NAME.png`` or ``NAME_*.png``, whose bright pixels are ``"sharp"`` or ``"blurred"``."""

    def answer(name: str, photo: NDArray[np.uint8]) -> dict[str, Answer]:
        paths = [path for path in (folder / f"{name}.png", *sorted(folder.glob(f"{name}_*"))) if path.is_file()]
        if not paths:
            raise FileNotFoundError(f"no map of {name} in {folder}: expected {name}.png or {name}_*.png")
        with Image.open(paths[0]) as image:
            grey = image.convert("L")
            if grey.size != (photo.shape[1], photo.shape[0]):
                grey = grey.resize((photo.shape[1], photo.shape[0]), Image.Resampling.BILINEAR)
            values = np.asarray(grey, np.float32) / 255.0
        probability = 1.0 - values if bright == "sharp" else values
        return {folder.name: (probability, probability > 0.5, None)}

    return answer
