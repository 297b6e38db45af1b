"""All of the model ``paper`` by one command: every step in its order, each gone on with where it was stopped.

``blurmap train paper`` calls this.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from rich.console import Console
from rich.progress import track

from blurmap.evaluation.dataset import Dataset, open_dataset
from blurmap.evaluation.scoring import Figures, evaluate, step_answers
from blurmap.files import write_image, write_text
from blurmap.models.paper.system import PaperModel
from blurmap.training.data.patches import make_patches
from blurmap.training.export import export_paper
from blurmap.training.fusion import fit_fusion
from blurmap.training.image import train_image
from blurmap.training.patch import train_patch
from blurmap.training.recipes import PaperRecipe

COLUMNS = {"mae": "MAE", "f": "F", "iou": "IoU", "accuracy": "accuracy", "boundary_f": "boundary F",
           "stray_regions": "stray regions"}  # fmt: skip
SHOWN, WIDTH, HEIGHT, TITLE = 6, 200, 134, 18  # photos of the picture, and pixels


def train_paper(
    data: Path, sharp: Path, out: Path, recipe: PaperRecipe, *, seed: int = 0, resume: bool = False, workers: int = 2
) -> Path:
    """Train both networks and choose all the rest; returns the folder of the weights, ``out/weights``.

    In ``out`` are then also ``patches``, the runs ``patch`` and ``image``, ``steps.json`` and ``steps.md`` (figures of
    every step on ``val``) and ``steps.png`` (every step on some of its photos).

    Parameters
    ----------
    data : Path
        A set of labelled photos (see ``blurmap.evaluation.dataset``).
    sharp : Path
        Folder of sharp photos, for the patches.
    out : Path
    recipe : PaperRecipe
    seed : int
    resume : bool
        Go on with what is in ``out``.
    workers : int
        Processes that cut patches.

    Raises
    ------
    FileExistsError
        If ``out`` holds something and ``resume`` is false.
    FileNotFoundError
        If there are no labelled or no sharp photos.
    """
    labelled, console = open_dataset(data), Console()
    if not sharp.is_dir():
        raise FileNotFoundError(f"no folder of sharp photos at {sharp}")
    if not resume and out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty: give --resume to go on with the run in it, or another --out")
    console.print("1. patches")
    make_patches(sharp, out / "patches", recipe.patches, workers, resume=resume)
    console.print("2. patch network")
    patch = train_patch(out / "patches", out / "patch", recipe.patch, seed=seed, resume=resume)
    console.print("3. image network")
    image = train_image(data, out / "image", recipe.image, seed=seed, resume=resume)
    console.print("4. product and graph cut")
    weights = out / "weights"
    export_paper(patch, image, weights, labelled)
    fit_fusion(labelled, weights)
    console.print("5. table and picture")
    model = PaperModel(weights)
    figures = evaluate(labelled, "val", step_answers(model), lambda names: track(names, "every step on val"))
    text = json.dumps(figures, indent=1)
    write_text(out / "steps.json", text, overwrite=True)
    table = steps_table(figures)
    write_text(out / "steps.md", table, overwrite=True)
    write_image(np.asarray(steps_picture(model, labelled)), out / "steps.png", overwrite=True)
    console.print(table)
    return weights


def steps_table(figures: Figures) -> str:
    """Figures of every step as a table in Markdown."""
    rows = [["step", "photos of", *COLUMNS.values()], ["---"] * (2 + len(COLUMNS))]
    for step, subsets in figures.items():
        rows += [[step, subset, *(f"{values[key]:.3f}" for key in COLUMNS)] for subset, values in subsets.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def steps_picture(model: PaperModel, data: Dataset) -> Image.Image:
    """A row per photo: some of ``val`` spread over it, the labels, every step's map; white = blurred."""
    names = data.names("val")
    chosen = names[:: max(len(names) // SHOWN, 1)][:SHOWN]
    sheet: Image.Image | None = None
    for row, name in enumerate(chosen):
        photo = data.photo(name)
        cells = {"photo": Image.fromarray(photo), "labels": Image.fromarray(data.mask(name))}
        cells |= {step: Image.fromarray((m * 255 + 0.5).astype(np.uint8)) for step, m in model.stages(photo).items()}
        if sheet is None:
            sheet = Image.new("RGB", (WIDTH * len(cells), TITLE + HEIGHT * len(chosen)), "white")
            _titles(sheet, cells)
        for column, cell in enumerate(cells.values()):
            small = cell.convert("RGB").resize((WIDTH - 2, HEIGHT - 2), Image.Resampling.BILINEAR)
            sheet.paste(small, (column * WIDTH, TITLE + row * HEIGHT))
    assert sheet is not None  # a split that exists has photos
    return sheet


def _titles(sheet: Image.Image, titles: Iterable[str]) -> None:
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(titles):
        draw.text((column * WIDTH + 2, 3), title, "black")
