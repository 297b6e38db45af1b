"""What is answered: the one record of a result, pictures, and problems."""

import base64
import io
import re
from typing import Any

import numpy as np
from PIL import Image
from pydantic import BaseModel, create_model

from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models import MODELS
from blurmap.models.weights import read_description, weights_size
from blurmap.result import FIELDS, BlurMap, What
from blurmap.verdict.judgement import Verdict

TYPES: dict[str, Any] = {"int32": int, "double": float, "string": str, "list<int32>": list[int]}

# The fields of the record are those of tables and ``blurmap detect --json``, from one list.
Answer = create_model(  # type: ignore[call-overload]
    "Answer",
    __doc__="What blurmap sees in a photo; what the model does not tell is null.",
    path=(str, ...),
    bytes=(int, ...),
    format=(str, ...),
    **{name: (TYPES[kind] | None, ...) for name, kind in FIELDS.items()} | {"verdict": (Verdict | None, ...)},
    error=(None, ...),
    seconds=(float, ...),
    pictures=(dict[What, str], ...),
)


class ModelEntry(BaseModel):
    """A model that the server answers with."""

    name: str
    gives: str
    bytes: int
    training_data: str
    val: dict[str, dict[str, float]]


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The file is no photo that can be used."},
    401: {"model": Problem, "description": "The token is missing or wrong."},
    403: {"model": Problem, "description": "A web page of another site asks."},
    413: {"model": Problem, "description": "The upload or the photo is too large."},
    429: {"model": Problem, "description": "Too many requests are waiting; come again later."},
    504: {"model": Problem, "description": "It took too long."},
}


def name_only(given: str | None) -> str:
    """An uploaded file's name without the folders that some clients put before it."""
    return re.split(r"[\\/]", given or "")[-1] or "photo"


def record(result: BlurMap, name: str, size: int, kind: str) -> dict[str, Any]:
    """The record of an uploaded photo, but for its seconds and pictures."""
    return {"path": name, "bytes": size, "format": kind, **result.record(), "error": None}


def pictures(result: BlurMap, wanted: list[What], max_side: int) -> dict[What, str]:
    """Pictures as data URIs by name; there is no ``kind`` from a model that tells no types of blur."""
    return {
        what: "data:image/png;base64," + base64.b64encode(picture(result, what, max_side)).decode()
        for what in dict.fromkeys(wanted)
        if what != "kind" or result.maps.motion is not None
    }


def picture(result: BlurMap, what: What, max_side: int) -> bytes:
    """One of the pictures of :meth:`blurmap.BlurMap.save` as PNG, with a long side of at most ``max_side``."""
    pixels = result.picture(what)
    shape = fit(pixels.shape, max_side)
    if pixels.ndim == 3:
        image = Image.fromarray(resize_photo(pixels, shape))
    else:
        image = Image.fromarray(np.ascontiguousarray(pixels)).resize((shape[1], shape[0]), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def model_entries() -> list[ModelEntry]:
    """The models and their figures."""
    return [
        ModelEntry(
            name=name, gives=shipped.gives, bytes=weights_size(name), training_data=shipped.training_data,
            val=read_description(name).get("val", {}),
        )
        for name, shipped in MODELS.items()
    ]  # fmt: skip
