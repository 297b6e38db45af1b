"""Weights as they ship: files say what they are, as the JSON file beside them does, and answer bit for bit alike."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from blurmap.errors import WeightsError
from blurmap.models.default import DefaultModel
from blurmap.models.weights import read_description, weights_folder
from blurmap.training.export import FromPixels, exported
from blurmap.training.onnx_metadata import provenance_now, recipe_sha256
from blurmap.training.package import Package
from tests.support import EXAMPLES, weights_copy

SETTINGS: dict[str, object] = {"sides": [384], "scale": 0.5, "bias": -0.25}


@pytest.fixture(scope="module")
def network() -> bytes:
    """A tiny network as the exporter leaves it, without metadata."""
    torch.manual_seed(0)
    return exported(FromPixels(nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 2, 3, 2, 1))), 32)


def package(network: bytes, **provenance: str) -> Package:
    made_by = provenance_now("default", **provenance)
    norms = {"a": np.arange(8, dtype=np.float32).reshape(4, 2)}
    return Package("default", {"network": network}, dict(SETTINGS), norms=norms, provenance=made_by)


def properties(path: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def axes(value: onnx.ValueInfoProto) -> list[str | int]:
    return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]


def answers(network: bytes) -> list[NDArray[np.float32]]:
    session, random = onnxruntime.InferenceSession(network), np.random.default_rng(0)
    shapes = ((1, 64, 96, 3), (3, 32, 32, 3))
    return [session.run(None, {"pixels": random.integers(0, 256, shape, np.uint8)})[0] for shape in shapes]


@pytest.mark.slow
def test_answers_and_weights_stay(network: bytes, tmp_path: Path) -> None:
    package(network).save(tmp_path)
    after = (tmp_path / "default.onnx").read_bytes()
    assert after != network
    for old, new in zip(answers(network), answers(after), strict=True):
        assert np.array_equal(old, new)
    before_graph, after_graph = (onnx.load_from_string(content).graph for content in (network, after))
    assert list(before_graph.initializer) == list(after_graph.initializer)
    assert list(before_graph.node) == list(after_graph.node)


def test_axes_have_names(network: bytes, tmp_path: Path) -> None:
    package(network).save(tmp_path)
    graph = onnx.load(tmp_path / "default.onnx").graph
    assert axes(graph.input[0]) == ["batch", "height", "width", 3]
    assert axes(graph.output[0]) == ["batch", 2, "map_height", "map_width"]


def test_metadata_say_what_the_json_says(network: bytes, tmp_path: Path) -> None:
    path = package(network, recipe_sha256=recipe_sha256("a recipe", "another")).save(tmp_path)
    metadata = properties(tmp_path / "default.onnx")
    assert metadata["name"] == "default"
    assert json.loads(metadata["labels"]) == ["blurred", "motion where blurred"]
    assert metadata["licence"] == "Apache-2.0"
    assert "research only" in metadata["training_data"]
    assert metadata["version"].count(".") == 2
    assert [len(part) for part in metadata["recipe_sha256"].split(",")] == [64, 64]
    assert json.loads(metadata["working_size"]) == [384]
    assert json.loads(metadata["calibration"]) == {"scale": 0.5, "bias": -0.25}
    entry = json.loads(path.read_text())["files"]["network"]
    assert entry["sha256"] == hashlib.sha256((tmp_path / "default.onnx").read_bytes()).hexdigest()


def test_settings_changed_later_are_in_both_and_all_else_stays(network: bytes, tmp_path: Path) -> None:
    package(network, recipe_sha256=recipe_sha256("a recipe"), training_data="my own").save(tmp_path)
    before = properties(tmp_path / "default.onnx")
    again = Package.read("default", tmp_path)
    again.settings |= {"sides": [448, 512], "bias": 0.125}
    again.val = {"all": {"f": 0.9}}
    again.save(tmp_path)
    after = properties(tmp_path / "default.onnx")
    assert json.loads(after["working_size"]) == [448, 512]
    assert json.loads(after["calibration"])["bias"] == 0.125
    for kept in ("recipe_sha256", "training_data", "version"):
        assert after[kept] == before[kept]
    assert read_description("default", tmp_path)["settings"]["sides"] == [448, 512]
    last = Package.read("default", tmp_path)  # which checks the sha256 of the networks
    assert last.val == {"all": {"f": 0.9}}
    assert np.array_equal(last.norms["a"], np.arange(8).reshape(4, 2))


def test_saved_again_nothing_is_written(network: bytes, tmp_path: Path) -> None:
    package(network).save(tmp_path)
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    Package.read("default", tmp_path).save(tmp_path)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before


def test_the_json_file_is_written_last(network: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what names the others: a run that is killed before leaves the model that was there, or none."""
    monkeypatch.setattr(os, "replace", failing_at := Failing(2))
    with pytest.raises(OSError, match="disk"):
        package(network).save(tmp_path)
    assert failing_at.calls == 2
    assert not (tmp_path / "default.json").exists()


class Failing:
    """Replaces files until the disk is full."""

    def __init__(self, at: int) -> None:
        self.at, self.calls = at, 0

    def __call__(self, source: str, target: Path) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise OSError(28, "no space left on the disk")
        Path(source).rename(target)


def test_a_model_is_loaded_from_memory_as_from_a_disk(tmp_path: Path) -> None:
    read = Package.read("default", weights_folder())
    in_memory, on_disk = (DefaultModel(folder=folder) for folder in (read.folder(), weights_copy(tmp_path, "default")))
    assert in_memory.weights == on_disk.weights == DefaultModel().weights
    photo = EXAMPLES / "cat.jpg"
    assert np.array_equal(in_memory.detect(photo).maps.blurred, on_disk.detect(photo).maps.blurred)


def test_the_files_that_ship_are_as_they_would_be_written() -> None:
    for name in ("default", "default-int8", "paper", "verdict"):
        for file, content in Package.read(name, weights_folder()).files().items():
            if not file.endswith(".npz"):
                assert content == (weights_folder() / file).read_bytes(), file


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    weights_copy(tmp_path, "default")
    (tmp_path / "default.onnx").write_bytes(b"x")
    with pytest.raises(WeightsError, match=r"default\.onnx: is damaged"):
        Package.read("default", tmp_path)
