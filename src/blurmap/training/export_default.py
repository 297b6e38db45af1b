"""Writes the network of ``default`` as the ONNX files that ship, float32 and int8, with settings chosen on val.

``blurmap export default`` calls this. The int8 file is quantised after training.
"""

import json
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track

from blurmap.evaluation.dataset import Dataset
from blurmap.files import write_text
from blurmap.imaging.logits import fit_platt
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import MULTIPLE, fit_multiple, resize_map, resize_photo, upsample_along_edges
from blurmap.models.default import DefaultModel, Settings
from blurmap.models.judging import verdict_description
from blurmap.models.weights import fingerprint, read_description
from blurmap.training.checkpoint import load_checkpoint
from blurmap.training.export import FromPixels, exported, figures_on_val
from blurmap.training.networks.blur_network import CENTRE, SPREAD, BlurNetwork
from blurmap.training.norms import norms_of
from blurmap.training.onnx_metadata import provenance_now, recipe_sha256
from blurmap.training.package import Package
from blurmap.training.quantisation import quantised

NAMES = ("default", "default-int8")
CALIBRATION_PHOTOS = 96
SIDES = ((384,), (448,), (480,), (512,), (576,), (384, 512))
TYPE_SMOOTHINGS = (0.0, 0.04, 0.08, 0.15)  # further would forbid a photo to hold both kinds
WORTH = 0.001  # of accuracy: less is not worth a slower setting


def trained_network(*checkpoints: Path) -> BlurNetwork:
    """The averaged network of a run, ready to use; of several runs, each begun from the one before, their mean.

    Between a network and what further training made of it, the mean of the weights is often better than both
    (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
    """
    states = [load_checkpoint(checkpoint) for checkpoint in checkpoints]
    network = BlurNetwork(json.loads(states[0]["settings"])["encoder"])
    weights = [state["average"] for state in states]
    network.load_state_dict({key: sum(w[key] for w in weights) / len(weights) for key in weights[0]})
    return network.eval()


def export_default(
    checkpoints: list[Path],
    data: Dataset,
    out: Path,
    sides: tuple[int, ...] | None = None,
    like: Path | None = None,
) -> Settings:
    """Write ``default.onnx``, ``default-int8.onnx``, a JSON file for each, and ``default-choices.json``.

    Parameters
    ----------
    checkpoints : list of Path
        ``default.pt`` of a run; if of several, the mean of their weights is written.
    data : Dataset
        Photos of ``train`` set the ranges of the int8 activations, those of ``val`` the settings.
    out : Path
        Folder to write to; files there are replaced.
    sides : tuple of int, optional
        Working sizes; if not given, the smallest of ``SIDES`` within ``WORTH`` of the best accuracy on val.
    like : Path, optional
        Folder of an earlier export whose settings and figures are taken as they are: for weights that were trained on
        val too, on which nothing can be chosen or measured any more.
    """
    whole = float_package(checkpoints)
    if like:
        earlier = {name: read_description(name, like) for name in NAMES}
        whole.settings = earlier["default"]["settings"]
    else:
        settings, log = choose_settings(DefaultModel(folder=whole.folder()), data, sides)
        whole.settings = asdict(settings)
        write_text(out / "default-choices.json", json.dumps(log, indent=1), overwrite=True)
    small = int8_package(whole, data)
    for package in (whole, small):
        if like:
            before = earlier[package.name]
            package.settings, package.val = before["settings"], before.get("val")
            if package.val:
                package.val_weights = before.get("val_weights", fingerprint(before, verdict_description(like))[:12])
        else:
            package.val = figures_on_val(DefaultModel(package.name, package.folder()), data)
        package.save(out)
    return Settings.of({"settings": whole.settings})


def float_package(checkpoints: list[Path], **provenance: str) -> Package:
    """``default`` as it comes out of a training, with settings that nobody has chosen yet."""
    network = trained_network(*checkpoints)
    recipe = recipe_sha256(*(load_checkpoint(checkpoint)["settings"] for checkpoint in checkpoints))
    return Package(
        "default", {"network": exported(FromPixels(network, CENTRE, SPREAD), MULTIPLE)}, asdict(Settings()),
        norms=norms_of(network), provenance=provenance_now("default", recipe_sha256=recipe, **provenance),
    )  # fmt: skip


def int8_package(whole: Package, data: Dataset) -> Package:
    """``default-int8`` from ``default``, with its settings; photos of ``train`` set the ranges of the activations."""
    names, side = data.names("train"), max(whole.settings["sides"])
    photos = (data.photo(name) for name in names[:: max(len(names) // CALIBRATION_PHOTOS, 1)])
    small = quantised(
        whole.networks["network"], (resize_photo(photo, fit_multiple(photo.shape, side)) for photo in photos)
    )
    return Package("default-int8", {"network": small}, whole.settings, provenance=whole.provenance)


Log = dict[str, dict[str, float]]


def choose_settings(model: DefaultModel, data: Dataset, sides: tuple[int, ...] | None) -> tuple[Settings, Log]:
    """Working sizes and calibration by the photos of ``val``, and the figures of all that was tried."""
    console, log = Console(), dict[str, dict[str, float]]()
    names = data.names("val")
    photos = [data.photo(name) for name in track(names, "reading")]
    masks, known = [data.mask(name) for name in names], [data.known(name) for name in names]
    kinds = np.array([data.type(name) for name in names])
    maps, scores, times = {}, {}, {}
    for tried in (sides,) if sides else SIDES:
        model.settings = replace(model.settings, sides=tried)
        started = time.perf_counter()
        answers = [model.maps(Pyramid(Image.fromarray(photo))).blurred for photo in photos]
        times[tried] = (time.perf_counter() - started) / len(photos)
        maps[tried] = [upsample_along_edges(answer, photo) for answer, photo in zip(answers, photos, strict=True)]
        right = np.array([((p > 0.5) == mask)[k].mean() for p, mask, k in zip(maps[tried], masks, known, strict=True)])
        accuracy = {kind: round(float(right[kinds == kind].mean()), 4) for kind in ("defocus", "motion")}
        scores[tried] = float(np.mean(list(accuracy.values())))
        log[" + ".join(map(str, tried))] = accuracy | {"ms": round(1000 * times[tried], 1)}
        console.print(f"{tried!s:20} {log[' + '.join(map(str, tried))]}")
    good = [tried for tried in scores if scores[tried] >= max(scores.values()) - WORTH]
    chosen = min(good, key=lambda tried: sum(side**2 for side in tried))  # fewest pixels: times vary with the machine
    scale, bias = fit_platt(
        [p[k] for p, k in zip(maps[chosen], known, strict=True)],
        [mask[k] for mask, k in zip(masks, known, strict=True)],
    )
    model.settings = replace(model.settings, sides=chosen)
    log |= choose_type_smoothing(model, photos, masks, kinds)
    width = max(TYPE_SMOOTHINGS, key=lambda r: log[f"type, smoothing {r}"]["type"])
    return Settings(chosen, scale, bias, width), log


def choose_type_smoothing(
    model: DefaultModel, photos: list[NDArray[np.uint8]], masks: list[NDArray[np.bool_]], kinds: NDArray[np.str_]
) -> Log:
    """Share of the blurred pixels found whose type is right, by how far the type is smoothed."""
    log: Log = {}
    for width in TYPE_SMOOTHINGS:
        model.settings = replace(model.settings, type_smoothing=width)
        right: dict[str, list[float]] = {"defocus": [], "motion": []}
        for photo, mask, kind in zip(photos, masks, kinds, strict=True):
            maps = model.maps(Pyramid(Image.fromarray(photo)))
            both = maps.mask & (resize_map(mask.astype(np.float32), maps.mask.shape) > 0.5)
            if both.any() and maps.motion is not None:
                right[kind].append(float(((maps.motion > 0.5) == (kind == "motion"))[both].mean()))
        log[f"type, smoothing {width}"] = {"type": round(float(np.mean([np.mean(v) for v in right.values() if v])), 4)}
    return log
