"""The training of ``default``: goes on with nothing lost, checks before it works, learns what it is told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from blurmap.evaluation import dataset
from blurmap.evaluation.dataset import open_dataset, split_names
from blurmap.training.checkpoint import load_checkpoint
from blurmap.training.default import FROZEN_BLOCKS, DefaultTrainer, blur_loss, train_default
from blurmap.training.networks.blur_network import BlurNetwork
from blurmap.training.recipes import DEFAULT_RECIPES, DefaultRecipe, Phase
from tests.support import FEW, textured, write_labelled
from tests.training.runs import DEFAULT, killed_after, same


def run(data: Path, sharp: Path | None, out: Path, recipe: DefaultRecipe = DEFAULT, **options: Any) -> Path:
    usual: dict[str, Any] = {"init": "none", "workers": 0, "save_every": 3}
    return train_default([data], sharp, out, recipe, **(usual | options))


@pytest.fixture(scope="session")
def whole(data: Path, sharp: Path, partial: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing stopped."""
    torch.set_num_threads(1)
    return run(data, sharp, tmp_path_factory.mktemp("whole"), partial=partial)


@pytest.mark.slow
def test_resumes_with_nothing_lost(whole: Path, data: Path, sharp: Path, partial: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in (whole.parent / "log.jsonl").read_text().splitlines()]
    began = load_checkpoint(whole.parent / "start.pt")["average"]
    torch.manual_seed(0)
    assert torch.equal(began["head.weight"], BlurNetwork("lite0").head.weight)
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert {"loss", f"{data.name} defocus", f"{data.name} motion", "sharp", "type"} <= set(lines[0])
    for steps in (4, 10):  # in the middle of the first phase, and of the frozen one
        with killed_after(steps, DefaultTrainer):
            run(data, sharp, tmp_path / str(steps), partial=partial)
        resumed = run(data, sharp, tmp_path / str(steps), partial=partial, resume=True)
        assert same(whole, resumed)


@pytest.mark.slow
def test_a_run_goes_on_as_it_began_or_not_at_all(
    whole: Path, data: Path, sharp: Path, partial: Path, tmp_path: Path
) -> None:
    before, out = whole.read_bytes(), whole.parent
    with pytest.raises(FileExistsError, match="--resume"):
        run(data, sharp, out, partial=partial)
    with pytest.raises(ValueError, match=r"batch was 2, now 4"):
        run(data, sharp, out, replace(DEFAULT, batch=4), partial=partial, resume=True)
    with pytest.raises(ValueError, match=r"phases was .* now"):
        run(data, sharp, out, replace(DEFAULT, phases=DEFAULT.phases[:1]), partial=partial, resume=True)
    with pytest.raises(ValueError, match=r"seed was 0, now 1"):
        run(data, sharp, out, partial=partial, resume=True, seed=1)
    with pytest.raises(ValueError, match=r"photos was \{'small': 8\}, now \{'other': 8\}"):
        run(write_labelled(tmp_path / "other"), sharp, out, partial=partial, resume=True)
    assert whole.read_bytes() == before


def test_inputs_are_checked_before_anything_is_made(data: Path, sharp: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    out, other = tmp_path / "out", tmp_path / "x" / data.name
    write_labelled(other)
    gone = FEW["train"][-1]
    (other / "gt" / f"{gone}.png").unlink()
    composed = replace(DEFAULT, synthetic=0, phases=(Phase(1, 32, synthetic=0.0, composites=0.5),), composites=4)
    twice = [data, write_labelled(tmp_path / "y" / data.name)]
    for sets, photos, options, error, told in (
        ([data, tmp_path / "nowhere"], sharp, {}, FileNotFoundError, "nowhere"),
        (twice, sharp, {}, ValueError, "the same name"),
        ([other], sharp, {}, FileNotFoundError, f"no mask {gone}"),
        ([data], None, {}, ValueError, "--sharp"),
        ([data], tmp_path / "nowhere", {}, FileNotFoundError, "nowhere"),
        ([data], tmp_path / "empty", {}, ValueError, "no sharp photos"),
        ([data], sharp, {"recipe": composed}, ValueError, "--objects"),
        ([data], sharp, {"recipe": composed, "objects": tmp_path / "empty"}, ValueError, "no photos of objects here"),
        ([data], sharp, {"init": str(tmp_path / "missing.pt")}, FileNotFoundError, r"missing\.pt"),
    ):
        with pytest.raises(error, match=told):
            train_default(sets, photos, out, **{"recipe": DEFAULT, "init": "none", "workers": 0, **options})  # type: ignore[arg-type]
        assert not out.exists(), told


@pytest.mark.slow
def test_photos_of_ones_own_train_without_sharp_ones(tmp_path: Path) -> None:
    own = write_labelled(tmp_path / "own")
    for name in FEW["train"] + FEW["val"]:  # names of no public set
        for path in (own / "image" / f"{name}.jpg", own / "gt" / f"{name}.png"):
            path.rename(path.with_name("holiday-" + path.name))
    table = (own / "photos.csv").read_text().splitlines()
    (own / "photos.csv").write_text("\n".join([table[0], *(f"holiday-{row}" for row in table[1:])]))
    recipe = replace(DEFAULT_RECIPES["fine-tune"], encoder="lite0", batch=4)
    recipe = replace(recipe, phases=(replace(recipe.phases[0], epochs=2, size=32),))
    path = run(own, None, tmp_path / "out", recipe)
    last = json.loads((tmp_path / "out" / "log.jsonl").read_text().splitlines()[-1])
    assert {"own defocus", "own motion", "type"} <= set(last)
    assert "sharp" not in last
    assert not (tmp_path / "out" / "partial").exists()
    assert json.loads(torch.load(path, weights_only=True)["settings"])["photos"] == {"own": 8}


def small_trainer(data: Path, recipe: DefaultRecipe) -> DefaultTrainer:
    torch.manual_seed(0)
    return DefaultTrainer(BlurNetwork("lite0"), recipe, [open_dataset(data)], None, (), 0, 0, "cpu")


def test_a_frozen_phase_leaves_the_first_blocks_alone(data: Path, tmp_path: Path) -> None:
    recipe = replace(DEFAULT, phases=(DEFAULT.phases[0], Phase(1, 32, synthetic=0.0, frozen=True)), synthetic=0)
    trainer = small_trainer(data, recipe)
    trainer.mix(tmp_path, tmp_path)
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}

    def changed(epoch: int) -> set[str]:
        for batch in list(trainer.batches(epoch, 0))[:2]:
            trainer.step(batch)
        state = trainer.network.state_dict()
        found = {name for name, value in state.items() if not torch.equal(value, before[name])}
        before.update({name: value.clone() for name, value in state.items()})
        return found

    first = ("encoder.stem.", *(f"encoder.blocks.{i}." for i in range(FROZEN_BLOCKS)))
    frozen = {name for name in before if name.startswith(first)}
    assert frozen <= changed(0)  # weights, and statistics of the norms
    found = changed(1)
    assert not frozen & found
    assert {f"encoder.blocks.{FROZEN_BLOCKS}.layers.0.0.weight", "attention.norm.running_mean", "head.weight"} <= found
    assert trainer.average.steps == 4


@pytest.mark.parametrize("name", DEFAULT_RECIPES)
def test_rates_go_from_the_first_to_the_last(name: str, data: Path) -> None:
    trainer = small_trainer(data, replace(DEFAULT_RECIPES[name], encoder="lite0"))
    assert trainer.rate(0.0) == pytest.approx(trainer.recipe.phases[0].rates[0] / trainer.recipe.warm_up)
    trainer.average.steps = trainer.recipe.warm_up
    begin = 0
    for phase in trainer.recipe.phases:
        times = [begin + phase.epochs * share / 100 for share in range(100)]
        rates = [trainer.rate(time) for time in times]
        assert rates[0] == pytest.approx(phase.rates[0])
        assert rates[-1] == pytest.approx(phase.rates[1], abs=0.001)
        assert rates == sorted(rates, reverse=True)
        begin += phase.epochs
    assert trainer.rate(begin) == pytest.approx(phase.rates[1])


def test_everything_is_val_too(data: Path) -> None:
    for everything, count in ((False, 8), (True, 12)):
        trainer = small_trainer(data, replace(DEFAULT, everything=everything))
        assert trainer.settings["photos"] == {data.name: count}
        assert len(trainer.labelled[0]) == count
        assert len(trainer.validation) == 4


def test_blur_loss_wants_the_right_blur_and_type() -> None:
    labels = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
    labels[:, 2] = 255
    labels[0, :2, :, 8:] = 255  # half of the first is motion; the second is sharp all over
    right = torch.full((2, 2, 8, 8), -9.0)
    right[0, :, :, 4:] = 9.0
    wrong_type = right.clone()
    wrong_type[0, 1] = -9.0
    losses = [blur_loss(x, labels, 0.5).item() for x in (right, wrong_type, -right)]
    assert losses[0] < 0.3 < losses[1] < losses[2]
    labels[:, 2] = 0  # nothing is known: nothing can be wrong
    assert blur_loss(-right, labels, 0.5).item() == 0


@pytest.mark.slow
def test_composites_are_made_and_trained_on(data: Path, sharp: Path, tmp_path: Path) -> None:
    objects = tmp_path / "objects"
    for inner in ("image", "object"):
        (objects / inner).mkdir(parents=True)
    Image.fromarray(textured(60, 80)).save(objects / "image" / "a.jpg")
    mask = np.zeros((60, 80), np.uint8)
    mask[10:50, 20:60] = 255
    Image.fromarray(mask).save(objects / "object" / "a.png")
    recipe = replace(DEFAULT, synthetic=0, phases=(Phase(1, 32, synthetic=0.0, composites=0.5),), composites=4)
    out = tmp_path / "out"
    run(data, sharp, out, recipe, objects=objects)
    assert len(list((out / "composites").glob("*.jpg"))) == 4
    assert not (out / "partial").exists()


def test_photos_for_choosing_are_kept_out_of_train_and_validated_on(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = FEW["train"][:2]
    monkeypatch.setattr(dataset, "split_names", lambda split: kept if split == "choose" else split_names(split))
    whole, choosing = (small_trainer(data, replace(DEFAULT, choosing=choosing)) for choosing in (False, True))
    assert set(whole.names[data.name]) - set(choosing.names[data.name]) == set(kept)
    assert len(choosing.validation) == len(whole.validation) + 2
    assert {"choose motion"} == {title for title, *_ in choosing.validation} - {title for title, *_ in whole.validation}
