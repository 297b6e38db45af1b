"""Checks ``sharp_size`` on blur of known sigma: it must fall as sigma rises, as 1 / sigma.

    python benchmarks/sharp_size.py --sharp SHARP [--photos 25] [--out docs/sharp-size.md]

Held-out sharp photos are enlarged or reduced to 1024 pixels and blurred. At its sharp size a photo's blur has shrunk to
sigma x size / 1024 pixels, which should be the same for all sigmas: what the network calls sharp.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track
from scipy.ndimage import gaussian_filter

from blurmap.files import write_file
from blurmap.models import load
from blurmap.photo import read_photo
from blurmap.training.data.partial_blur import sharp_photos

SIDE = 1024
SIGMAS = (1.5, 2.0, 3.0, 4.0, 6.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sharp", type=Path, required=True, help="Folder of sharp photos.")
    parser.add_argument("--photos", type=int, default=25)
    parser.add_argument("--out", type=Path, help="Markdown file to write; replaced if it is there.")
    arguments = parser.parse_args()
    model, sizes = load("default"), []
    paths = sharp_photos(arguments.sharp, held_out=True)
    for path in track(paths[:: max(len(paths) // arguments.photos, 1)], "photos"):
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
    falling = float((np.diff(table, axis=1) < 0).all(axis=1).mean())
    within = float((abs(seen / centre - 1) <= 0.25).mean())
    lines = ["| sigma at 1024 pixels | sharp size, median | blur there, pixels: 10 %, median, 90 % |", "|---|---|---|"]
    for i, sigma in enumerate(SIGMAS):
        low, middle, high = np.percentile(seen[:, i], [10, 50, 90])
        lines.append(f"| {sigma} | {np.median(table[:, i]):.0f} | {low:.2f}, {middle:.2f}, {high:.2f} |")
    lines += [
        "",
        f"{len(table)} photos: the size falls with every step of sigma in {falling:.0%} of them; {within:.0%}",
    ]
    lines += [f"of the sizes are within 25 % of the one at which the blur is {centre:.2f} pixels, the median.", ""]
    print("\n".join(lines))
    if arguments.out:
        write_file(arguments.out, lambda file: file.write("\n".join(lines).encode()), overwrite=True)


if __name__ == "__main__":
    main()
