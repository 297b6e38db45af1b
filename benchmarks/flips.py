"""One picture in many encodings and sizes: how often does its verdict change? Writes docs/figures/flips.json.

    python benchmarks/flips.py [--photos FOLDER]

Every photo, by default the examples, is brought to six long sides and written in twelve encodings, from PNG to a JPEG
of quality 30. The verdict of the PNG of a size is what the others of that size are held against: a flip is another
verdict with a confidence of .6 and more. What is soft at full size may be sharp when small: verdicts are compared
within a size.
"""

import argparse
import io
from pathlib import Path
from typing import Any

from output import EXAMPLES, conditions, options, write_figures
from PIL import Image
from rich.progress import track

from blurmap.models import load
from blurmap.photos.photo import open_photo
from blurmap.photos.sources import is_photo

SIDES = (160, 320, 640, 960, 1280, 1920)
ENCODINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "PNG": ("PNG", {}), "TIFF": ("TIFF", {"compression": "tiff_lzw"}), "JPEG 95": ("JPEG", {"quality": 95}),
    "JPEG 85": ("JPEG", {"quality": 85}), "JPEG 70": ("JPEG", {"quality": 70}), "JPEG 50": ("JPEG", {"quality": 50}),
    "JPEG 30": ("JPEG", {"quality": 30}), "progressive 85": ("JPEG", {"quality": 85, "progressive": True}),
    "WebP 80": ("WEBP", {"quality": 80}), "WebP 50": ("WEBP", {"quality": 50}), "AVIF 75": ("AVIF", {"quality": 75}),
    "AVIF 50": ("AVIF", {"quality": 50}),
}  # fmt: skip
SURE = 0.6


def encoded(photo: Image.Image, name: str) -> bytes:
    kind, settings = ENCODINGS[name]
    buffer = io.BytesIO()
    photo.save(buffer, kind, **settings)
    return buffer.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, nargs="+", default=[EXAMPLES], help="Folders of photos.")
    options(parser)
    arguments = parser.parse_args()
    paths = [path for folder in arguments.photos for path in sorted(folder.iterdir()) if is_photo(path.name)]
    model, seen = load("default"), {name: [0, 0, 0] for name in ENCODINGS}  # pictures, other verdicts, flips
    by_side = {side: [0, 0] for side in SIDES}
    for path in track(paths[: arguments.limit], "photos"):
        photo = open_photo(path)
        for side in (side for side in SIDES if side <= max(photo.size)):
            small = photo.copy()
            small.thumbnail((side, side), Image.Resampling.LANCZOS)
            first = None
            for name in ENCODINGS:
                result = model.detect(encoded(small, name))
                first = first or result
                other = result.verdict != first.verdict
                flip = other and (result.confidence or 0) >= SURE
                for count, add in enumerate((1, other, flip)):
                    seen[name][count] += add
                by_side[side][0] += 1
                by_side[side][1] += flip
    total = sum(counts[0] for counts in seen.values())
    run = conditions(photos=len(paths), pictures=total, flips=sum(counts[2] for counts in seen.values()) / total)
    rows = {name: {"pictures": n, "other": other / n, "flips": flips / n} for name, (n, other, flips) in seen.items()}
    sides = {str(side): {"pictures": n, "flips": flips / n} for side, (n, flips) in by_side.items() if n}
    write_figures("flips", {"run": run, "encodings": rows, "sides": sides}, arguments.figures)


if __name__ == "__main__":
    main()
