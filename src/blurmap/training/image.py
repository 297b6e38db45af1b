"""Trains the image network on labelled photos: cross-entropy plus a weighted conditional adversarial loss.

Purohit, Shah and Rajagopalan (ICIP 2018), section 2.2. ``blurmap train image`` calls this.
"""

import json
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, Dataset

from blurmap.evaluation import dataset as cuhk
from blurmap.training.checkpoint import Run, Stateful, WeightAverage, load_checkpoint
from blurmap.training.data.augment import random_view
from blurmap.training.networks.image_network import DEPTH, Discriminator, ImageNetwork

DECAY = 1.25  # 1 / the share of the training in which the rate falls


class Views(Dataset[tuple[Tensor, Tensor]]):
    """Random views of labelled photos; view i of an epoch is the same however often the run is killed and resumed."""

    def __init__(
        self, photos: list[NDArray[np.uint8]], masks: list[NDArray[np.bool_]], size: int, seed: int, batch: int
    ) -> None:
        self.photos, self.masks, self.size, self.seed, self.batch = photos, masks, size, seed, batch
        self.epoch = self.first = 0

    def start(self, epoch: int, first: int) -> None:
        """Make the order of ``epoch`` and skip the ``first`` views, which were already trained on."""
        self.epoch, self.first = epoch, first
        whole = len(self.photos) // self.batch * self.batch
        self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.photos))[:whole]

    def __len__(self) -> int:
        return len(self.order) - self.first

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        photo = int(self.order[self.first + i])
        random = np.random.default_rng([self.seed, self.epoch, photo, 1])
        view, soft = random_view(self.photos[photo], self.masks[photo], self.size, random)
        return network_input(view), torch.from_numpy(soft.astype(np.float32)[None] / 255.0)


def network_input(photo: NDArray[np.uint8]) -> Tensor:
    """H x W x 3 uint8 to 3 x H x W float32 in [-1, 1]."""
    return torch.from_numpy(photo.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1.0)


def train_image(
    data: Path,
    out: Path,
    *,
    epochs: int = 40,
    seed: int = 0,
    resume: bool = False,
    adversarial: float = 0.01,
    batch: int = 4,
    size: int = 256,
    rate: float = 2e-4,
    dropout: float = 0.5,
    init: Path | None = None,
    filters: int = 64,
    depth: int = DEPTH,
    workers: int = 1,
    save_every: int = 50,
) -> Path:
    """Train the image network; returns the path of its checkpoint ``out/image.pt``.

    Parameters
    ----------
    data : Path
        Folder with ``image/`` and ``gt/`` (see :mod:`blurmap.evaluation.dataset`).
    out : Path
        Folder of the run: ``image.pt`` (checkpoint, every ``save_every`` steps), ``log.jsonl`` (a line per epoch).
    epochs : int
        Passes over the training photos. The rate is constant for a fifth of them, then falls linearly to zero (Pix2Pix
        starts at half; with few epochs most of the gain comes while it falls).
    adversarial : float
        Weight of the adversarial term beside the cross-entropy; 0.01 is Pix2Pix's lambda of 100, 0 leaves it out.
    batch, size, rate, dropout
        Views per step, their side in pixels, Adam's rate (beta1 0.5), probability of dropout.
    init : Path, optional
        Checkpoint whose weights to start from, for fine-tuning and ablations.
    workers : int
        Processes that prepare views.

    Raises
    ------
    FileExistsError
        If ``out`` holds a run and ``resume`` is false.
    """
    console = Console()
    torch.manual_seed(seed)
    network: ImageNetwork = ImageNetwork(filters, depth, dropout)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if init is not None:
        network.load_state_dict(load_checkpoint(init)["average"])
    average = WeightAverage(network, 0.999)
    judge = Discriminator(filters) if adversarial > 0 else None
    if judge:
        judge = judge.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(network.parameters(), rate, betas=(0.5, 0.999))
    judge_optimiser = torch.optim.Adam(judge.parameters(), rate, betas=(0.5, 0.999)) if judge else None
    parts: dict[str, Stateful] = {"network": network, "optimiser": optimiser}
    if judge and judge_optimiser:
        parts |= {"judge": judge, "judge_optimiser": judge_optimiser}
    settings = {"filters": filters, "depth": depth, "adversarial": adversarial, "seed": seed}
    run = Run(out / "image.pt", parts, average, settings, resume=resume)

    names = cuhk.split_names("train")
    photos = [cuhk.read_photo(data, name) for name in track(names, "reading training photos", console=console)]
    masks = [cuhk.read_mask(data, name) for name in names]
    views = Views(photos, masks, size, seed, batch)
    validation = read_validation(data, size)
    steps_per_epoch = len(names) // batch

    for epoch in range(run.epoch, epochs):
        first = run.step
        network.train()
        views.start(epoch, first * batch)
        # its own generator: a loader draws a seed, which would move the dropout of a resumed run
        loader = DataLoader(views, batch, num_workers=workers, generator=torch.Generator())
        losses, started = [], time.monotonic()
        shown = track(loader, f"epoch {epoch + 1}/{epochs}", console=console, disable=not console.is_terminal)
        for step, (photo, target) in enumerate(shown, first):
            photo = photo.contiguous(memory_format=torch.channels_last)  # noqa: PLW2901
            left = 1.0 - (epoch + step / steps_per_epoch) / epochs
            for opt in filter(None, (optimiser, judge_optimiser)):
                opt.param_groups[0]["lr"] = rate * min(1.0, DECAY * left)
            logits = network(photo)
            loss = binary_cross_entropy_with_logits(logits, target)
            losses.append(loss.item())
            if judge and judge_optimiser:
                loss = loss + adversarial * _adversarial_step(judge, judge_optimiser, photo, logits.sigmoid(), target)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            average.update(network)
            if (step + 1) % save_every == 0 and step + 1 < steps_per_epoch:
                run.save(epoch, step + 1)
        figures = {
            "epoch": epoch + 1,
            "loss": round(float(np.mean(losses)), 4),
            **validate(average.network, validation),
        }
        run.save(epoch + 1, 0)
        with (out / "log.jsonl").open("a") as log:
            log.write(json.dumps({**figures, "seconds": round(time.monotonic() - started)}) + "\n")
        console.print("  ".join(f"{key} {value}" for key, value in figures.items()))
    return run.path


def _adversarial_step(
    judge: Discriminator, optimiser: torch.optim.Optimizer, photo: Tensor, fake: Tensor, target: Tensor
) -> Tensor:
    """One step of the discriminator; returns the generator's adversarial loss."""
    real_map, fake_map = target * 2 - 1, fake * 2 - 1
    real, false = judge(photo, real_map), judge(photo, fake_map.detach())
    loss = 0.5 * (
        binary_cross_entropy_with_logits(real, torch.ones_like(real))
        + binary_cross_entropy_with_logits(false, torch.zeros_like(false))
    )
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    judge.requires_grad_(False)  # the generator's backward pass needs no gradients of these weights
    false = judge(photo, fake_map)
    judge.requires_grad_(True)
    return binary_cross_entropy_with_logits(false, torch.ones_like(false))


def read_validation(data: Path, size: int) -> dict[str, tuple[Tensor, NDArray[np.bool_]]]:
    """Validation photos resized to ``size`` x ``size`` as network inputs, with their masks at that size."""
    validation = {}
    for name in cuhk.split_names("val"):
        photo = Image.fromarray(cuhk.read_photo(data, name)).resize((size, size), Image.Resampling.BILINEAR)
        mask = Image.fromarray(cuhk.read_mask(data, name)).resize((size, size), Image.Resampling.NEAREST)
        validation[name] = network_input(np.asarray(photo)), np.asarray(mask)
    return validation


@torch.no_grad()
def validate(network: nn.Module, validation: dict[str, tuple[Tensor, NDArray[np.bool_]]]) -> dict[str, float]:
    """Accuracy on the validation photos per type of blur, at the network's size."""
    accuracy: dict[str, list[float]] = {"defocus": [], "motion": []}
    for name, (photo, mask) in validation.items():
        blurred = network(photo[None])[0, 0].numpy() > 0
        accuracy[cuhk.blur_type(name)].append(float((blurred == mask).mean()))
    return {kind: round(float(np.mean(values)), 4) for kind, values in accuracy.items() if values}
