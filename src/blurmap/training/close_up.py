"""Trains the network of close-ups. ``blurmap train close-up`` calls this.

The close-ups are made once and kept in the folder of the run; every epoch sees each of them once, turned and mirrored.
"""

import math
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from blurmap.evaluation.dataset import Dataset, split_names
from blurmap.files import write_file
from blurmap.focus.close_up import CROP, WIDTHS
from blurmap.photos.endings import PHOTO_ENDINGS
from blurmap.training import default
from blurmap.training.checkpoint import Stateful, WeightAverage, load_checkpoint
from blurmap.training.data.close_ups import ANSWERS, CELLS, UNKNOWN, Sources, close_up
from blurmap.training.loop import train
from blurmap.training.networks.close_up_network import CloseUpNetwork
from blurmap.training.recipes import CloseUpRecipe

HELD_OUT = 1500  # close-ups, of photos that are kept out of training
WARM_UP = 100  # steps


def train_close_up(
    data: Dataset,
    sharp: list[Path],
    out: Path,
    recipe: CloseUpRecipe,
    *,
    init: str = "imagenet",
    seed: int = 0,
    resume: bool = False,
    workers: int = 2,
) -> Path:
    """Make the close-ups and train; returns the path of the checkpoint ``out/close-up.pt``.

    Parameters
    ----------
    data : Dataset
        Labelled photos: those of ``train`` are learnt from, those of ``val`` are for the figures of each epoch.
    sharp : list of Path
        Folders of sharp photos; those of the split ``sharp_val`` are for the figures only.
    out : Path
        Folder of the run.
    recipe : CloseUpRecipe
    init : str
        ``imagenet``, or the path of a checkpoint of ``default``, whose encoder is taken.
    seed, resume
        See ``blurmap.training.loop.train``.
    workers : int
        Processes that make close-ups.

    Raises
    ------
    FileExistsError
        If ``out`` holds a run and ``resume`` is false.
    """
    torch.manual_seed(seed)
    if (out / f"{CloseUpTrainer.name}.pt").is_file() and not resume:
        raise FileExistsError(f"{out} holds a run: give --resume to go on with it, or another --out")
    held_out_names = set(split_names("sharp_val"))
    photos = [p for folder in sharp for p in sorted(folder.iterdir()) if p.suffix.lower() in PHOTO_ENDINGS]
    learnt = Sources([p for p in photos if p.stem not in held_out_names], data, data.names("train"))
    held_out = Sources([p for p in photos if p.stem in held_out_names], data, data.names("val"))
    views = make_close_ups(learnt, out / "train", recipe.count, seed, workers)
    unseen = make_close_ups(held_out, out / "held_out", HELD_OUT, seed + 1, workers) if held_out.sharp else None
    network = CloseUpNetwork()
    if init == "imagenet":
        network.load_imagenet()
    else:
        encoder = {k.removeprefix("encoder."): v for k, v in load_checkpoint(Path(init))["average"].items()}
        network.load_encoder({k: v.float() for k, v in encoder.items()})
    return train(CloseUpTrainer(network, recipe, views, unseen, seed), out, resume=resume, save_every=200)


Views = tuple[Tensor, Tensor]  # N x CROP x CROP x 3 uint8, N x ANSWERS x CELLS x CELLS uint8


class CloseUpTrainer:
    """A ``blurmap.training.loop.Trainer`` of ``CloseUpNetwork``."""

    name = "close-up"

    def __init__(
        self, network: CloseUpNetwork, recipe: CloseUpRecipe, views: Views, held_out: Views | None, seed: int
    ) -> None:
        self.network: CloseUpNetwork = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe, self.epochs, self.seed = recipe, recipe.epochs, seed
        self.views, self.held_out = views, held_out
        self.steps = len(views[0]) // recipe.batch
        new = [p for name, p in network.named_parameters() if not name.startswith(("stem.", "blocks."))]
        old = [p for name, p in network.named_parameters() if name.startswith(("stem.", "blocks."))]
        groups = [{"params": old, "lr": recipe.encoder_rate}, {"params": new, "lr": recipe.rate}]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.02)
        self.parts: dict[str, Stateful] = {"network": network, "optimiser": self.optimiser}
        self.average = WeightAverage(network, recipe.decay)
        self.settings: dict[str, Any] = {**asdict(recipe), "seed": seed, "close_ups": len(views[0])}

    def batches(self, epoch: int, first: int) -> list[tuple[int, Tensor]]:
        self.network.train()
        order = torch.from_numpy(np.random.default_rng([self.seed, epoch]).permutation(len(self.views[0])))
        return list(enumerate(torch.split(order[: self.steps * self.recipe.batch], self.recipe.batch)))[first:]

    def rate(self, epoch: float) -> float:
        return min(epoch * self.steps / WARM_UP, 1.0) * 0.5 * (1 + math.cos(math.pi * epoch / self.epochs))

    def step(self, batch: tuple[int, Tensor]) -> dict[str, float]:
        i, chosen = batch
        pixels, labels = network_input(self.views[0][chosen]), self.views[1][chosen]
        for axis, odd in ((2, i & 1), (3, i & 2)):  # blur has no preferred side
            pixels, labels = (pixels.flip(axis), labels.flip(axis)) if odd else (pixels, labels)
        if i & 4:
            pixels, labels = pixels.transpose(2, 3), labels.transpose(2, 3)
        loss = answers_loss(self.network(pixels), labels)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.average.update(self.network)
        return {"loss": loss.item()}

    @torch.no_grad()
    def validate(self, network: nn.Module) -> dict[str, float]:
        """The loss on unseen close-ups, and the share of cells of which each answer is right."""
        if self.held_out is None:
            return {}
        network.eval()
        logits = torch.cat([network(network_input(part)) for part in torch.split(self.held_out[0], 100)])
        labels, known = self.held_out[1], self.held_out[1] != int(UNKNOWN)
        right = ((logits > 0) == (labels == 1)) & known
        shares = right.sum((0, 2, 3)) / known.sum((0, 2, 3))
        names = [f"wider_{width:.1f}" for width in WIDTHS] + ["motion", "lettering"]
        figures = {name: round(float(share), 4) for name, share in zip(names, shares, strict=True)}
        return {"val": round(float(answers_loss(logits, labels)), 4)} | figures


def network_input(pixels: Tensor) -> Tensor:
    """N x H x W x 3 uint8 to N x 3 x H x W float32, as the network takes it."""
    return default.network_input(pixels.permute(0, 3, 1, 2))


def answers_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each answer where it is known, the answers alike."""
    known = (labels != int(UNKNOWN)).float()
    each = binary_cross_entropy_with_logits(logits, (labels == 1).float(), reduction="none") * known
    return (each.sum((0, 2, 3)) / known.sum((0, 2, 3)).clamp(min=1)).mean()


def make_close_ups(sources: Sources, out: Path, count: int, seed: int, workers: int) -> Views:
    """Write ``out.pixels.npy`` and ``out.labels.npy``, unless they are there; returns what is in them."""
    paths = out.with_suffix(".pixels.npy"), out.with_suffix(".labels.npy")
    if all(path.is_file() for path in paths):
        return torch.from_numpy(np.load(paths[0])), torch.from_numpy(np.load(paths[1]))
    pixels = np.empty((count, CROP, CROP, 3), np.uint8)
    labels = np.empty((count, ANSWERS, CELLS, CELLS), np.uint8)
    context = get_context("spawn")  # a fork would inherit locks of OpenCV's and PyTorch's threads, and wait for ever
    with ProcessPoolExecutor(workers, context, _start_worker, (sources, seed)) as pool:
        made = pool.map(_make_one, range(count), chunksize=32)
        for i, (view, answers) in enumerate(track(made, f"close-ups, {out.name}", total=count)):
            pixels[i], labels[i] = view, answers
    out.parent.mkdir(parents=True, exist_ok=True)
    for path, array in zip(paths, (pixels, labels), strict=True):
        write_file(path, lambda file, array=array: np.save(file, array), overwrite=True)  # type: ignore[misc]
    return torch.from_numpy(pixels), torch.from_numpy(labels)


_WORK: tuple[Sources, int]  # of a worker process


def _start_worker(sources: Sources, seed: int) -> None:
    import cv2

    global _WORK  # noqa: PLW0603
    _WORK = sources, seed
    os.environ["OMP_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)


def _make_one(i: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    return close_up(*_WORK, i)
