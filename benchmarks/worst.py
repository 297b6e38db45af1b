"""The validation photos on which a model errs most: prediction beside truth, without the photos; writes worst.json too.

    python benchmarks/worst.py --data CUHK [--split val] [--model default] [--picture docs/pictures/worst.png]

The photos of public sets belong to their owners, so only maps are drawn: black sharp, orange defocused, blue moved.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from output import conditions, options, refuse_seen, write_figures
from PIL import Image, ImageDraw, ImageFont
from rich.progress import track
from ship import mask_error

from blurmap.evaluation.dataset import open_dataset
from blurmap.files import write_image
from blurmap.maps import KINDS
from blurmap.models import MODELS, load
from blurmap.result import TINTS

SHOWN, COLUMNS = 12, 3
SIDE, TITLE, GAP = 180, 20, 8
FONT = ImageFont.load_default(12)


def coloured(kind: NDArray[np.uint8]) -> Image.Image:
    """A map of kinds as a picture that fits a square of SIDE pixels."""
    colours = np.zeros((*kind.shape, 3), np.uint8)
    for value, tint in TINTS.items():
        colours[kind == value] = tint
    image = Image.fromarray(colours)
    image.thumbnail((SIDE, SIDE))
    return image


def sheet(maps: list[tuple[str, NDArray[np.uint8], NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    """A cell per photo: title above, prediction left, truth right."""
    width, height = 2 * SIDE + 3 * GAP, SIDE + TITLE + GAP
    page = Image.new("RGB", (COLUMNS * width, -(-len(maps) // COLUMNS) * height), "white")
    draw = ImageDraw.Draw(page)
    for i, (title, found, truth) in enumerate(maps):
        x, y = i % COLUMNS * width + GAP, i // COLUMNS * height
        draw.text((x, y + 3), title, "black", FONT)
        page.paste(coloured(found), (x, y + TITLE))
        page.paste(coloured(truth), (x + SIDE + GAP, y + TITLE))
    return np.asarray(page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="Folder with image/ and gt/.")
    parser.add_argument("--split", default="val")
    parser.add_argument(
        "--model", choices=[name for name in MODELS if MODELS[name].capabilities.types], default="default"
    )
    parser.add_argument("--picture", type=Path, help="PNG to draw; replaced if it is there.")
    options(parser)
    arguments = parser.parse_args()
    data, model = open_dataset(arguments.data), load(arguments.model)
    refuse_seen([arguments.model], data, arguments.split)
    errors, found = {}, {}
    for name in track(data.names(arguments.split)[: arguments.limit], "photos"):
        result = model.detect(data.photo(name))
        errors[name] = mask_error(data, name)(result)
        found[name] = result.kind
    worst = sorted(errors, key=lambda name: -errors[name])[:SHOWN]
    figures = {name: {"type": data.type(name), "error": errors[name]} for name in worst}
    run = conditions(data=data.name, split=arguments.split, model=arguments.model, photos=len(errors))
    write_figures("worst", {"run": run, "photos": figures}, arguments.figures)
    if arguments.picture:
        maps = []
        for name in worst:
            kind, truth = found[name], data.mask(name) * np.uint8(KINDS.index(data.type(name)))
            assert kind is not None
            maps.append((f"{name}: {errors[name]:.3f} wrong; prediction, truth", kind, truth))
        write_image(sheet(maps), arguments.picture, overwrite=True)


if __name__ == "__main__":
    main()
