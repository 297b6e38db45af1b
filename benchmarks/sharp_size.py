"""Checks ``sharp_size`` on blur of known sigma: it must fall as sigma rises, as 1 / sigma; writes sharp_size.json.

    python benchmarks/sharp_size.py --sharp SHARP [--photos 25]

Held-out sharp photos are enlarged or reduced to 1024 pixels and blurred. At its sharp size a photo's blur has shrunk to
sigma x size / 1024 pixels, which should be the same for all sigmas: what the network calls sharp.
"""

import argparse
from pathlib import Path

import numpy as np
from output import conditions, options, write_figures
from PIL import Image
from rich.progress import track
from scipy.ndimage import gaussian_filter

from blurmap.models import load
from blurmap.photos.photo import read_photo
from blurmap.training.data.partial_blur import sharp_photos

SIDE = 1024
SIGMAS = (1.5, 2.0, 3.0, 4.0, 6.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sharp", type=Path, required=True, help="Folder of sharp photos.")
    parser.add_argument("--photos", type=int, default=25)
    options(parser)
    arguments = parser.parse_args()
    model, sizes = load("default"), []
    paths = sharp_photos(arguments.sharp, held_out=True)
    for path in track(paths[:: max(len(paths) // arguments.photos, 1)][: arguments.limit], "photos"):
        image = Image.fromarray(read_photo(path))
        scale = SIDE / max(image.size)
        shape = (round(image.width * scale), round(image.height * scale))
        photo = np.asarray(image.resize(shape, Image.Resampling.LANCZOS), np.float32)
        row = []
        for sigma in SIGMAS:
            blurred = np.clip(gaussian_filter(photo, (sigma, sigma, 0)) + 0.5, 0, 255).astype(np.uint8)
            row.append(model.detect(blurred).sharp_size or 0)
        sizes.append(row)
    table = np.array(sizes, float)
    seen = table * np.array(SIGMAS) / SIDE
    centre = float(np.median(seen))
    rows = {}
    for i, sigma in enumerate(SIGMAS):
        low, middle, high = np.percentile(seen[:, i], [10, 50, 90]).tolist()
        rows[str(sigma)] = {"size": float(np.median(table[:, i])), "low": low, "median": middle, "high": high}
    run = conditions(
        "default",
        photos=len(table),
        falling=float((np.diff(table, axis=1) < 0).all(axis=1).mean()),
        within_a_quarter=float((abs(seen / centre - 1) <= 0.25).mean()),
        centre=centre,
    )
    write_figures("sharp_size", {"run": run, "sigmas": rows}, arguments.figures)


if __name__ == "__main__":
    main()
