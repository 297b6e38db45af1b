"""Fine-tunes ``default`` on 50 photos of another kind, as a user would, and measures before and after on 40 more.

    python benchmarks/fine_tune.py [--picture docs/pictures/fine-tune.jpg] [--keep FOLDER]

The photos are made: cells under a microscope whose slide is tilted, so that a part of the frame is out of focus. What
``default`` knows of backgrounds is wrong there: they are smooth, and in focus. Writes fine_tune.json.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from output import conditions, options, write_figures
from PIL import Image
from rich.progress import track
from scipy.ndimage import gaussian_filter

from blurmap.evaluation.dataset import Dataset, open_dataset
from blurmap.evaluation.scoring import evaluate, model_answers
from blurmap.files import write_image
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models import load

SHAPE = (320, 480)
COUNTS = {"train": 40, "val": 10, "test": 40}
SOFTEST = 4.0  # standard deviation of the blur in pixels, where the slide is farthest from focus
SEEN_AS_BLURRED = 1.0  # the label: from this standard deviation on
SHOWN = 3


def cells(random: np.random.Generator) -> NDArray[np.float64]:
    """A slide in focus, H x W x 3 in [0, 1]: cells with a wall, a nucleus and grains, on a smooth ground."""
    height, width = SHAPE
    rows, columns = np.mgrid[:height, :width]
    ground, ink = random.uniform((0.85, 0.8, 0.85), 1.0), random.uniform((0.3, 0.1, 0.3), (0.7, 0.4, 0.7))
    picture = np.ones((height, width, 3)) * ground
    picture *= 1 - 0.08 * gaussian_filter(random.standard_normal(SHAPE), 60)[:, :, None] * 60
    grains = gaussian_filter(random.standard_normal(SHAPE), 0.7)
    for _ in range(random.integers(30, 90)):
        y, x, size, flat, turn = random.uniform((0, 0, 8, 0.6, 0), (height, width, 26, 1.0, np.pi))
        across = (columns - x) * np.cos(turn) + (rows - y) * np.sin(turn)
        down = ((rows - y) * np.cos(turn) - (columns - x) * np.sin(turn)) / flat
        distance = np.hypot(across, down) / size
        strength = np.select([distance < 0.35, distance < 0.9, distance < 1.0], [0.85, 0.3, 0.65], 0.0)
        strength = strength * np.clip(1 + 0.35 * grains, 0, 1.3)
        picture += strength[:, :, None] * 0.8 * (ink - picture)
    return np.clip(picture, 0, 1)


def tilted(picture: NDArray[np.float64], random: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The slide out of focus towards one side, as uint8, and its label (255 = blurred)."""
    height, width = SHAPE
    rows, columns = np.mgrid[:height, :width] / max(SHAPE)
    angle, start = random.uniform(0, 2 * np.pi), random.uniform(-0.2, 0.1)
    along = (columns - columns.mean()) * np.cos(angle) + (rows - rows.mean()) * np.sin(angle) - start
    spread = np.clip(along * 3, 0, 1) * random.uniform(0.6, 1) * SOFTEST
    levels = np.linspace(0, SOFTEST, 9)
    stack = np.stack([gaussian_filter(picture, (level, level, 0)) for level in levels])
    place = spread / (levels[1] - levels[0])
    low = np.minimum(place.astype(int), len(levels) - 2)
    share = (place - low)[:, :, None]
    y, x = np.mgrid[:height, :width]
    mixed = stack[low, y, x] * (1 - share) + stack[low + 1, y, x] * share
    mixed = np.clip(mixed + random.normal(0, 0.012, mixed.shape), 0, 1)
    return (mixed * 255 + 0.5).astype(np.uint8), np.where(spread > SEEN_AS_BLURRED, 255, 0).astype(np.uint8)


def make_set(folder: Path, seed: int = 0) -> Dataset:
    """Photos, masks and photos.csv, as ``blurmap train`` and ``evaluate`` take them."""
    (folder / "image").mkdir(parents=True)
    (folder / "gt").mkdir()
    random = np.random.default_rng(seed)
    with (folder / "photos.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("name", "type", "split"))
        names = [(f"{split}{i:02}", split) for split, count in COUNTS.items() for i in range(count)]
        for name, split in track(names, "making photos"):
            photo, mask = tilted(cells(random), random)
            Image.fromarray(photo).save(folder / "image" / f"{name}.jpg", quality=90)
            Image.fromarray(mask).save(folder / "gt" / f"{name}.png")
            table.writerow((name, "defocus", split))
    return open_dataset(folder)


def measured(data: Dataset, model: str) -> dict[str, float]:
    loaded = load(model)
    figures = evaluate(data, "test", model_answers(loaded), lambda names: track(names, Path(model).name))
    return {name: figures[loaded.name]["all"][name] for name in ("error", "iou", "mae")}


def sheet(data: Dataset, own: str) -> NDArray[np.uint8]:
    """Photo, label, and what the weights before and after see, one photo in a row."""
    lines = []
    for name in data.names("test")[:SHOWN]:
        photo, mask = data.photo(name), data.mask(name)
        parts = [photo, np.repeat(mask[:, :, None] * np.uint8(255), 3, 2)]
        parts += [load(model).detect(photo).overlay() for model in ("default", own)]
        lines.append(np.concatenate([resize_photo(part, fit(SHAPE, 240)) for part in parts], axis=1))
    return np.concatenate(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="Folder for photos and weights; a temporary one if not given.")
    parser.add_argument("--picture", type=Path, help="JPEG to draw; replaced if it is there.")
    options(parser)
    arguments = parser.parse_args()
    if arguments.limit:
        COUNTS.update(test=arguments.limit)
    with tempfile.TemporaryDirectory() as temporary:
        place = arguments.keep or Path(temporary)
        data = make_set(place / "cells")
        before = measured(data, "default")
        command = ("train", "default", "--init", "default", "--data", data.folder, "--out", place / "run")
        started = time.perf_counter()
        program = "from blurmap.cli import main; main()"
        subprocess.run([sys.executable, "-c", program, *map(str, command)], check=True)
        minutes = (time.perf_counter() - started) / 60
        own = str(place / "run" / "weights")
        after = {"own weights": measured(data, own), "own weights, int8": measured(data, f"{own}/default-int8.json")}
        figures = {"run": conditions(photos=COUNTS, minutes=minutes), "models": {"default": before, **after}}
        write_figures("fine_tune", figures, arguments.figures)
        if arguments.picture:
            write_image(sheet(data, own), arguments.picture, overwrite=True)


if __name__ == "__main__":
    main()
