"""The command ``blurmap``."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from blurmap.cli import scan as cli_scan
from blurmap.cli import serve as cli_serve
from blurmap.cli import train as cli_train
from blurmap.errors import PhotoError, WeightsError

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, rich_markup_mode=None,
    help="Where is a photograph blurred?",
)  # fmt: skip
for command in (cli_scan.scan, cli_scan.report, cli_scan.undo, cli_serve.serve):
    app.command()(command)
app.add_typer(cli_train.train, name="train")
app.add_typer(cli_train.export, name="export")
errors = Console(stderr=True, highlight=False, soft_wrap=True)

Photos = Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos to look at.", show_default=False)]
Out = Annotated[Path, typer.Option(help="Folder to write to.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results of an earlier run.")]


class ModelName(StrEnum):
    """The models that ship."""

    default = "default"
    default_int8 = "default-int8"
    paper = "paper"


Model = Annotated[ModelName, typer.Option(help="Which model answers.")]


def main() -> None:
    """Entry point: errors that a user can mend are one line on stderr and exit status 1."""
    try:
        app()
    except (WeightsError, ImportError, FileNotFoundError, FileExistsError, PermissionError, ValueError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("interrupted")


def fail(message: str) -> NoReturn:
    errors.print(f"blurmap: {message}", markup=False)
    sys.exit(1)


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False) -> None:
    if show:
        from blurmap import __version__

        typer.echo(f"blurmap {__version__}")
        raise typer.Exit()


@app.command()
def detect(
    photos: Photos,
    model: Model = ModelName.default,
    out: Out = Path("blurmap_out"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per photo.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write NAME_mask.png (white = blurred) and NAME_overlay.png for each photo, and say whether the blur matters."""
    from blurmap.models import load

    loaded = load(model.value)

    def one(photo: Path, stem: str) -> None:
        started = time.perf_counter()
        paths = [out / f"{stem}_mask.png", out / f"{stem}_overlay.png"]
        refuse_existing(paths, photos, overwrite)
        result = loaded.detect(photo)
        for path, what in zip(paths, ("mask", "overlay"), strict=True):
            result.save(path, what, overwrite=overwrite)  # type: ignore[arg-type]
        h, w = result.mask.shape
        kinds = {kind: round(share, 4) for kind, share in (result.fractions or {}).items() if kind != "sharp"}
        told = f" ({', '.join(f'{kind} {share:.1%}' for kind, share in kinds.items())})" if kinds else ""
        judged = result.judgement
        verdict = {
            "verdict": judged.verdict, "confidence": round(judged.confidence, 4), "reason": judged.reason,
            "sharp_size": judged.sharp_size,
        } if judged else {}  # fmt: skip
        row = {
            "photo": str(photo), "width": w, "height": h, "blurred": round(result.fraction, 4), **kinds, **verdict,
            "model": result.model,
            "mask": str(paths[0]), "overlay": str(paths[1]), "seconds": round(time.perf_counter() - started, 3),
        }  # fmt: skip
        line = f"{photo}  {w} x {h}  {result.fraction:.1%} blurred{told}  -> {paths[1]}"
        line += f"\n    {judged.verdict}: {judged.reason}" if judged else ""
        typer.echo(json.dumps(row) if as_json else line)

    def failed(photo: Path, reason: str) -> None:
        if as_json:
            typer.echo(json.dumps({"photo": str(photo), "error": reason}))

    each_photo(photos, one, failed)


@app.command()
def magnify(
    photos: Photos,
    amount: Annotated[float, typer.Option(min=0, max=10, help="Diameter of the added blur, % of the long side.")] = 1.0,
    model: Model = ModelName.default,
    out: Out = Path("blurmap_out"),
    overwrite: Overwrite = False,
) -> None:
    """Write NAME_magnified.png: the blurred region blurred further, as by a faster lens."""
    from blurmap.effects.magnification import magnify as magnify_result
    from blurmap.models import load

    picture_command(photos, "magnified", lambda r: magnify_result(r, amount), load(model.value), out, overwrite)


@app.command()
def cutout(
    photos: Photos, model: Model = ModelName.default, out: Out = Path("blurmap_out"), overwrite: Overwrite = False
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
        typer.echo(f"{photo}  -> {path}")

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


def watched(items: list[Any], title: str) -> Iterable[Any]:
    """The items, with a progress bar on a terminal's stderr where there are many."""
    return track(items, title, console=errors, transient=True, disable=len(items) < 2 or not errors.is_terminal)


@app.command()
def models() -> None:
    """List the models: what they give, size, speed on this machine, figures on val, licences."""
    from blurmap.models import MODELS, load
    from blurmap.models.weights import read_description, weights_size

    table = Table(
        "model", "gives", "MB", "ms here", "val: defocus error / F / IoU", "motion accuracy / mIoU", "trained on"
    )
    for name, shipped in MODELS.items():
        val = read_description(name).get("val", {})
        figures = [" / ".join(f"{val[subset][k]:.3f}" for k in keys) if subset in val else "" for subset, keys in SHOWN]
        ms = 1000 * median_seconds(load(name))
        table.add_row(
            name, shipped.gives, f"{weights_size(name) / 1e6:.1f}", f"{ms:.0f}", *figures, shipped.training_data
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    typer.echo(
        "ms: detect on a 640 x 427 JPEG, all stages, median of 7, on this machine now; val: photos never trained on;"
    )
    typer.echo("code: Apache-2.0")


SHOWN = (("defocus", ("error", "f", "iou")), ("motion", ("accuracy", "miou")))


def median_seconds(model: Any, runs: int = 7) -> float:
    """Seconds that ``detect`` takes for a 640 x 427 JPEG, warm."""
    import io
    import statistics

    import numpy as np
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 256, (54, 80, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((640, 427)).save(buffer, "JPEG")
    times = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        model.detect(buffer.getvalue())
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


@app.command()
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder with image/ and gt/ (CUHK).", show_default=False)],
    split: Annotated[str, typer.Option(help="train, val, test_defocus, test_motion, or a file of names.")] = "val",
    model: Model = ModelName.default,
    steps: Annotated[bool, typer.Option("--steps", help="Score every step of the model too.")] = False,
    maps: Annotated[Path | None, typer.Option(help="Score these maps (NAME.png or NAME_*.png) instead.")] = None,
    maps_bright: Annotated[str, typer.Option(help="What is bright in the maps: sharp or blurred.")] = "sharp",
    out: Annotated[
        Path | None, typer.Option(help="JSON file to write.  [default: evaluation-MODEL-SPLIT.json]")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Score a model, or somebody's maps, on labelled photos."""
    from blurmap.evaluation import scoring
    from blurmap.evaluation.metrics import PROTOCOL
    from blurmap.files import write_file
    from blurmap.models import load

    if maps_bright not in ("sharp", "blurred"):
        fail(f"--maps-bright must be sharp or blurred, not {maps_bright!r}")
    name = maps.name if maps else model.value
    path = out or Path(f"evaluation-{name}-{Path(split).stem}.json")
    if path.exists() and not overwrite:
        fail(f"{path} is there already; give --overwrite or another --out")
    if maps:
        answer = scoring.map_answers(maps, maps_bright)
    else:
        answer = scoring.step_answers(model.value) if steps else scoring.model_answers(load(model.value))
    figures = scoring.evaluate(data, split, answer, lambda names: watched(names, f"{name} on {split}"))
    shown_keys = [key for key in FIGURES if all(key in v for subsets in figures.values() for v in subsets.values())]
    table = Table("map", "photos of", *(FIGURES[key] for key in shown_keys))
    for step, subsets in figures.items():
        for subset, values in subsets.items():
            shown = [f"{values[key]:.0f}" if key == "photos" else f"{values[key]:.4f}" for key in shown_keys]
            table.add_row(step, subset, *shown)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    typer.echo(f"protocol: {PROTOCOL}")
    text = json.dumps({"model": name, "split": split, "protocol": PROTOCOL, "figures": figures}, indent=1)
    write_file(path, lambda file: file.write(text.encode()), overwrite=overwrite)
    typer.echo(f"written to {path}")


FIGURES = {
    "photos": "n", "mae": "MAE", "error": "error", "f": "F", "iou": "IoU", "miou": "mIoU", "accuracy": "accuracy",
    "max_f": "max-F", "ece": "ECE", "type": "type", "strict_type": "strict type",
}  # fmt: skip
