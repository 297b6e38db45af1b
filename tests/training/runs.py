"""Tiny trainings, runs that are killed, and the comparison of two checkpoints."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from blurmap.training.recipes import DefaultRecipe, ImageRecipe, PatchRecipe, Phase

# two phases of other sizes and shares, the second one frozen: 6 steps, and twice 5
DEFAULT = DefaultRecipe(
    (
        Phase(1, 32, labelled=(0.5,), synthetic=0.5, motion_copies=2, rates=(1.0, 0.5)),
        Phase(2, 64, synthetic=0.25, strength=0.3, rates=(0.5, 0.0), frozen=True),
    ),
    encoder="lite0", batch=2, synthetic=4, warm_up=3, decay=0.9,
)  # fmt: skip
IMAGE = ImageRecipe(epochs=2, batch=2, size=64, filters=4, depth=5, rate=5e-4)
PATCH = PatchRecipe(epochs=2, batch=64, filters=(4, 4, 8))


class Killed(Exception):
    pass


@contextmanager
def killed_after(steps: int, trainer: type[Any]) -> Iterator[None]:
    """Within it, a training is killed in the step after ``steps``."""
    count, real = 0, trainer.step

    def step(self: Any, batch: Any) -> dict[str, float]:
        nonlocal count
        count += 1
        if count > steps:
            raise Killed
        losses: dict[str, float] = real(self, batch)
        return losses

    with pytest.MonkeyPatch.context() as patched, pytest.raises(Killed):
        patched.setattr(trainer, "step", step)
        yield


def same(one: Path, other: Path) -> bool:
    """Whether two checkpoints are equal to the last bit: weights, optimisers, averages, random numbers, settings."""
    return _equal(*(torch.load(path, weights_only=True) for path in (one, other)))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)
