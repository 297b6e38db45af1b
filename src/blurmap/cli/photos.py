"""The commands that look at single photos: ``blurmap detect``, ``magnify``, ``cutout``."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from blurmap.cli.console import DEFAULT_MODEL, Model, Out, Overwrite, Photos, fail, say, watched
from blurmap.errors import PhotoError
from blurmap.photo import file_content, open_described
from blurmap.scan.capture import captured
from blurmap.scan.look import empty_row
from blurmap.scan.sources import file_source
from blurmap.scan.table import Row


def detect(
    photos: Photos,
    model: Model = DEFAULT_MODEL,
    out: Out = Path("blurmap_out"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per photo.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write NAME_mask.png (white = blurred) and NAME_overlay.png for each photo, and say whether the blur matters."""
    from blurmap.models import load

    loaded = load(model.value)

    def one(photo: Path, stem: str) -> None:
        started = time.perf_counter()
        paths = {"mask": out / f"{stem}_mask.png", "overlay": out / f"{stem}_overlay.png"}
        refuse_existing(list(paths.values()), photos, overwrite)
        row = empty_row(file_source(str(photo)), loaded.name, loaded.weights)
        content = file_content(photo)
        image, row["format"] = open_described(content, str(photo))
        row["taken"], row["camera"] = captured(content, str(photo))
        result = loaded.detect(image)
        row |= result.record()
        for what, path in paths.items():
            result.save(path, what, overwrite=overwrite)  # type: ignore[arg-type]
        row["seconds"] = round(time.perf_counter() - started, 4)
        say(json.dumps(row | {what: str(path) for what, path in paths.items()}) if as_json else told(row, photo))
        if not as_json:
            say(f"    -> {paths['overlay']}")

    def failed(photo: Path, reason: str) -> None:
        if as_json:
            row = empty_row(file_source(str(photo)), loaded.name, loaded.weights, reason)
            say(json.dumps(row | {"mask": None, "overlay": None}))

    each_photo(photos, one, failed)


def told(row: Row, photo: Path) -> str:
    """What a row says, for a person."""
    kinds = [f"{kind} {row[kind]:.1%}" for kind in ("defocus", "motion") if row[kind] is not None]
    line = f"{photo}  {row['width']} x {row['height']}  {row['blurred']:.1%} blurred"
    line += f" ({', '.join(kinds)})" if kinds else ""
    return line + (f"\n    {row['verdict']}: {row['reason']}" if row["verdict"] else "")


def magnify(
    photos: Photos,
    amount: Annotated[float, typer.Option(min=0, max=10, help="Diameter of the added blur, % of the long side.")] = 1.0,
    model: Model = DEFAULT_MODEL,
    out: Out = Path("blurmap_out"),
    overwrite: Overwrite = False,
) -> None:
    """Write NAME_magnified.png: the blurred region blurred further, as by a faster lens."""
    from blurmap.effects.magnification import magnify as magnify_result
    from blurmap.models import load

    picture_command(photos, "magnified", lambda r: magnify_result(r, amount), load(model.value), out, overwrite)


def cutout(
    photos: Photos, model: Model = DEFAULT_MODEL, out: Out = Path("blurmap_out"), overwrite: Overwrite = False
) -> None:
    """Write NAME_cutout.png: the sharp subject on a transparent background (needs PyMatting)."""
    from blurmap.effects.cutout import cutout as cut_result
    from blurmap.models import load

    picture_command(photos, "cutout", cut_result, load(model.value), out, overwrite)


def picture_command(
    photos: list[Path], suffix: str, make: Callable[[Any], Any], model: Any, out: Path, overwrite: bool
) -> None:
    from blurmap.files import write_image

    def one(photo: Path, stem: str) -> None:
        path = out / f"{stem}_{suffix}.png"
        refuse_existing([path], photos, overwrite)
        write_image(make(model.detect(photo)), path, overwrite=overwrite)
        say(f"{photo}  -> {path}")

    each_photo(photos, one)


def each_photo(
    photos: list[Path],
    one: Callable[[Path, str], None],
    failed: Callable[[Path, str], None] = lambda photo, reason: None,
) -> None:
    """Call ``one`` with each photo and the stem for its results; a photo that fails does not stop the others."""
    reasons: list[str] = []
    for photo, stem in watched(list(zip(photos, result_stems(photos), strict=True)), "photos"):
        try:
            one(photo, stem)
        except (PhotoError, FileExistsError, ValueError) as error:
            reasons.append(str(error) if str(photo) in str(error) else f"{photo}: {error}")
        except OSError as error:
            reasons.append(f"{photo}: cannot write its results ({error.strerror or error}: {error.filename})")
        except MemoryError:
            reasons.append(f"{photo}: there is not enough memory for it; make it smaller first")
        else:
            continue
        failed(photo, reasons[-1])
    if reasons:
        fail(
            "\n  ".join([f"{len(reasons)} of {len(photos)} photos failed:", *reasons])
            if len(photos) > 1
            else reasons[0]
        )


def result_stems(photos: list[Path]) -> list[str]:
    """Stem of each photo's results; photos of one name get -2, -3 and so on, so that none replaces another's."""
    used: set[str] = set()
    stems = []
    for photo in photos:
        stem, count = photo.stem, 1
        while stem.lower() in used:
            count += 1
            stem = f"{photo.stem}-{count}"
        used.add(stem.lower())
        stems.append(stem)
    return stems


def refuse_existing(paths: list[Path], photos: list[Path], overwrite: bool) -> None:
    """Before any work: results must not be there unless asked for, and are never written over any of the photos."""
    for path in paths:
        if path.exists() and any(photo.exists() and path.samefile(photo) for photo in photos):
            raise FileExistsError(f"{path} is one of the photos themselves; give another --out")
        if path.exists() and not overwrite:
            raise FileExistsError(f"{path} is there already; give --overwrite or another --out")
