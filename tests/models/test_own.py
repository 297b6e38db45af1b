"""Weights of one's own: a folder of them does where a model's name does."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import blurmap
from blurmap.cli import app
from blurmap.errors import WeightsError
from blurmap.models import find, load, weights_of
from blurmap.scanning.results import scan
from tests.support import EXAMPLES, weights_copy

CAT = EXAMPLES / "cat.jpg"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The shipped weights, with a bias that makes everything look blurred."""
    folder = tmp_path / "my weights"
    folder.mkdir()
    for model in ("default", "default-int8"):
        weights_copy(folder, model)
        description = json.loads((folder / f"{model}.json").read_text())
        description["settings"]["bias"] = 50.0
        (folder / f"{model}.json").write_text(json.dumps(description))
    return folder


def test_a_folder_is_a_model(own: Path) -> None:
    model = load(str(own))
    assert model is load(str(own))
    assert model.name == str(own)
    assert model.weights == weights_of(str(own)) != load().weights
    result = blurmap.detect(CAT, str(own))
    assert result.fraction == 1
    assert (result.model, result.weights) == (str(own), model.weights)
    assert blurmap.detect(CAT).fraction < 0.9  # the shipped ones are untouched
    assert np.all(next(blurmap.detect([CAT], str(own))).maps.mask)
    small = load(str(own / "default-int8.json"))
    assert small.weights not in (model.weights, load("default-int8").weights)
    assert small.detect(CAT).fraction == 1


def test_weights_that_are_trained_again_are_loaded_again(own: Path) -> None:
    assert blurmap.detect(CAT, str(own)).fraction == 1
    description = json.loads((own / "default.json").read_text())
    description["settings"]["bias"] = -50.0
    (own / "default.json").write_text(json.dumps(description))
    assert blurmap.detect(CAT, str(own)).fraction == 0


@pytest.mark.slow
def test_a_scan_with_them(own: Path, tmp_path: Path) -> None:
    found = scan(CAT, tmp_path / "t.jsonl", str(own), workers=1)
    assert [(row["model"], row["weights"], row["blurred"]) for row in found] == [(str(own), weights_of(str(own)), 1.0)]
    assert scan(CAT, tmp_path / "t.jsonl", str(own), workers=1).skipped == 1
    assert scan(CAT, tmp_path / "t.jsonl", workers=1).done == 1


def test_what_is_no_model_is_told(own: Path, tmp_path: Path) -> None:
    for name in ("nonsense", str(tmp_path / "missing"), str(own / "other.json"), str(tmp_path / "no" / "default.json")):
        for look in (find, load, weights_of):
            with pytest.raises(ValueError, match=r"no model .* any folder of weights, by its path"):
                look(name)
    with pytest.raises(WeightsError, match=r"default\.json: no such file"):
        load(str(tmp_path))
    (own / "default.json").write_text("{")
    with pytest.raises(WeightsError, match=r"default\.json: is damaged"):
        load(str(own))


@pytest.mark.slow
def test_they_are_judged_by_the_judge_that_ships_or_by_their_own(own: Path) -> None:
    assert find(str(own)).capabilities.verdicts
    shipped = load(str(own))
    assert shipped.detect(CAT).verdict is not None
    weights_copy(own, "verdict")
    path = own / "verdict.json"
    description = json.loads(path.read_text())
    description["settings"]["verdict"] = [[0.0] * 7 + [c] for c in (0.0, 0.0, 50.0)]  # everything is bad
    path.write_text(json.dumps(description))
    judged = load(str(own))
    assert judged.weights == weights_of(str(own)) != shipped.weights
    assert judged.detect(CAT).verdict in ("defocused", "motion")
    description["settings"]["verdict"] = [row[:6] for row in description["settings"]["verdict"]]
    path.write_text(json.dumps(description))
    with pytest.raises(WeightsError, match=r"verdict\.json: is of another blurmap"):
        load(str(own))


def test_commands_take_them(own: Path, tmp_path: Path) -> None:
    command = ["detect", str(CAT), "--model", str(own), "--out", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["blurred"] == 1
    done = CliRunner().invoke(app, ["check", str(CAT), "--model", str(own), "--max-blurred", ".9"])
    assert done.exit_code == 1
    done = CliRunner().invoke(app, ["detect", str(CAT), "--model", str(tmp_path / "none")])
    assert done.exit_code == 2
    assert "any folder of weights" in done.output
