"""The command ``blurmap focus``: where a photo is in focus, at its own pixels."""

import io
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image

from blurmap.cli.console import AsJson, Model, Overwrite, Photos, say
from blurmap.cli.given import Given, each, fail_with, find_given, opened
from blurmap.cli.photos import refuse_existing
from blurmap.files import write_bytes, write_image
from blurmap.models import DEFAULT


class Widths(StrEnum):
    """Formats in which the widths of the blur are written."""

    PNG = "png"
    TIFF = "tiff"
    NPY = "npy"


PER_PIXEL = 8  # levels of an 8-bit PNG for each pixel of width


def focus(
    photos: Photos,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("blurmap_out"),
    widths: Annotated[
        list[Widths] | None,
        typer.Option(help="Write the widths of the blur too: png (8 levels a pixel), tiff, npy; may be repeated."),
    ] = None,
    model: Model = DEFAULT,
    as_json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Write NAME_focus.png: what is sharp at 100 %, what on a screen, what is soft, and what nobody can tell.

    NAME_width has a value for each 8 x 8 pixels: the standard deviation of the blur in pixels of the photo; what is
    not known is 255 in a PNG, else not a number.
    """
    from blurmap.focus.picture import figures, picture, words
    from blurmap.models import find, load

    if not find(model).capabilities.verdicts:
        raise typer.BadParameter(f"the model {model} does not look at focus: use {DEFAULT}")
    found, problems = find_given(photos)
    loaded = load(model)

    def one(photo: Given) -> None:
        paths = {"picture": out / f"{photo.stem}_focus.png"}
        paths |= {kind.value: out / f"{photo.stem}_width.{kind.value}" for kind in dict.fromkeys(widths or ())}
        refuse_existing(list(paths.values()), found, overwrite)
        row = photo.source.row(loaded.name, loaded.weights)
        result = loaded.detect(opened(photo, row))
        seen = result.focus
        assert seen is not None  # the model can
        write_image(picture(seen, result.seen), paths["picture"], overwrite=overwrite)
        for kind in dict.fromkeys(widths or ()):
            values = np.where(seen.known, seen.width, np.nan).astype(np.float32)
            write_bytes(paths[kind.value], written_as(kind, values), overwrite=overwrite)
        height, width = seen.shape
        if as_json:
            where = {what: str(path) for what, path in paths.items()}
            said: dict[str, Any] = {"path": photo.source.path, "width": width, "height": height, "error": None}
            say(json.dumps(said | figures(seen) | {"written": where}))
        else:
            say(f"{photo.name}  {width} x {height}  {words(seen)}\n    -> {paths['picture']}")

    def failed(photo: Given, reason: str) -> None:
        if as_json:
            say(json.dumps({"path": photo.source.path, "error": reason}))

    fail_with(each(found, problems, one, failed), len(found))


def written_as(kind: Widths, values: NDArray[np.float32]) -> bytes:
    """Widths, h x w float32 with NaN for what is not known, as the content of a file."""
    buffer = io.BytesIO()
    if kind is Widths.NPY:
        np.save(buffer, values)
    elif kind is Widths.TIFF:
        Image.fromarray(values).save(buffer, "TIFF")
    else:
        levels = np.where(np.isnan(values), 255, np.clip(np.nan_to_num(values) * PER_PIXEL, 0, 254).round())
        Image.fromarray(levels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
