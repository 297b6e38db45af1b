"""Fits the verdict on photos that real cameras made, and on made-up ones. ``blurmap train verdict`` calls this.

Real photos decide: a folder of them with verdicts by eye (``blurmap.evaluation.verdicts``), each judged by a fit
that has not seen its group. Beside them, since they are few: partly blurred photos of labelled sets (``selective``),
and sharp photos that are kept out of every training, as they are and blurred all over, some of them under lettering. A
false alarm on a good photo costs as much as five missed bad ones.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from blurmap.evaluation.dataset import Dataset
from blurmap.evaluation.verdicts import BLURRED, read_photos
from blurmap.files import write_text
from blurmap.imaging.pyramid import Pyramid
from blurmap.models.default import DefaultModel
from blurmap.models.judging import VERDICT, Judge
from blurmap.models.weights import fingerprint, read_description
from blurmap.photos.photo import open_photo
from blurmap.training.data.verdict_photos import partly_blurred, whole
from blurmap.training.package import Package
from blurmap.training.verdict_fit import Sample, fit_regressions, held_out_answers, shake_to_name
from blurmap.training.verdict_table import figures_of, summed_up
from blurmap.verdict.judge import Weights
from blurmap.verdict.judgement import VERDICTS


def fit_verdict(
    data: list[Dataset], sharp: Path, photos: list[Path], weights: Path, model_name: str = "default"
) -> str:
    """Fit the verdict and write it into ``verdict.json`` of a folder of weights; returns its figures in words.

    Parameters
    ----------
    data : list of Dataset
        Partly blurred photos; those of their ``val`` are taken.
    sharp : Path
        Folder of sharp photos; those of the split ``sharp_val`` are taken.
    photos : list of Path
        Folders of real photos with verdicts; without any the fit is on made-up ones alone.
    weights : Path
        Folder with ``verdict.json``; ``verdict-figures.json`` is written beside it.
    model_name : {"default", "default-int8"}
        Whose maps are judged; its own are taken from the folder, if they are there.
    """
    own = (weights / f"{model_name}.json").is_file()
    model = DefaultModel(model_name, weights if own else None, judge=Judge(weights, weights=Weights.none()))
    made = [photo for one in data for photo in partly_blurred(one)], whole(sharp)
    samples = [sample(model, photo.pixels, photo.truth, photo.group, photo.label) for part in made for photo in part]
    samples += [one for folder in photos for one in real_photos(model, folder)]
    figures = figures_of(samples, held_out_answers(samples).tolist())
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
        more = {"real": True, "kind_known": known, "folder": folder.resolve().name}
        samples.append(
            sample(model, open_photo(photo.path), truth, f"{folder.name} {photo.group}", photo.path.name, **more)
        )
    return samples
