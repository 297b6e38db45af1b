"""``blurmap train`` and ``blurmap export``: recipes by name, errors in one line."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from blurmap.cli import app
from blurmap.training import default, fine_tuned, image, patch
from blurmap.training.recipes import DEFAULT_RECIPES, IMAGE_RECIPES, PATCH_RECIPES
from tests.cli.command import failing, run
from tests.support import textured


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Nothing is trained; returns what would be."""
    seen: list[tuple[Any, ...]] = []
    for module, name in ((default, "train_default"), (image, "train_image"), (patch, "train_patch")):
        monkeypatch.setattr(module, name, lambda *arguments, **options: seen.append((*arguments, options)))
    monkeypatch.setattr(fine_tuned, "write_fine_tuned", lambda checkpoint, data, out: out)
    return seen


def test_commands_take_recipes_by_name(calls: list[tuple[Any, ...]]) -> None:
    for part, recipes in (("default", DEFAULT_RECIPES), ("image", IMAGE_RECIPES), ("patch", PATCH_RECIPES)):
        for name, recipe in recipes.items():
            done = CliRunner().invoke(app, ["train", part, "--data", "d", "--out", "o", "--recipe", name])
            assert done.exit_code == 0, done.output
            assert recipe in calls.pop()
        help_text = CliRunner().invoke(app, ["train", part, "--help"]).output
        assert all(name in help_text for name in recipes)


def test_options_reach_the_training(calls: list[tuple[Any, ...]]) -> None:
    line = "train default --data a --data b --sharp s --recipe fine-tune --init default --out o --partial p --seed 3"
    assert CliRunner().invoke(app, [*line.split(), "--resume"]).exit_code == 0
    sets, sharp, out, recipe, options = calls.pop()
    assert (sets, sharp, out) == ([Path("a"), Path("b")], Path("s"), Path("o"))
    assert recipe == DEFAULT_RECIPES["fine-tune"]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    told = {"init": "default", "seed": 3, "resume": True, "partial": Path("p"), "workers": 1, "device": device}
    assert options == told | {"objects": None, "composites": None}


def test_objects_and_composites_reach_the_training(calls: list[tuple[Any, ...]]) -> None:
    line = "train default --data a --sharp s --recipe physics --out o --objects b --composites c --choosing"
    assert CliRunner().invoke(app, line.split()).exit_code == 0
    *_, recipe, options = calls.pop()
    assert recipe == replace(DEFAULT_RECIPES["physics"], choosing=True)
    assert (options["objects"], options["composites"]) == (Path("b"), Path("c"))


def test_any_recipe_trains_on_val_too_when_asked(calls: list[tuple[Any, ...]]) -> None:
    line = "train default --data a --sharp s --recipe soup-cuhk --init default --out o --everything --workers 3"
    assert CliRunner().invoke(app, line.split()).exit_code == 0
    *_, recipe, options = calls.pop()
    assert recipe == replace(DEFAULT_RECIPES["soup-cuhk"], everything=True)
    assert options["workers"] == 3


@pytest.mark.parametrize(
    ("line", "recipe", "told"),
    [
        ("--init default", "fine-tune", "blurmap detect PHOTO --model o/weights"),
        ("--init default --sharp s", "further", "blurmap detect PHOTO --model o/weights"),
        ("--sharp s", "further", "next: blurmap export default --checkpoint "),
    ],
)
def test_a_training_ends_with_weights_or_says_how(
    line: str, recipe: str, told: str, calls: list[tuple[Any, ...]]
) -> None:
    done = CliRunner().invoke(app, f"train default --data a --out o {line}".split())
    assert DEFAULT_RECIPES[recipe] in calls.pop()
    assert told in done.output.replace("\\", "/")


@pytest.mark.parametrize("part", ["default", "image", "patch"])
def test_an_unknown_recipe_is_told(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"default": list(DEFAULT_RECIPES), "image": list(IMAGE_RECIPES), "patch": list(PATCH_RECIPES)}[part]
    told = failing(f"train {part} --data d --out o --recipe nonsense", capsys)
    assert told == f"blurmap: no recipe 'nonsense'; there is {', '.join(names)}\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        "train patches --data nowhere --out x",
        "train patch --data nowhere --out x",
        "train image --data nowhere --out x",
        "train default --data nowhere --sharp nowhere --out x",
        "train default --data own --sharp nowhere --out x --init none",
        "train default --data own --out x --init none",
        "train default --data own --out x --init missing.pt --recipe fine-tune",
        "train paper --data nowhere --sharp nowhere --out x",
        "train paper --data own --sharp nowhere --out x",
        "train fusion --data nowhere --weights x",
        "train verdict --data own --sharp nowhere --weights x",
        "export paper --patch a.pt --image b.pt --data own --out x",
        "export default --checkpoint a.pt --data nowhere --out x",
        "export default --checkpoint a.pt --data own --out x",
    ],
)
def test_errors_are_one_line(
    arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for inner in ("image", "gt"):
        (tmp_path / "own" / inner).mkdir(parents=True)
    (tmp_path / "own" / "photos.csv").write_text("name,type,split\na,defocus,train\n")
    monkeypatch.chdir(tmp_path)
    told = failing(arguments, capsys)
    assert told.count("\n") == 1, told
    assert told.startswith("blurmap: ")
    assert not (tmp_path / "x").exists()


@pytest.mark.slow
def test_patches_are_cut_and_trained_on(tmp_path: Path) -> None:
    (tmp_path / "sharp").mkdir()
    for i in range(10):
        Image.fromarray(textured(120, 140, i)).save(tmp_path / "sharp" / f"p{i}.png")
    done = run("train", "patches", "--data", "sharp", "--out", "p", "--count", 600, "--kernels", 4, cwd=tmp_path)
    assert "600 patches in p" in done.stdout
    run("train", "patch", "--data", "p", "--out", "r", "--threads", 1, cwd=tmp_path)
    assert json.loads((tmp_path / "r" / "test.json").read_text())["all"] >= 0
    again = run("train", "patch", "--data", "p", "--out", "r", cwd=tmp_path, status=1)
    assert "--resume" in again.stderr
