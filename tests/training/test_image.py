"""The training of the image network of ``paper``, with and without the adversarial term."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from blurmap.evaluation.dataset import open_dataset
from blurmap.training import image as module
from blurmap.training.image import ImageTrainer, as_segmentation, train_image
from blurmap.training.networks.image_network import ImageNetwork
from blurmap.training.recipes import ImageRecipe
from tests.support import write_labelled
from tests.training.runs import IMAGE, killed_after, same


class SmallDiscriminator(torch.nn.Module):
    """The real one has too many strides for views of 64 pixels."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(4, 1, 4, stride=2)

    def forward(self, photo: torch.Tensor, blur_map: torch.Tensor) -> torch.Tensor:
        return self.layer(torch.cat([photo, blur_map], 1))


@pytest.fixture(autouse=True)
def small_discriminator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Discriminator", SmallDiscriminator)


def run(data: Path, out: Path, recipe: ImageRecipe = IMAGE, seed: int = 0, *, resume: bool = False) -> Path:
    return train_image(data, out, recipe, seed=seed, workers=0, save_every=3, resume=resume)


def test_softness_tells_the_discriminator_nothing_and_the_map_is_still_taught() -> None:
    drawn = torch.tensor([0.51, 0.9, 0.2, 0.49], requires_grad=True)
    seen = as_segmentation(drawn)
    assert torch.allclose(seen, torch.tensor([1.0, 1.0, -1.0, -1.0]))
    seen.sum().backward()  # type: ignore[no-untyped-call]
    assert drawn.grad is not None
    assert torch.equal(drawn.grad, torch.full((4,), 2.0))


def test_a_discriminator_that_wins_does_not_learn(data: Path, tmp_path: Path) -> None:
    for bound, learns in ((10.0, 0.0), (0.0, 1.0)):
        out = run(data, tmp_path / str(bound), replace(IMAGE, epochs=1, adversarial=0.01, discriminator_loss=bound))
        log = json.loads((out.parent / "log.jsonl").read_text())
        assert log["learns"] == learns and 0 <= log["told_apart"] <= 1
    weights = [
        torch.load(tmp_path / bound / "image.pt", weights_only=True)["discriminator"] for bound in ("10.0", "0.0")
    ]
    assert not all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_photos_with_motion_come_more_often_and_never_the_same(data: Path) -> None:
    trainer = ImageTrainer(ImageNetwork(4, 5), replace(IMAGE, motion_copies=3), open_dataset(data), 0, 0)
    once = ImageTrainer(ImageNetwork(4, 5), IMAGE, open_dataset(data), 0, 0)
    views, names = trainer.views, open_dataset(data).names("train")
    motion = [i for i, name in enumerate(names) if open_dataset(data).type(name) == "motion"]
    views.batch = once.views.batch = 1
    views.start(0, 0)
    once.views.start(0, 0)
    assert motion and len(views) == len(names) + 2 * len(motion) and len(once.views) == len(names)
    photos = [views.drawn[i][0] for i in views.order]
    assert [photos.count(i) for i in range(len(names))] == [3 if i in motion else 1 for i in range(len(names))]
    seen = [views[k][0] for k, photo in enumerate(photos) if photo == motion[0]]
    assert not torch.equal(seen[0], seen[1]) and not torch.equal(seen[1], seen[2])


@pytest.mark.parametrize("adversarial", [0.0, 0.01])
def test_resumes_with_nothing_lost(data: Path, tmp_path: Path, adversarial: float) -> None:
    recipe = replace(IMAGE, adversarial=adversarial)
    whole = run(data, tmp_path / "whole", recipe)
    assert ("discriminator" in torch.load(whole, weights_only=True)) == bool(adversarial)
    with killed_after(6, ImageTrainer):  # of 8 steps: in the middle of the second epoch
        run(data, tmp_path / "killed", recipe)
    assert same(whole, run(data, tmp_path / "killed", recipe, resume=True))


def test_a_run_goes_on_as_it_began_or_not_at_all(data: Path, tmp_path: Path) -> None:
    out = run(data, tmp_path / "run", replace(IMAGE, epochs=1)).parent
    with pytest.raises(FileExistsError, match="--resume"):
        run(data, out)
    with pytest.raises(ValueError, match="epochs was 1, now 2"):
        run(data, out, resume=True)
    with pytest.raises(ValueError, match="seed was 0, now 3"):
        run(data, out, replace(IMAGE, epochs=1), 3, resume=True)
    with pytest.raises(ValueError, match=r"photos was .*small.* now .*other"):
        run(write_labelled(tmp_path / "other"), out, replace(IMAGE, epochs=1), resume=True)
    with pytest.raises(ValueError, match="without discriminator"):
        run(data, out, replace(IMAGE, epochs=1, adversarial=0.01), resume=True)


@pytest.mark.slow
def test_learns_with_the_adversarial_term(data: Path, tmp_path: Path) -> None:
    run(data, tmp_path, replace(IMAGE, epochs=40, filters=16, adversarial=0.01))
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert log[-1]["loss"] < 0.75 * log[0]["loss"]


def test_begins_from_weights(data: Path, tmp_path: Path) -> None:
    """The weights of a run are those that another begins from: at a rate of nothing they stay."""
    first = run(data, tmp_path / "first")
    recipe = replace(IMAGE, rate=0.0, epochs=1)
    second = train_image(data, tmp_path / "second", recipe, init=str(first), workers=0)
    average, network = (torch.load(p, weights_only=True)[k] for p, k in ((first, "average"), (second, "network")))
    assert all(torch.equal(network[name], average[name]) for name in network if "running" not in name
               and "tracked" not in name)  # fmt: skip
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        train_image(data, tmp_path / "third", recipe, init=str(tmp_path / "missing.pt"))


def test_the_rate_falls_at_the_end(data: Path) -> None:
    recipe = replace(IMAGE, epochs=10, falling=0.8)
    trainer = ImageTrainer(ImageNetwork(4, 5), recipe, open_dataset(data), 0, 0)
    assert [trainer.rate(epoch) for epoch in (0, 2, 6, 10)] == pytest.approx([1, 1, 0.5, 0])
