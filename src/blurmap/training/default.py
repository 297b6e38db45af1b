"""Trains the network of ``default`` on labelled and synthetic photos. ``blurmap train default`` calls this."""

import csv
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate
from torch.utils.data import DataLoader

from blurmap.evaluation import dataset as cuhk
from blurmap.imaging.resizing import fit_multiple, resize_photo
from blurmap.photo import read_photo
from blurmap.training.checkpoint import Run, WeightAverage, load_checkpoint
from blurmap.training.data.blur_views import BlurViews, Labelled
from blurmap.training.data.partial_blur import read_partial_blur, sharp_photos
from blurmap.training.networks.blur_network import BLURRED, CENTRE, MOTION, SPREAD, BlurNetwork

TYPE_WEIGHT, COARSE_WEIGHT, IOU_WEIGHT = 0.3, 0.3, 0.5
WARM_UP = 200  # steps in which the rate rises


def train_default(
    data: Path,
    sharp: Path,
    out: Path,
    *,
    epochs: int = 26,
    seed: int = 0,
    resume: bool = False,
    sizes: tuple[int, ...] = (256, 256, 256, 256, 352, 352, 352),
    rate: float = 1.5e-3,
    encoder_rate: float = 4e-4,
    batch: int = 8,
    synthetic: int = 4000,
    shares: tuple[float, ...] = (0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25),
    motion_copies: tuple[int, ...] = (2, 2, 2, 2, 1, 1, 1),
    strength: float = 1.0,
    init: Path | None = None,
    workers: int = 1,
    save_every: int = 50,
    decay: float = 0.998,
    szu: Path,
    szu_shares: tuple[float, ...] = (1.0,),
    everything: bool = False,
    floor: float = 0.0,
    frozen: bool = False,
    partial: Path,
) -> Path:
    """Train the network; returns the path of its checkpoint ``out/default.pt``.

    Parameters
    ----------
    data : Path
        Folder with ``image/`` and ``gt/`` (see :mod:`blurmap.evaluation.dataset`).
    sharp : Path
        Folder of sharp photos, for the synthetic ones; those of the split ``sharp_val`` are only validated on.
    out : Path
        Folder of the run: ``partial/`` (synthetic photos), ``default.pt`` (checkpoint), ``log.jsonl``.
    epochs : int
        Passes over the labelled photos; the rates follow half a cosine to zero.
    sizes : tuple of int
        Sides of the square views, multiples of 32, each for an equal part of the epochs: small first, which is faster.
    batch : int
        Views per step.
    rate, encoder_rate : float
        Highest rates of AdamW for the decoder and for the pretrained encoder.
    synthetic : int
        Synthetic photos to make.
    shares : tuple of float
        Synthetic photos per labelled photo, each for an equal part of the epochs: fewer at last, when the network
        learns where the people who made the masks draw the line.
    motion_copies : tuple of int
        How often the labelled photos with motion blur, of which there are few, come in an epoch; likewise.
    strength : float
        Of the disturbances of the views, 0 to 1.
    init : Path, optional
        Checkpoint whose averaged weights to start from.
    imagenet : bool
        Start the encoder from ImageNet weights.
    decay : float
        Of the weight average.

    Raises
    ------
    FileExistsError
        If ``out`` holds a run and ``resume`` is false.
    """
    console = Console()
    torch.manual_seed(seed)
    network: BlurNetwork = BlurNetwork().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if init is not None:
        state = load_checkpoint(init)["average"]
        if "narrow.weight" in state:
            network.load_stride_two(state)
        else:
            network.load_state_dict(state)
    else:
        network.encoder.load_imagenet()
    if frozen:
        for part in (network.encoder.stem, *network.encoder.blocks[:3]):
            part.requires_grad_(False)
    average = WeightAverage(network, decay)
    encoder = [p for p in network.encoder.parameters() if p.requires_grad]
    others = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
    optimiser = torch.optim.AdamW([{"params": encoder}, {"params": others}], rate, weight_decay=0.02)
    run = Run(out / "default.pt", {"network": network, "optimiser": optimiser}, average, {"seed": seed}, resume=resume)
    names = cuhk.split_names("train") + (cuhk.split_names("val") if everything else [])
    szu_names = cuhk.split_names("szu_train") + (cuhk.split_names("szu_val") if everything else [])
    types = {row["name"]: row["type"] for row in csv.DictReader((szu / "photos.csv").open())}
    real = [read_labelled(data, name, cuhk.blur_type(name)) for name in track(names, "reading", console=console)]
    more = [read_labelled(szu, name, types[name]) for name in szu_names]
    made = [read_partial_blur(partial, i) for i in range(synthetic)]
    validation = read_validation(data, sharp)
    for name in cuhk.split_names("szu_val"):
        photo, kind = read_labelled(szu, name, types[name])
        small = resize_photo(photo, fit_multiple(photo.shape, 448)).transpose(2, 0, 1).copy()
        validation.append(("szu", torch.from_numpy(small), kind))
    views = BlurViews(real, more, made, batch, seed)
    views.strength = strength

    for epoch in range(run.epoch, epochs):
        first = run.step
        network.train()
        if frozen:
            for part in (network.encoder.stem, *network.encoder.blocks[:3]):
                part.eval()
        views.size = sizes[len(sizes) * epoch // epochs]
        views.share = shares[len(shares) * epoch // epochs]
        views.szu_share = szu_shares[len(szu_shares) * epoch // epochs]
        views.motion_copies = motion_copies[len(motion_copies) * epoch // epochs]
        views.start(epoch, first * batch)
        steps = first + len(views) // batch
        # its own generator, so that a resumed run goes on as if it had not been stopped
        loader = DataLoader(views, batch, num_workers=workers, generator=torch.Generator())
        losses, started = [], time.monotonic()
        shown = track(loader, f"epoch {epoch + 1}/{epochs}", console=console, disable=not console.is_terminal)
        for step, (view, labels) in enumerate(shown, first):
            done = (epoch + step / steps) / epochs
            height = min(1.0, (epoch * steps + step + 1) / min(WARM_UP, 0.05 * epochs * steps)) * (
                floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done))
            )
            for group, highest in zip(optimiser.param_groups, (encoder_rate, rate), strict=True):
                group["lr"] = highest * height
            fine, coarse = network.with_coarse(network_input(view))
            loss = blur_loss(fine, labels, IOU_WEIGHT) + COARSE_WEIGHT * blur_loss(coarse, labels, 0.0)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            average.update(network)
            losses.append(loss.item())
            if (step + 1) % 50 == 0:
                console.print(
                    f"epoch {epoch + 1} step {step + 1}/{steps} loss {np.mean(losses[-50:]):.4f} {(time.monotonic() - started) / len(losses):.3f} s/step"
                )
            if (step + 1) % save_every == 0 and step + 1 < steps:
                run.save(epoch, step + 1)
        figures = {"epoch": epoch + 1, "loss": round(float(np.mean(losses)), 4)}
        figures |= validate(average.network, validation)
        run.save(epoch + 1, 0)
        with (out / "log.jsonl").open("a") as log:
            log.write(json.dumps({**figures, "seconds": round(time.monotonic() - started)}) + "\n")
        console.print("  ".join(f"{key} {value}" for key, value in figures.items()))
    return run.path


def blur_loss(logits: Tensor, labels: Tensor, iou_weight: float) -> Tensor:
    """Cross-entropy, the soft IoU loss of both classes, and the cross-entropy of the type on blurred pixels.

    ``logits`` N x 2 x h x w are brought to the size of ``labels`` (N x 3 x H x W uint8: blurred, motion, known).
    """
    logits = interpolate(logits, labels.shape[2:], mode="bilinear", align_corners=False)
    blurred, motion, known = (labels.float() / 255).unbind(1)
    known = (known > 0.99).float()
    p = logits[:, BLURRED].sigmoid()
    loss = (known * binary_cross_entropy_with_logits(logits[:, BLURRED], blurred, reduction="none")).mean()
    area = known.sum((1, 2)) + 1
    if iou_weight:
        for answer, truth in ((p, blurred), (1 - p, 1 - blurred)):
            both, either = (known * answer * truth).sum((1, 2)), (known * (answer + truth - answer * truth)).sum((1, 2))
            present = ((known * truth).sum((1, 2)) > 0.01 * area).float()  # nothing to overlap with in a whole photo
            loss = loss + iou_weight * (present * (1 - both / (either + 1))).mean()
    share = motion / blurred.clamp(min=1e-3)
    types = binary_cross_entropy_with_logits(logits[:, MOTION], share.clamp(max=1), reduction="none")
    return loss + TYPE_WEIGHT * (known * blurred * types).mean()


def network_input(pixels: Tensor) -> Tensor:
    """N x 3 x H x W uint8 to what the network takes."""
    return (pixels.contiguous(memory_format=torch.channels_last).float() - CENTRE) / SPREAD


def read_labelled(data: Path, name: str, blur_type: str) -> Labelled:
    """A photo of CUHK with its kinds: 0 sharp, 1 defocus, 2 motion."""
    kind = cuhk.read_mask(data, name).astype(np.uint8) * np.uint8(2 if blur_type == "motion" else 1)
    return cuhk.read_photo(data, name), kind


def read_validation(data: Path, sharp: Path, side: int = 448) -> list[tuple[str, Tensor, NDArray[np.uint8]]]:
    """Subset, network input and kinds of the validation photos and of the sharp ones that are kept out of training."""
    photos = [
        (cuhk.blur_type(name), *read_labelled(data, name, cuhk.blur_type(name))) for name in cuhk.split_names("val")
    ]
    for path in sharp_photos(sharp, held_out=True):
        photo = read_photo(path)
        photos.append(("sharp", photo, np.zeros(photo.shape[:2], np.uint8)))
    views = (resize_photo(x, fit_multiple(x.shape, side)).transpose(2, 0, 1).copy() for _, x, _ in photos)
    return [(s, torch.from_numpy(view), k) for (s, _, k), view in zip(photos, views, strict=True)]


@torch.no_grad()
def validate(network: nn.Module, validation: list[tuple[str, Tensor, NDArray[np.uint8]]]) -> dict[str, Any]:
    """Accuracy on defocus, motion and sharp photos, and the share of blurred pixels with the right type."""
    accuracy: dict[str, list[float]] = {"defocus": [], "motion": [], "sharp": [], "szu": [], "type": []}
    for subset, photo, kind in validation:
        logits = interpolate(network(network_input(photo[None])), kind.shape, mode="bilinear")[0].numpy()
        blurred = logits[BLURRED] > 0
        accuracy[subset].append(float((blurred == (kind > 0)).mean()))
        if subset in ("defocus", "motion"):
            accuracy["type"].append(float(((logits[MOTION] > 0) == (subset == "motion"))[kind > 0].mean()))
    return {subset: round(float(np.mean(values)), 4) for subset, values in accuracy.items() if values}
