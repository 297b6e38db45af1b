"""Trains the patch network on synthetic patches. ``blurmap train patch`` calls this."""

import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from blurmap.training.checkpoint import Run, Stateful, WeightAverage
from blurmap.training.data.patches import GAUSSIAN, MOTION, SHARP, Patches, split_patches
from blurmap.training.networks.patch_network import PatchNetwork, patch_input


def train_patch(
    data: Path,
    out: Path,
    *,
    epochs: int = 8,
    seed: int = 0,
    resume: bool = False,
    batch: int = 128,
    rate: float = 1e-3,
    limit: int | None = None,
    filters: tuple[int, int, int] = (32, 64, 128),
    save_every: int = 200,
) -> Path:
    """Train the patch network; returns the path of its checkpoint ``out/patch.pt``.

    Parameters
    ----------
    data : Path
        Folder that ``blurmap train patches`` wrote.
    out : Path
        Folder of the run: ``patch.pt``, ``log.jsonl`` and, at the end, ``test.json``: accuracy on held-out photos.
    epochs : int
        Passes over the training patches; the rate follows a half cosine to zero.
    limit : int, optional
        Use only that many patches of each part, for quick comparisons.

    Raises
    ------
    FileExistsError
        If ``out`` holds a run and ``resume`` is false.
    FileNotFoundError
        If ``data`` holds no patches.
    """
    console = Console()
    torch.manual_seed(seed)
    network: PatchNetwork = PatchNetwork(filters).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = WeightAverage(network, 0.999)
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-4)
    parts: dict[str, Stateful] = {"network": network, "optimiser": optimiser}
    run = Run(out / "patch.pt", parts, average, {"seed": seed}, resume=resume)
    train, val, test = (_first(split_patches(data, part), limit, seed) for part in ("train", "val", "test"))
    console.print(f"{len(train.kind)} patches to train on, {len(val.kind)} val, {len(test.kind)} test")
    pixels, blurred = torch.from_numpy(train.pixels), torch.from_numpy(train.kind != SHARP)
    steps_per_epoch = len(pixels) // batch

    for epoch in range(run.epoch, epochs):
        network.train()
        order = torch.from_numpy(np.random.default_rng([seed, epoch]).permutation(len(pixels)))
        losses, started = [], time.monotonic()
        rest = range(run.step, steps_per_epoch)
        for i in track(rest, f"epoch {epoch + 1}/{epochs}", console=console, disable=not console.is_terminal):
            chosen = order[i * batch : (i + 1) * batch]
            views = patch_input(pixels[chosen])
            for axis, odd in ((2, i & 1), (3, i & 2)):  # flips; blur has no preferred side
                views = views.flip(axis) if odd else views
            done = (epoch + i / steps_per_epoch) / epochs
            optimiser.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * done))
            loss = binary_cross_entropy_with_logits(network(views).flatten(), blurred[chosen].float())
            losses.append(loss.item())
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            average.update(network)
            if (i + 1) % save_every == 0 and i + 1 < steps_per_epoch:
                run.save(epoch, i + 1)
        figures = {"epoch": epoch + 1, "loss": round(float(np.mean(losses)), 4)}
        figures["val"] = round(_accuracy(predict(average.network, val), val), 4)
        run.save(epoch + 1, 0)
        with (out / "log.jsonl").open("a") as log:
            log.write(json.dumps({**figures, "seconds": round(time.monotonic() - started)}) + "\n")
        console.print("  ".join(f"{key} {value}" for key, value in figures.items()))
    table = accuracy_table(predict(average.network, test), test)
    (out / "test.json").write_text(json.dumps(table, indent=1))
    console.print(table)
    return run.path


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
