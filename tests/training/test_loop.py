"""The loop that all trainings run in: rates, log, checkpoints, and going on after a kill at any step."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from blurmap.training.checkpoint import WeightAverage, load_checkpoint
from blurmap.training.loop import train
from tests.training.runs import Killed, killed_after, same

STEPS = 4


class Toy:
    """A trainer of three weights, whose batches and loss are random."""

    name = "toy"

    def __init__(self, epochs: int = 3, seed: int = 0, photos: int = 8, steps: int = STEPS) -> None:
        torch.manual_seed(seed)
        self.network, self.epochs, self.steps = nn.Linear(3, 1), epochs, steps
        self.optimiser = torch.optim.SGD(self.network.parameters(), 0.5, momentum=0.9)
        self.parts: dict[str, Any] = {"network": self.network, "optimiser": self.optimiser}
        self.average = WeightAverage(self.network, 0.9)
        self.settings: dict[str, Any] = {"epochs": epochs, "sizes": (32, 64), "seed": seed, "photos": {"set": photos}}
        self.seen: list[tuple[int, float]] = []

    def batches(self, epoch: int, first: int) -> list[int]:
        return [self.steps * epoch + step for step in range(first, self.steps)]

    def rate(self, epoch: float) -> float:
        return 1 - epoch / self.epochs

    def step(self, batch: int) -> dict[str, float]:
        self.seen.append((batch, self.optimiser.param_groups[0]["lr"]))
        loss = self.network(torch.rand(5, 3)).square().mean() + batch
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.average.update(self.network)
        return {"loss": float(loss.item()), "batch": float(batch)}

    def validate(self, network: nn.Module) -> dict[str, float]:
        assert network is self.average.network
        return {"val": 0.5}


def log(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_every_batch_has_its_rate_and_every_epoch_its_line(tmp_path: Path) -> None:
    toy = Toy()
    assert train(toy, tmp_path) == tmp_path / "toy.pt"
    assert [batch for batch, _ in toy.seen] == list(range(12))
    assert [rate for _, rate in toy.seen] == pytest.approx([0.5 * (1 - i / 12) for i in range(12)])
    lines = log(tmp_path)
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert {"epoch", "loss", "batch", "val", "seconds"} == set(lines[0])
    assert [line["batch"] for line in lines] == [1.5, 5.5, 9.5]  # the mean over the steps
    assert lines[0]["loss"] < lines[1]["loss"] - 3


def test_killed_at_any_step_it_goes_on_with_nothing_lost(tmp_path: Path) -> None:
    whole = train(Toy(), tmp_path / "whole")
    for steps in range(12):
        out = tmp_path / str(steps)
        with killed_after(steps, Toy):
            train(Toy(), out, save_every=2)
        resumed = Toy()
        assert same(train(resumed, out, resume=True, save_every=2), whole)
        assert resumed.seen[0][0] == steps // 2 * 2
        assert [line["epoch"] for line in log(out)] == [1, 2, 3]


def test_killed_while_saving_the_checkpoint_before_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train(Toy(), tmp_path / "whole")
    real, count = torch.save, 0

    def save(state: Any, path: Path) -> None:
        nonlocal count
        count += 1
        if count == 3:
            path.write_bytes(b"half of it")
            raise Killed
        real(state, path)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(torch, "save", save)
        train(Toy(), tmp_path / "killed", save_every=2)
    assert load_checkpoint(tmp_path / "killed" / "toy.pt")["epoch"] == 1
    assert same(train(Toy(), tmp_path / "killed", resume=True), whole)


def test_a_run_is_not_replaced_unasked(tmp_path: Path) -> None:
    train(Toy(), tmp_path)
    before = (tmp_path / "toy.pt").read_bytes()
    with pytest.raises(FileExistsError, match="--resume"):
        train(Toy(), tmp_path)
    assert (tmp_path / "toy.pt").read_bytes() == before


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"epochs": 4}, "epochs was 3, now 4"),
        ({"seed": 1}, "seed was 0, now 1"),
        ({"photos": 9}, r"photos was \{'set': 8\}, now \{'set': 9\}"),
    ],
)
def test_a_run_does_not_go_on_as_another(tmp_path: Path, other: dict[str, int], told: str) -> None:
    with killed_after(6, Toy):
        train(Toy(), tmp_path, save_every=2)
    before = (tmp_path / "toy.pt").read_bytes()
    with pytest.raises(ValueError, match=rf"another run \({told}\)"):
        train(Toy(**other), tmp_path, resume=True)
    assert (tmp_path / "toy.pt").read_bytes() == before


def test_a_run_of_other_parts_is_refused(tmp_path: Path) -> None:
    train(Toy(), tmp_path)
    toy = Toy()
    toy.parts["discriminator"] = nn.Linear(1, 1)
    with pytest.raises(ValueError, match="without discriminator"):
        train(toy, tmp_path, resume=True)


def test_too_few_photos_for_a_batch_are_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too few photos"):
        train(Toy(steps=0), tmp_path)


def test_the_average_follows_the_weights() -> None:
    network = nn.BatchNorm1d(2)
    average = WeightAverage(network, 0.9)
    with torch.no_grad():
        network.weight.fill_(3.0)
        network.running_mean.fill_(5.0)  # type: ignore[union-attr]
    for _ in range(200):
        average.update(network)
    assert torch.allclose(average.network.weight, network.weight, atol=1e-3)  # type: ignore[arg-type]
    assert torch.equal(average.network.running_mean, network.running_mean)  # type: ignore[arg-type]
    with torch.no_grad():
        network.weight.fill_(4.0)
    average.update(network)
    assert torch.allclose(average.network.weight, torch.tensor(3.1), atol=1e-3)  # type: ignore[arg-type]
