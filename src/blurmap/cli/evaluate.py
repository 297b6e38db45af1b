"""The commands that tell how good the models are: ``blurmap models`` and ``blurmap evaluate``."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from blurmap.cli.console import AsJson, Model, Overwrite, fail, say, show, tell, watched
from blurmap.models import DEFAULT


def models(as_json: AsJson = False) -> None:
    """List the models: what they give, size, speed on this machine, figures on val, licences."""
    from blurmap.models import MODELS, load
    from blurmap.models.weights import read_description, weights_size

    table = Table(
        "model", "gives", "MB", "ms here", "val: defocus error / F / IoU", "motion accuracy / mIoU", "trained on"
    )
    for name, shipped in MODELS.items():
        val = read_description(name).get("val", {})
        ms = 1000 * median_seconds(load(name))
        if as_json:
            line = {
                "model": name, "weights": load(name).weights, "gives": shipped.capabilities.gives,
                "bytes": weights_size(name),
                "ms": round(ms, 1), "val": val, "training_data": shipped.training_data,
            }  # fmt: skip
            say(json.dumps(line))
            continue
        figures = [" / ".join(f"{val[subset][k]:.3f}" for k in keys) if subset in val else "" for subset, keys in SHOWN]
        table.add_row(
            name,
            shipped.capabilities.gives,
            f"{weights_size(name) / 1e6:.1f}",
            f"{ms:.0f}",
            *figures,
            shipped.training_data,
        )
    if as_json:
        return
    show(table, 160)
    say("ms: detect on a 640 x 427 JPEG, all stages, median of 7, on this machine now; val: of a training that has not")
    say("seen these photos; code: Apache-2.0")


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


def evaluate(
    data: Annotated[
        Path | None, typer.Option(help="Set of labelled photos: image/, gt/, photos.csv.", show_default=False)
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(
            help="Photos with verdicts by eye instead: image/, photos.csv (file, verdict).", show_default=False
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="train, val, test_defocus, test_motion, or a file of names.")] = "val",
    model: Model = DEFAULT,
    steps: Annotated[bool, typer.Option("--steps", help="Score every step of the model too.")] = False,
    maps: Annotated[Path | None, typer.Option(help="Score these maps (NAME.png or NAME_*.png) instead.")] = None,
    maps_bright: Annotated[str, typer.Option(help="What is bright in the maps: sharp or blurred.")] = "sharp",
    out: Annotated[
        Path | None, typer.Option(help="JSON file to write.  [default: evaluation-MODEL-SPLIT.json]")
    ] = None,
    as_json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Score a model, or somebody's maps, on labelled photos; or its verdicts on photos that a person has judged."""
    if (data is None) == (photos is None):
        fail("give either --data (photos with masks) or --photos (photos with verdicts)")
    if photos is not None:
        if maps or steps:
            fail("--photos scores the verdicts of a model: --maps and --steps are for --data")
        evaluate_verdicts(photos, model, out, as_json=as_json, overwrite=overwrite)
    else:
        assert data is not None
        evaluate_maps(data, split, model, steps, maps, maps_bright, out, as_json=as_json, overwrite=overwrite)


def evaluate_verdicts(photos: Path, model: str, out: Path | None, *, as_json: bool, overwrite: bool) -> None:
    """``evaluate --photos``: figures as JSON, and beside them a page with the photos whose verdict is wrong."""
    from blurmap.evaluation.verdicts import judged, read_photos, verdict_figures, wrong_page
    from blurmap.files import write_text
    from blurmap.models import find, load

    if not find(model).capabilities.verdicts:
        fail(f"the model {model} passes no verdicts")
    listed = read_photos(photos)
    path = out or Path(f"evaluation-{Path(model).name}-{photos.resolve().name}.json")
    page = path.with_suffix(".html")
    for file in (path, page):
        if file.exists() and not overwrite:
            fail(f"{file} is there already; give --overwrite or another --out")
    loaded = load(model)
    answers = judged(loaded, listed, lambda them: watched(them, f"{loaded.name} on {photos.name}", len(them)))
    figures = verdict_figures(answers)
    content = {"model": loaded.name, "weights": loaded.weights, "photos": photos.resolve().name, "figures": figures}
    html = wrong_page(answers, f"Wrong verdicts of {loaded.name} on {photos.resolve().name}")
    write_text(path, json.dumps(content, indent=1), overwrite=overwrite)
    write_text(page, html, overwrite=overwrite)
    if as_json:
        say(json.dumps(content))
        return
    table = Table("photos of", "good", "called bad", "bad", "called good", "right")
    for kind, counts in {**figures["by_kind"], "all": figures["all"]}.items():
        table.add_row(kind, *(str(counts[key]) for key in ("good", "false_alarms", "bad", "missed", "right")))
    show(table, 160)
    for truth, counts in figures["confusion"].items():
        say(f"{truth}: {', '.join(f'{count} {said}' for said, count in sorted(counts.items()))}")
    for wrong in figures["wrong"]:
        say(f"{wrong['file']}: {wrong['truth']}, called {wrong['said']}: {wrong['reason']}")
    say(f"written to {path}; the photos whose verdict is wrong are in {page}")


def evaluate_maps(
    data: Path,
    split: str,
    model: str,
    steps: bool,
    maps: Path | None,
    maps_bright: str,
    out: Path | None,
    *,
    as_json: bool,
    overwrite: bool,
) -> None:
    """``evaluate --data``: figures of masks and probabilities."""
    from blurmap.evaluation import scoring
    from blurmap.evaluation.dataset import open_dataset
    from blurmap.evaluation.metrics import PROTOCOL
    from blurmap.files import write_text
    from blurmap.models import load

    if maps_bright not in ("sharp", "blurred"):
        fail(f"--maps-bright must be sharp or blurred, not {maps_bright!r}")
    name = maps.name if maps else Path(model).name
    path = out or Path(f"evaluation-{name}-{Path(split).stem}.json")
    if path.exists() and not overwrite:
        fail(f"{path} is there already; give --overwrite or another --out")
    labelled = open_dataset(data)
    if not maps and scoring.trained_on(model, labelled, split):
        tell(f"blurmap: {name} was trained on these photos too: its figures on them are too good")
    if maps:
        answer = scoring.map_answers(maps, maps_bright)
    else:
        answer = (scoring.step_answers if steps else scoring.model_answers)(load(model))
    figures = scoring.evaluate(labelled, split, answer, lambda names: watched(names, f"{name} on {split}", len(names)))
    content = {"model": name, "split": split, "protocol": PROTOCOL, "figures": figures}
    write_text(path, json.dumps(content, indent=1), overwrite=overwrite)
    if as_json:
        say(json.dumps(content))
        return
    shown_keys = [key for key in FIGURES if all(key in v for subsets in figures.values() for v in subsets.values())]
    table = Table("map", "photos of", *(FIGURES[key] for key in shown_keys))
    for step, subsets in figures.items():
        for subset, values in subsets.items():
            cells = [f"{values[key]:.0f}" if key == "photos" else f"{values[key]:.4f}" for key in shown_keys]
            table.add_row(step, subset, *cells)
    show(table, 160)
    say(f"protocol: {PROTOCOL}")
    say(f"written to {path}")


FIGURES = {
    "photos": "n", "mae": "MAE", "error": "error", "f": "F", "iou": "IoU", "miou": "mIoU", "accuracy": "accuracy",
    "max_f": "max-F", "ece": "ECE", "boundary_f": "boundary F", "regions": "regions", "labelled_regions": "labelled",
    "stray_regions": "stray", "type": "type", "strict_type": "strict type",
}  # fmt: skip
