"""Trains the patch network on synthetic patches. ``blurmap train patch`` calls this."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from blurmap.files import write_text
from blurmap.training.checkpoint import Stateful, WeightAverage
from blurmap.training.data.patches import GAUSSIAN, MOTION, SHARP, Patches, split_patches
from blurmap.training.loop import train
from blurmap.training.networks.patch_network import PatchNetwork, patch_input
from blurmap.training.recipes import PatchRecipe


def train_patch(
    data: Path, out: Path, recipe: PatchRecipe, *, seed: int = 0, resume: bool = False, save_every: int = 200
) -> Path:
    """Train the patch network; returns the path of its checkpoint ``out/patch.pt``.

    Parameters
    ----------
    data : Path
        Folder that ``blurmap train patches`` wrote.
    out : Path
        Folder of the run; at the end also ``test.json``: accuracy on held-out photos.
    recipe : PatchRecipe
    seed, resume, save_every
        See ``blurmap.training.loop.train``.

    Raises
    ------
    FileExistsError
        If ``out`` holds a run and ``resume`` is false.
    FileNotFoundError
        If ``data`` holds no patches.
    """
    torch.manual_seed(seed)
    train_part, val, test = (_first(split_patches(data, part), recipe.limit, seed) for part in ("train", "val", "test"))
    Console().print(f"{len(train_part.kind)} patches to train on, {len(val.kind)} val, {len(test.kind)} test")
    trainer = PatchTrainer(recipe, train_part, val, seed)
    path = train(trainer, out, resume=resume, save_every=save_every)
    table = accuracy_table(predict(trainer.average.network, test), test)
    text = json.dumps(table, indent=1)
    write_text(out / "test.json", text, overwrite=True)
    Console().print(table)
    return path


class PatchTrainer:
    """A ``blurmap.training.loop.Trainer`` of ``PatchNetwork``."""

    name = "patch"

    def __init__(self, recipe: PatchRecipe, patches: Patches, val: Patches, seed: int) -> None:
        self.network: PatchNetwork = PatchNetwork(recipe.filters)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe, self.epochs, self.seed, self.val = recipe, recipe.epochs, seed, val
        self.average = WeightAverage(self.network, 0.999)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), recipe.rate, weight_decay=1e-4)
        self.parts: dict[str, Stateful] = {"network": self.network, "optimiser": self.optimiser}
        self.settings: dict[str, Any] = {**asdict(recipe), "seed": seed, "patches": len(patches.kind)}
        self.pixels, self.blurred = torch.from_numpy(patches.pixels), torch.from_numpy(patches.kind != SHARP)

    def batches(self, epoch: int, first: int) -> list[tuple[int, Tensor]]:
        self.network.train()
        order = torch.from_numpy(np.random.default_rng([self.seed, epoch]).permutation(len(self.pixels)))
        whole = len(order) // self.recipe.batch * self.recipe.batch
        return list(enumerate(torch.split(order[:whole], self.recipe.batch)))[first:]

    def rate(self, epoch: float) -> float:
        return 0.5 * (1 + math.cos(math.pi * epoch / self.epochs))

    def step(self, batch: tuple[int, Tensor]) -> dict[str, float]:
        i, chosen = batch
        views = patch_input(self.pixels[chosen])
        for axis, odd in ((2, i & 1), (3, i & 2)):  # flips; blur has no preferred side
            views = views.flip(axis) if odd else views
        loss = binary_cross_entropy_with_logits(self.network(views).flatten(), self.blurred[chosen].float())
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.average.update(self.network)
        return {"loss": loss.item()}

    def validate(self, network: nn.Module) -> dict[str, float]:
        return {"val": round(_accuracy(predict(network, self.val), self.val), 4)}


def _first(patches: Patches, limit: int | None, seed: int) -> Patches:
    if limit is None or limit >= len(patches.kind):
        return patches
    i = np.random.default_rng(seed).permutation(len(patches.kind))[:limit]
    return Patches(patches.pixels[i], patches.kind[i], patches.strength[i])


@torch.no_grad()
def predict(network: nn.Module, patches: Patches) -> NDArray[np.float32]:
    """Probability that each patch is blurred, N float32."""
    network.eval()
    parts = torch.split(torch.from_numpy(patches.pixels), 512)
    return torch.cat([network(patch_input(part)).flatten().sigmoid() for part in parts]).numpy()


def _accuracy(probability: NDArray[np.float32], patches: Patches) -> float:
    return float(((probability > 0.5) == (patches.kind != SHARP)).mean())


def accuracy_table(probability: NDArray[np.float32], patches: Patches) -> dict[str, float]:
    """Accuracy over all patches, over the sharp ones, by sigma (pixels) and by length of motion (pixels)."""
    right = (probability > 0.5) == (patches.kind != SHARP)
    table = {"all": right.mean(), "sharp": right[patches.kind == SHARP].mean()}
    for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 1.0), (1.0, 1.6), (1.6, 2.4), (2.4, 3.2), (3.2, 4.0)):
        chosen = (patches.kind == GAUSSIAN) & (patches.strength > low) & (patches.strength <= high)
        if chosen.any():
            table[f"Gaussian, sigma {low:g} to {high:g}"] = right[chosen].mean()
    for low, high in ((0, 4), (4, 6), (6, 10), (10, 15), (15, 25), (25, 70)):
        chosen = (patches.kind == MOTION) & (patches.strength > low) & (patches.strength <= high)
        if chosen.any():
            table[f"motion, length {low} to {high}"] = right[chosen].mean()
    return {key: round(float(value), 4) for key, value in table.items()}
