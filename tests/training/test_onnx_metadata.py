"""ONNX files say what they are, the same as the JSON file beside them, and answer bit for bit as before."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from blurmap.models.weights import read_description
from blurmap.training.export import FromPixels, export_onnx, write_description
from blurmap.training.onnx_metadata import recipe_sha256

SETTINGS: dict[str, object] = {"sides": [384], "scale": 0.5, "bias": -0.25}


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A tiny network as the exporter leaves it, without metadata."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 2, 3, 2, 1))
    export_onnx(FromPixels(network), tmp_path / "default.onnx", 32)
    return tmp_path / "default.onnx"


def properties(path: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def axes(value: onnx.ValueInfoProto) -> list[str | int]:
    return [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]


def describe(path: Path, settings: dict[str, object], **more: str) -> Path:
    return write_description(path.with_suffix(".json"), {"network": {"file": path.name}}, settings, None, **more)


def answers(network: bytes) -> list[np.ndarray]:
    session, random = onnxruntime.InferenceSession(network), np.random.default_rng(0)
    shapes = ((1, 64, 96, 3), (3, 32, 32, 3))
    return [session.run(None, {"pixels": random.integers(0, 256, shape, np.uint8)})[0] for shape in shapes]


def test_answers_and_weights_stay(exported: Path) -> None:
    before = exported.read_bytes()
    describe(exported, SETTINGS)
    after = exported.read_bytes()
    assert after != before
    for old, new in zip(answers(before), answers(after), strict=True):
        assert np.array_equal(old, new)
    old, new = (onnx.load_from_string(network).graph for network in (before, after))
    assert list(old.initializer) == list(new.initializer)
    assert list(old.node) == list(new.node)


def test_axes_have_names(exported: Path) -> None:
    describe(exported, SETTINGS)
    graph = onnx.load(exported).graph
    assert axes(graph.input[0]) == ["batch", "height", "width", 3]
    assert axes(graph.output[0]) == ["batch", 2, "map_height", "map_width"]


def test_metadata_say_what_the_json_says(exported: Path) -> None:
    path = describe(exported, SETTINGS, recipe_sha256=recipe_sha256("a recipe", "another"))
    said = properties(exported)
    assert said["name"] == "default"
    assert json.loads(said["labels"]) == ["blurred", "motion where blurred"]
    assert said["licence"] == "Apache-2.0"
    assert "research only" in said["training_data"]
    assert said["version"].count(".") == 2
    assert [len(part) for part in said["recipe_sha256"].split(",")] == [64, 64]
    assert json.loads(said["working_size"]) == [384]
    assert json.loads(said["calibration"]) == {"scale": 0.5, "bias": -0.25}
    entry = json.loads(path.read_text())["files"]["network"]
    assert entry["sha256"] == hashlib.sha256(exported.read_bytes()).hexdigest()


def test_settings_changed_later_are_in_both(exported: Path) -> None:
    """What knows of neither recipe nor licence leaves them; the JSON file fits the network that was written anew."""
    describe(exported, SETTINGS, recipe_sha256=recipe_sha256("a recipe"), training_data="my own")
    before = properties(exported)
    path = describe(exported, SETTINGS | {"sides": [448, 512], "bias": 0.125})
    after = properties(exported)
    assert json.loads(after["working_size"]) == [448, 512]
    assert json.loads(after["calibration"])["bias"] == 0.125
    for kept in ("recipe_sha256", "training_data", "version"):
        assert after[kept] == before[kept]
    assert (
        json.loads(path.read_text())["files"]["network"]["sha256"] == hashlib.sha256(exported.read_bytes()).hexdigest()
    )
    assert read_description("default", path.parent)["settings"]["sides"] == [448, 512]


def test_labelled_again_is_the_same_file(exported: Path) -> None:
    describe(exported, SETTINGS)
    before = exported.read_bytes(), exported.stat().st_mtime_ns
    describe(exported, SETTINGS)
    assert (exported.read_bytes(), exported.stat().st_mtime_ns) == before
