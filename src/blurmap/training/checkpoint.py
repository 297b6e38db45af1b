"""Checkpoints that survive a kill at any moment, and the exponential average of weights that is validated and shipped."""

import copy
import os
from pathlib import Path
from typing import Any

import torch
from torch import nn


def save_checkpoint(state: dict[str, Any], path: Path) -> None:
    """Write to a temporary name beside ``path``, then move it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; ``weights_only``, so a file from a stranger cannot run code."""
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


class WeightAverage:
    """Exponential moving average of a network's weights (Polyak averaging), with its batch-norm statistics copied."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval()
        self.decay = decay
        self.steps = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for mean, value in zip(self.network.parameters(), network.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)
        for mean, value in zip(self.network.buffers(), network.buffers(), strict=True):
            mean.copy_(value)


def start_run(out: Path, name: str, resume: bool) -> Path:
    """The path of the checkpoint of a run in the folder ``out``, which is made if need be.

    Raises
    ------
    FileExistsError
        If a checkpoint is there and ``resume`` is false.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / name
    if checkpoint.is_file() and not resume:
        raise FileExistsError(f"{checkpoint} holds a run: give --resume to go on with it, or another --out")
    return checkpoint
