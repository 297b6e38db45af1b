"""What an ONNX file says of itself: names of its axes, and whose it is, what it takes and what it answers.

The settings are in the JSON file beside it, too: ``blurmap.training.package.Package`` writes both.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import onnx

from blurmap import __version__
from blurmap.focus.close_up import WIDTHS
from blurmap.models import CUHK_LICENCE, MODELS

INPUT_AXES, OUTPUT_AXES = {0: "batch", 1: "height", 2: "width"}, {2: "map_height", 3: "map_width"}
CLOSE_UP = "close_up"  # the part of verdict.json
AT_EXPORT = ("version", "licence", "training_data", "recipe_sha256")
LABELS = {"default": ["blurred", "motion where blurred"], "paper": ["blurred"]}  # of the channels of the answer


def recipe_sha256(*settings: str) -> str:
    """sha256 of the settings (recipe, seed, data) that a checkpoint keeps; of several, with commas between."""
    return ",".join(hashlib.sha256(text.encode()).hexdigest() for text in settings)


def provenance(network: bytes) -> dict[str, str]:
    """What an ONNX file says of the time when it was exported."""
    entries = {entry.key: entry.value for entry in onnx.load_from_string(network).metadata_props}
    return {key: entries[key] for key in AT_EXPORT if key in entries}


def provenance_now(model: str, **more: str) -> dict[str, str]:
    """What ONNX files that are exported now say of that: version, licence, training data, and ``more``."""
    data = MODELS[model].training_data if model in MODELS else CUHK_LICENCE
    return {"version": __version__, "licence": "Apache-2.0", "training_data": data, **more}


def labelled(network: bytes, settings: Mapping[str, Any], model: str, part: str, at_export: Mapping[str, str]) -> bytes:
    """An ONNX file with names for its axes and with metadata; its weights and its answers stay.

    Parameters
    ----------
    network : bytes
    settings : mapping
        Those of the model; working size and calibration are taken from them.
    model, part : str
        One of ``blurmap.models.MODELS``, or ``verdict``; ``network``, ``patch``, ``image``, or ``close_up``.
    at_export : mapping
        See ``provenance``.
    """
    model_proto = onnx.load_from_string(network)
    _name_axes(model_proto.graph)
    others = {entry.key: entry.value for entry in model_proto.metadata_props}  # such as those of the quantiser
    metadata = {**others, **at_export, **_by_settings(settings, model, part)}
    del model_proto.metadata_props[:]
    for key in sorted(metadata):
        model_proto.metadata_props.add(key=key, value=metadata[key])
    content: bytes = model_proto.SerializeToString()
    return content


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
