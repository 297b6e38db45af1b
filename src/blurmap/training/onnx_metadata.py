"""What an ONNX file says of itself: names of its axes, and whose it is, what it takes and what it answers.

The settings are in the JSON file beside it, too. :func:`blurmap.training.export.write_description` is the one way to
write that, and labels the networks anew, so that the two agree.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx

from blurmap import __version__
from blurmap.files import write_bytes
from blurmap.models import CUHK_LICENCE, MODELS
from blurmap.verdict.crops import WIDTHS

INPUT_AXES, OUTPUT_AXES = {0: "batch", 1: "height", 2: "width"}, {2: "map_height", 3: "map_width"}
CLOSE_UP = "close_up"  # the part of verdict.json
LABELS = {"default": ["blurred", "motion where blurred"], "paper": ["blurred"]}  # of the channels of the answer


def recipe_sha256(*settings: str) -> str:
    """sha256 of the settings (recipe, seed, data) that a checkpoint keeps; of several, with commas between."""
    return ",".join(hashlib.sha256(text.encode()).hexdigest() for text in settings)


def label(path: Path, settings: Mapping[str, Any], model: str, part: str, **more: str) -> str:
    """Name the axes of an ONNX file and put metadata into it; its weights and its answers stay. Returns its sha256.

    Parameters
    ----------
    path : Path
        Replaced by a move, if anything changes. What it says already of ``version``, ``licence``, ``training_data`` and
        ``recipe_sha256`` stays: they are of the time when it was exported.
    settings : mapping
        Those of the model; working size and calibration are taken from them.
    model, part : str
        One of :data:`blurmap.models.MODELS`, or ``verdict``; ``network``, ``patch``, ``image``, or ``close_up``.
    **more : str
        Further properties; they replace those of the same names.
    """
    before = path.read_bytes()
    network = onnx.load_from_string(before)
    _name_axes(network.graph)
    kept = {entry.key: entry.value for entry in network.metadata_props}
    said = _at_export(model) | kept | _by_settings(settings, model, part) | more
    del network.metadata_props[:]
    for key in sorted(said):
        network.metadata_props.add(key=key, value=said[key])
    after: bytes = network.SerializeToString()
    if after != before:
        write_bytes(path, after, overwrite=True)
    return hashlib.sha256(after).hexdigest()


def _at_export(model: str) -> dict[str, str]:
    data = MODELS[model].training_data if model in MODELS else CUHK_LICENCE
    return {"version": __version__, "licence": "Apache-2.0", "training_data": data}


def _by_settings(settings: Mapping[str, Any], model: str, part: str) -> dict[str, str]:
    if part == CLOSE_UP:
        return {"name": "close-up", "labels": json.dumps([*(f"wider than {w:.1f} pixels" for w in WIDTHS), "motion"])}
    sides = {"network": "sides", "patch": "patch_sides", "image": "image_sizes"}[part]
    calibration = settings.get("calibration") or {key: settings[key] for key in ("scale", "bias")}
    return {
        "name": model if part == "network" else f"{model}-{part}",
        "labels": json.dumps(LABELS[model.removesuffix("-int8")]),
        "working_size": json.dumps(settings[sides]),  # long sides in pixels, of squares for the image network
        "calibration": json.dumps(calibration),
    }


def _name_axes(graph: onnx.GraphProto) -> None:
    """Put names for the symbols that the exporter made up, wherever they stand."""
    names: dict[str, str] = {}
    for value, axes in ((graph.input[0], INPUT_AXES), (graph.output[0], OUTPUT_AXES)):
        for axis, name in axes.items():
            if symbol := value.type.tensor_type.shape.dim[axis].dim_param:
                names.setdefault(symbol, name)
    for value in (*graph.input, *graph.output, *graph.value_info):
        for dimension in value.type.tensor_type.shape.dim:
            if dimension.dim_param in names:
                dimension.dim_param = names[dimension.dim_param]
