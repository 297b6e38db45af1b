"""What led verdicts astray: fog, lettering, pages shaken along their lines, double exposures, enlarged photos.

    python benchmarks/hard_cases.py --sharp SHARP [--photos 18] [--model default]

Made from the first of the 100 held-out sharp photos; writes docs/figures/hard_cases.json.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from output import conditions, options, write_figures
from PIL import Image
from rich.progress import track
from scipy.ndimage import uniform_filter1d

import blurmap
from blurmap.evaluation.dataset import split_names
from blurmap.photos.photo import read_photo
from blurmap.training.data.documents import draw_page
from blurmap.training.data.lettering import lettered
from blurmap.training.data.partial_blur import defocused, shaken, sharp_photos

SIDE = 1280
LETTERING = ("title", "watermark", "bar", "stamp")
Pixels = NDArray[np.uint8]


def at_side(photo: Pixels, side: int) -> Pixels:
    height, width = photo.shape[:2]
    size = round(width * side / max(height, width)), round(height * side / max(height, width))
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.LANCZOS))


def in_light(photo: Pixels, blur: str, random: np.random.Generator) -> Pixels:
    light = photo.astype(np.float32) / np.float32(255)
    long_side = max(photo.shape)
    if blur == "out of focus":
        light = defocused(light, 6 * long_side / SIDE, random)
    elif blur == "shaken":
        light = shaken(light, 24 * long_side / SIDE, random)
    return (np.clip(light, 0, 1) * 255 + 0.5).astype(np.uint8)


def cases(photo: Pixels, number: int) -> Iterator[tuple[str, bool, Pixels]]:
    """Name, whether it is a good photo, and pixels. Sources are small: all but the enlarged keep their own pixels."""
    random = np.random.default_rng(number)
    yield "as it is", True, photo
    for contrast in (0.3, 0.15):
        fog = photo.astype(np.float32) * contrast + 200 * (1 - contrast)
        yield f"fog, contrast x {contrast}", True, (fog + 0.5).astype(np.uint8)
    for kind in LETTERING:
        yield f"sharp, {kind}", True, lettered(photo, random, kind)[0]
        for blur in ("out of focus", "shaken"):
            yield f"{blur}, {kind}", False, lettered(in_light(photo, blur, random), random, kind)[0]
    once = photo.astype(np.float32)
    double = (once + np.roll(once, (5, 8), (0, 1))) / 2
    yield "double exposure, 9 pixels apart", False, double.astype(np.uint8)
    turned = in_light(photo, "none", random)
    turns = [Image.fromarray(turned).rotate(angle, Image.Resampling.BICUBIC) for angle in np.linspace(-2, 2, 9)]
    middle = np.mean([np.asarray(x, np.float32) for x in turns], 0)
    yield "turned by 4 degrees while it was taken", False, middle.astype(np.uint8)
    page = np.asarray(draw_page((600, 450), 22, random).reduce(2))
    yield "page", True, page
    moved = uniform_filter1d(page.astype(np.float32), 9, axis=1)
    yield "page, moved 9 pixels along its lines", False, moved.astype(np.uint8)
    yield "enlarged from 400 to 4000", False, at_side(at_side(photo, 400), 4000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sharp", type=Path, required=True, help="Folder of sharp photos.")
    parser.add_argument("--photos", type=int, default=18)
    parser.add_argument("--model", default="default")
    options(parser)
    arguments = parser.parse_args()
    partly = set(split_names("sharp_val_partly"))
    paths = [path for path in sharp_photos(arguments.sharp, held_out=True) if path.stem not in partly]
    found: dict[str, list[tuple[bool, blurmap.BlurMap]]] = {}
    for number, path in enumerate(track(paths[: arguments.limit or arguments.photos], "photos")):
        for name, good, pixels in cases(read_photo(path), number):
            found.setdefault(name, []).append((good, blurmap.detect(pixels, arguments.model)))
    rows = {}
    for name, results in found.items():
        wrong = sum((result.verdict in ("sharp", "selective")) != good for good, result in results)
        share = [(result.sharp_size or 0) / max(result.seen.shape) for _, result in results]
        rows[name] = {
            "photos": len(results), "is": "good" if results[0][0] else "bad", "wrong": wrong,
            "sharp_size": float(np.median(share)),
        }  # fmt: skip
    write_figures("hard_cases", {"run": conditions(model=arguments.model), "cases": rows}, arguments.figures)


if __name__ == "__main__":
    main()
