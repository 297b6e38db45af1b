"""What is answered: the one record of a result, pictures, and problems."""

import base64
import io
import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from PIL import Image
from pydantic import BaseModel, ConfigDict, create_model
from pydantic import Field as Described

from blurmap.fields import FIELDS
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models import Shipped, description
from blurmap.models.weights import weights_size
from blurmap.result import BlurMap, What
from blurmap.verdict.judgement import Verdict
from blurmap.verdict.rules import Outcome

TYPES: dict[str, Any] = {"int32": int, "double": float, "string": str, "bool": bool, "list<int32>": list[int]}

NOT_SENT = ("mtime", "taken", "camera", "burst", "rank")  # of a file on a disk, or of many photos
SENT = [field for field in FIELDS if field.name not in NOT_SENT]
EXAMPLE: dict[str, Any] = {field.name: field.example for field in SENT} | {"pictures": {}}

# The fields of the record are those of tables and ``blurmap detect --json``, from one list.
SEEN: dict[str, Any] = {
    field.name: (TYPES[field.type] | None, Described(description=field.sentence())) for field in SENT if field.answer
}
SEEN["verdict"] = (Verdict | None, SEEN["verdict"][1])
Answer = create_model(
    "Answer",
    __doc__="What blurmap sees in a photo; what the model does not tell is null.",
    __config__=ConfigDict(json_schema_extra={"example": EXAMPLE}),
    path=(str, ...), bytes=(int, ...), format=(str, ...), **SEEN, error=(None, ...), seconds=(float, ...),
    pictures=(dict[What, str], ...),
)  # fmt: skip
Line = create_model(
    "Line",
    __doc__="A photo of a batch: as an answer, or with an error and nulls.",
    path=(str, ...), bytes=(int | None, ...), format=(str | None, ...), **SEEN, error=(str | None, ...),
    seconds=(float | None, ...), pictures=(dict[What, str], ...),
)  # fmt: skip
OUTCOME: dict[str, Any] = {
    "outcome": (Outcome, Described(description="`pass`, `warn` or `reject`, by the rules that were asked for.")),
    "why": (list[str], Described(description="What breaks them, a sentence each; empty where it passes.")),
}
CHECKED_EXAMPLE = {name: value for name, value in EXAMPLE.items() if name != "pictures"} | {
    "outcome": "pass",
    "why": [],
}
Checked = create_model(
    "Checked",
    __doc__="Whether a photo will do, and what blurmap sees in it.",
    __config__=ConfigDict(json_schema_extra={"example": CHECKED_EXAMPLE}),
    path=(str, ...), bytes=(int, ...), format=(str, ...), **SEEN, error=(None, ...), seconds=(float, ...), **OUTCOME,
)  # fmt: skip
CheckedLine = create_model(
    "CheckedLine",
    __doc__="A photo of a batch: as checked, or with an error and nulls.",
    path=(str, ...), bytes=(int | None, ...), format=(str | None, ...), **SEEN, error=(str | None, ...),
    seconds=(float | None, ...), outcome=(Outcome | None, OUTCOME["outcome"][1]), why=OUTCOME["why"],
)  # fmt: skip


class ModelEntry(BaseModel):
    """A model that the server answers with."""

    name: str
    gives: str
    bytes: int
    training_data: str
    val: dict[str, dict[str, float]]


class Status(BaseModel):
    """That all is well."""

    status: Literal["ok"]


def name_only(given: str | None) -> str:
    """An uploaded file's name without the folders that some clients put before it."""
    return re.split(r"[\\/]", given or "")[-1] or "photo"


def record(result: BlurMap) -> dict[str, Any]:
    """What is said of a photo that could be looked at."""
    return {**result.record(), "error": None}


def failed_record(line_of: type[BaseModel], name: str, error: str) -> dict[str, Any]:
    """The line of a photo that could not be looked at: a ``Line`` or ``CheckedLine``."""
    lists: dict[str, Any] = {"pictures": {}, "why": []}
    empty = {field: lists[field] for field in lists if field in line_of.model_fields}
    return dict.fromkeys(line_of.model_fields) | {"path": name, "error": error} | empty


def pictures(result: BlurMap, wanted: list[What], max_side: int) -> dict[What, str]:
    """Pictures as data URIs by name; there is no ``kind`` from a model that tells no types of blur."""
    return {
        what: "data:image/png;base64," + base64.b64encode(picture(result, what, max_side)).decode()
        for what in dict.fromkeys(wanted)
        if what != "kind" or result.maps.motion is not None
    }


def picture(result: BlurMap, what: What, max_side: int) -> bytes:
    """One of the pictures of [`blurmap.BlurMap.save`][] as PNG, with a long side of at most ``max_side``."""
    pixels = result.picture(what)
    shape = fit(pixels.shape, max_side)
    if pixels.ndim == 3:
        image = Image.fromarray(resize_photo(pixels, shape))
    else:
        image = Image.fromarray(np.ascontiguousarray(pixels)).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def model_entries(models: Mapping[str, Shipped]) -> list[ModelEntry]:
    """Models and their figures."""
    return [
        ModelEntry(
            name=name, gives=shipped.capabilities.gives, bytes=weights_size(*(shipped.own or (name,))),
            training_data=shipped.training_data, val=description(name).get("val", {}),
        )
        for name, shipped in models.items()
    ]  # fmt: skip
