"""The training loop: epochs, resuming, log, saving. Each trained thing gives it batches, a step and a validation.

A run is a folder: ``NAME.pt``, a checkpoint that holds all that is needed to go on exactly where a run was stopped, and
``log.jsonl``, a line per epoch. A run that is gone on with has the recipe, the seed and the data that it began with.
"""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from rich.console import Console
from rich.progress import track
from torch import nn

from blurmap.training.checkpoint import Run, Stateful, WeightAverage


class Trainer(Protocol):
    """What is trained: its networks, its data, its loss.

    Attributes
    ----------
    name : str
        Name of the checkpoint.
    epochs : int
    parts : dict
        Networks and optimisers by name. The rate that an optimiser's group has at first is its highest.
    average : WeightAverage
        Average of the weights: the network that ships.
    settings : dict
        The recipe, the seed and the data as plain values (JSON), by name; kept in the checkpoint.
    """

    name: str
    epochs: int
    parts: dict[str, Stateful]
    average: WeightAverage
    settings: dict[str, Any]

    def batches(self, epoch: int, first: int) -> Iterable[Any]:
        """The batches of an epoch from step ``first`` on; sized (``len``), the same however often a run is resumed."""
        ...

    def rate(self, epoch: float) -> float:
        """Share of the highest rate at a time in epochs, 0 to ``epochs``."""
        ...

    def step(self, batch: Any) -> dict[str, float]:
        """Train on one batch; returns its ``loss``, and others by name for the log."""
        ...

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures of the averaged network on photos that are not trained on."""
        ...


def train(trainer: Trainer, out: Path, *, resume: bool = False, save_every: int = 50) -> Path:
    """Train; returns the path of the checkpoint.

    Parameters
    ----------
    trainer : Trainer
    out : Path
        Folder of the run.
    resume : bool
        Go on with the run that is there.
    save_every : int
        Steps between checkpoints.

    Raises
    ------
    FileExistsError
        If ``out`` holds a run and ``resume`` is false.
    ValueError
        If the run there has another recipe, seed or data; if there are too few photos for one batch.
    """
    console = Console()
    run = Run(out / f"{trainer.name}.pt", trainer.parts, trainer.average, trainer.settings, resume=resume)
    groups = [g for part in trainer.parts.values() if hasattr(part, "param_groups") for g in part.param_groups]
    for group in groups:
        group.setdefault("initial_lr", group["lr"])
    for epoch in range(run.epoch, trainer.epochs):
        first, started = run.step, time.monotonic()
        losses: list[dict[str, float]] = []
        batches = trainer.batches(epoch, first)
        steps = first + len(batches)  # type: ignore[arg-type]
        if not steps:
            raise ValueError("there are too few photos to train on: an epoch needs a whole batch")
        watched = track(
            batches, f"epoch {epoch + 1}/{trainer.epochs}", console=console, disable=not console.is_terminal
        )
        for step, batch in enumerate(watched, first):
            for group in groups:
                group["lr"] = group["initial_lr"] * trainer.rate(epoch + step / steps)
            losses.append(trainer.step(batch))
            if (step + 1) % save_every == 0 and step + 1 < steps:
                run.save(epoch, step + 1)
                console.print(
                    f"epoch {epoch + 1} step {step + 1}/{steps} loss {_mean(losses[-save_every:])['loss']:.4f}"
                )
        figures = {"epoch": epoch + 1, **_mean(losses)} | trainer.validate(trainer.average.network)
        run.save(epoch + 1, 0)
        with (out / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps({**figures, "seconds": round(time.monotonic() - started)}) + "\n")
        console.print("  ".join(f"{key} {value}" for key, value in figures.items()))
    return run.path


def _mean(losses: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(float(np.mean([step[name] for step in losses])), 4) for name in losses[0]}
