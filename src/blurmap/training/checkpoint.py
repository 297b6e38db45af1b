"""Training runs that survive a kill at any moment, and the average of weights that is validated and shipped."""

import copy
import json
import os
from pathlib import Path
from typing import Any, Protocol

import torch
from rich.console import Console
from torch import nn


class Stateful(Protocol):
    """A network or an optimiser."""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state_dict: dict[str, Any], /) -> object: ...


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
        for kept, statistic in zip(self.network.buffers(), network.buffers(), strict=True):
            kept.copy_(statistic)


class Run:
    """A run's checkpoint in a folder: all that it needs to go on exactly where it was stopped.

    Parameters
    ----------
    path : Path
        The checkpoint; its folder is made if need be.
    parts : dict
        Networks and optimisers by name.
    average : WeightAverage
    settings : dict
        Plain values (JSON) that rebuild the network and its training, kept beside the weights.

    Raises
    ------
    FileExistsError
        If a checkpoint is there and ``resume`` is false.
    ValueError
        If it is of other parts or settings; the message names them.
    """

    def __init__(
        self, path: Path, parts: dict[str, Stateful], average: WeightAverage, settings: dict[str, Any], *, resume: bool
    ) -> None:
        self.path, self.parts, self.average, self.settings = path, parts, average, settings
        self.epoch = self.step = 0
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            return
        if not resume:
            raise FileExistsError(f"{path} holds a run: give --resume to go on with it, or another --out")
        state = load_checkpoint(path)
        if missing := parts.keys() - state.keys():
            raise ValueError(
                f"{path} is of a run without {' and '.join(sorted(missing))}: start another from it (--init)"
            )
        check_settings(path, state, settings)
        for name, part in parts.items():
            part.load_state_dict(state[name])
        average.network.load_state_dict(state["average"])
        average.steps = state["average_steps"]
        torch.set_rng_state(state["random"])
        self.epoch, self.step = state["epoch"], state["step"]
        Console().print(f"resuming at epoch {self.epoch + 1}, step {self.step}")

    def save(self, epoch: int, step: int) -> None:
        """Write to a temporary name, then move: a kill while writing leaves the checkpoint before."""
        self.epoch, self.step = epoch, step
        state: dict[str, Any] = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"average": self.average.network.state_dict(), "average_steps": self.average.steps}
        state |= {"random": torch.get_rng_state(), "epoch": epoch, "step": step, "settings": json.dumps(self.settings)}
        temporary = self.path.with_name(self.path.name + ".tmp")
        torch.save(state, temporary)
        os.replace(temporary, self.path)


def check_settings(path: Path, state: dict[str, Any], settings: dict[str, Any]) -> None:
    """Raise ValueError if a checkpoint's run began with other settings; the message names them."""
    now, before = json.loads(json.dumps(settings)), json.loads(state["settings"])  # as read back: tuples are lists
    if other := sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name)):
        differences = "; ".join(f"{name} was {before.get(name)}, now {now.get(name)}" for name in other)
        raise ValueError(f"{path} is of another run ({differences}): give what it began with, or another --out")


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint; ``weights_only``, so that a file from a stranger cannot run code."""
    if not path.is_file():
        raise FileNotFoundError(f"no checkpoint at {path}")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state
