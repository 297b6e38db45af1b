"""The commands that look at single photos: ``blurmap detect``, ``magnify``, ``cutout``."""

import json
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from blurmap.cli.console import AsJson, Model, Out, Overwrite, Photos, say, tell
from blurmap.cli.given import Given, each, fail_with, find_given, opened
from blurmap.fields import Row
from blurmap.files import write_image
from blurmap.models import DEFAULT
from blurmap.photos.names import local_path
from blurmap.photos.photo import open_described

STDOUT = Path("-")


class Overlay(StrEnum):
    """Endings of overlays."""

    PNG = "png"
    JPG = "jpg"
    NONE = "none"


def detect(
    photos: Photos,
    model: Model = DEFAULT,
    out: Out = Path("blurmap_out"),
    overlay: Annotated[Overlay, typer.Option(help="Format of the overlay; none: only the mask.")] = Overlay.PNG,
    full: Annotated[
        bool, typer.Option("--full", help="Overlay at the photo's own size; else at most 2048 pixels long.")
    ] = False,
    as_json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Write NAME_mask.png (white = blurred) and NAME_overlay.png for each photo, and say whether the blur matters."""
    from blurmap.models import load
    from blurmap.result import OVERLAY_SIDE

    found, problems = find_given(photos)
    check_stdout(out, found, as_json=as_json)
    loaded = load(model)

    def one(photo: Given) -> None:
        started = time.perf_counter()
        paths = {} if out == STDOUT else {"mask": out / f"{photo.stem}_mask.png"}
        if paths and overlay is not Overlay.NONE:
            paths["overlay"] = out / f"{photo.stem}_overlay.{overlay}"
        refuse_existing(list(paths.values()), found, overwrite)
        row = photo.source.row(loaded.name, loaded.weights)
        result = loaded.detect(opened(photo, row))
        row |= result.record()
        if "mask" in paths:
            result.save(paths["mask"], overwrite=overwrite)
        if "overlay" in paths:
            write_image(result.overlay(None if full else OVERLAY_SIDE), paths["overlay"], overwrite=overwrite)
        row["seconds"] = round(time.perf_counter() - started, 4)
        if out == STDOUT:
            tell(told(row, photo.name))
            to_stdout(result.picture("mask"))
        elif as_json:
            say(json.dumps(row | {"mask": None, "overlay": None} | {what: str(path) for what, path in paths.items()}))
        else:
            say(f"{told(row, photo.name)}\n    -> {paths.get('overlay', paths['mask'])}")

    def failed(photo: Given, reason: str) -> None:
        if as_json:
            row = photo.source.row(loaded.name, loaded.weights, reason)
            say(json.dumps(row | {"mask": None, "overlay": None}))

    fail_with(each(found, problems, one, failed), len(found))


def told(row: Row, name: str) -> str:
    """What a row says, for a person."""
    kinds = [f"{kind} {row[kind]:.1%}" for kind in ("defocus", "motion") if row[kind] is not None]
    line = f"{name}  {row['width']} x {row['height']}"
    if row["blurred"] is not None:
        line += f"  {row['blurred']:.1%} blurred" + (f" ({', '.join(kinds)})" if kinds else "")
    return line + (f"\n    {row['verdict'] or 'no verdict'}: {row['reason']}" if row["reason"] else "")


def magnify(
    photos: Photos,
    amount: Annotated[float, typer.Option(min=0, max=10, help="Diameter of the added blur, % of the long side.")] = 1.0,
    model: Model = DEFAULT,
    out: Out = Path("blurmap_out"),
    as_json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Write NAME_magnified.png: the blurred region blurred further, as by a faster lens."""
    from blurmap.effects.magnification import magnify as magnify_result

    picture_command(photos, "magnified", lambda r: magnify_result(r, amount), model, out, as_json, overwrite)


def cutout(
    photos: Photos,
    model: Model = DEFAULT,
    out: Out = Path("blurmap_out"),
    as_json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Write NAME_cutout.png: the sharp subject on a transparent background (needs PyMatting)."""
    from blurmap.effects.cutout import cutout as cut_result

    picture_command(photos, "cutout", cut_result, model, out, as_json, overwrite)


def picture_command(
    photos: list[str], suffix: str, make: Callable[[Any], Any], model: Any, out: Path, as_json: bool, overwrite: bool
) -> None:
    from blurmap.models import load

    found, problems = find_given(photos)
    check_stdout(out, found, as_json=as_json)
    loaded = load(model)

    def one(photo: Given) -> None:
        path = out / f"{photo.stem}_{suffix}.png"
        if out != STDOUT:
            refuse_existing([path], found, overwrite)
        picture = make(loaded.detect(open_described(photo.read(), photo.name)[0]))
        if out == STDOUT:
            to_stdout(picture)
            return
        write_image(picture, path, overwrite=overwrite)
        line = {"path": photo.source.path, suffix: str(path), "error": None}
        say(json.dumps(line) if as_json else f"{photo.name}  -> {path}")

    def failed(photo: Given, reason: str) -> None:
        if as_json:
            say(json.dumps({"path": photo.source.path, suffix: None, "error": reason}))

    fail_with(each(found, problems, one, failed), len(found))


def check_stdout(out: Path, found: list[Given], *, as_json: bool) -> None:
    """Raise ValueError, before any work, where stdout cannot take what is to be written there."""
    if out != STDOUT:
        return
    if len(found) != 1:
        raise ValueError(f"--out - writes the picture of one photo, and these are {len(found)}; give a folder")
    if as_json:
        raise ValueError("--out - writes a picture to stdout, which cannot hold the lines of --json too")
    if sys.stdout.isatty():
        raise ValueError("--out - writes a PNG to stdout: send it to a file or another program, as in > mask.png")


def to_stdout(picture: NDArray[np.uint8]) -> None:
    """Write a picture to stdout as PNG."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    sys.stdout.buffer.write(buffer.getvalue())
    sys.stdout.buffer.flush()


def refuse_existing(paths: list[Path], photos: list[Given], overwrite: bool) -> None:
    """Before any work: results must not be there unless asked for, and are never written over any of the photos."""
    inputs = [path for photo in photos if (path := local_path(photo.source.path))]
    for path in paths:
        if path.exists() and any(photo.exists() and path.samefile(photo) for photo in inputs):
            raise FileExistsError(f"{path} is one of the photos themselves; give another --out")
        if path.exists() and not overwrite:
            raise FileExistsError(f"{path} is there already; give --overwrite or another --out")
