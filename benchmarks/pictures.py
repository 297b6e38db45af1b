"""Draws the pictures of the README and the docs from the example photos and the shipped weights.

python benchmarks/pictures.py --out docs/pictures
"""

import argparse
from pathlib import Path

import numpy as np
from accuracy import laplacian_variance, peer_answers
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps
from scipy.ndimage import gaussian_filter

import blurmap
from blurmap.files import write_image
from blurmap.focus.picture import picture
from blurmap.focus.picture import words as focus_words
from blurmap.models import load
from blurmap.models.paper.system import PaperModel
from blurmap.photos.photo import read_photo
from blurmap.training.data.motion_kernels import motion_kernels

EXAMPLES = Path(__file__).parent.parent / "examples"
PHOTOS = ("astronaut.jpg", "cat.jpg", "clock.jpg", "coffee.jpg")
STEPS = {"patch": "patch network", "image": "image network", "calibrated": "calibrated product"}
LEFT = 210  # pixels for the titles of rows
WIDTH, HEIGHT, TITLE, GAP = 260, 174, 26, 6
FONT = ImageFont.load_default(16)
DEFAULT_PHOTOS = ("cat.jpg", "coffee.jpg", "astronaut.jpg", "clock.jpg")


def steps_picture() -> NDArray[np.uint8]:
    """A column per photo: what the peers, every step of ``paper`` and ``default`` say of it; white = blurred."""
    model, peer = load("paper"), peer_answers()
    assert isinstance(model, PaperModel)
    columns = []
    for name in PHOTOS:
        photo = read_photo(EXAMPLES / name)
        stages, default = model.stages(photo), blurmap.detect(photo)
        edges = -laplacian_variance(photo)
        cells = {"photo": photo, "variance of Laplacian": (edges - edges.min()) / np.ptp(edges)}
        if peer:
            cells["blur-detector (HiFST)"] = peer(name, photo)["blur-detector"][0]
        cells |= {title: stages[step] for step, title in STEPS.items()}
        cells |= {"paper: blurred is orange": model.detect(photo).overlay(), "default": default.probability}
        cells["default: motion is blue"] = default.overlay()
        columns.append(cells)
    titles = list(columns[0])
    sheet = Image.new("RGB", (LEFT + len(PHOTOS) * (WIDTH + GAP), len(titles) * (HEIGHT + GAP)), "white")
    draw = ImageDraw.Draw(sheet)
    for row, title in enumerate(titles):
        draw.text((2, row * (HEIGHT + GAP) + HEIGHT // 2 - 8), title, "black", FONT)
        for column, cells in enumerate(columns):
            cell = cells[title]
            values = cell if cell.dtype == np.uint8 else (cell * 255 + 0.5).astype(np.uint8)
            picture = ImageOps.pad(Image.fromarray(values).convert("RGB"), (WIDTH, HEIGHT), color="white")
            sheet.paste(picture, (LEFT + column * (WIDTH + GAP), row * (HEIGHT + GAP)))
    return np.asarray(sheet)


def default_picture(names: tuple[str, ...] = DEFAULT_PHOTOS) -> NDArray[np.uint8]:
    """A column per photo: the photo, what ``default`` sees in it, and the verdict."""
    sheet = Image.new("RGB", (len(names) * (WIDTH + GAP), 2 * (HEIGHT + GAP) + TITLE), "white")
    draw = ImageDraw.Draw(sheet)
    for column, name in enumerate(names):
        result = blurmap.detect(EXAMPLES / name, "default")
        for row, pixels in enumerate((result.photo, result.overlay())):
            picture = ImageOps.fit(Image.fromarray(pixels), (WIDTH, HEIGHT), Image.Resampling.LANCZOS)
            sheet.paste(picture, (column * (WIDTH + GAP), row * (HEIGHT + GAP)))
        draw.text((column * (WIDTH + GAP) + 2, 2 * (HEIGHT + GAP) + 2), str(result.verdict), "black", FONT)
    return np.asarray(sheet)


def focus_picture() -> NDArray[np.uint8]:
    """Six photos and where they are in focus: the examples, one of them out of focus, and one on its left only."""
    photos = {name: read_photo(EXAMPLES / name) for name in DEFAULT_PHOTOS}
    cat, coffee = photos["cat.jpg"], photos["coffee.jpg"].copy()
    photos["cat.jpg, made soft"] = gaussian_filter(cat.astype(np.float32), (3, 3, 0)).round().astype(np.uint8)
    right = coffee.shape[1] // 2
    coffee[:, right:] = gaussian_filter(coffee.astype(np.float32), (4, 4, 0)).round().astype(np.uint8)[:, right:]
    photos["coffee.jpg, its right half made soft"] = coffee
    columns, cell = 3, HEIGHT + TITLE
    sheet = Image.new("RGB", (columns * (WIDTH + GAP), len(photos) // columns * 2 * (cell + GAP)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (name, photo) in enumerate(photos.items()):
        result = blurmap.detect(photo)
        assert result.focus is not None
        left, top = i % columns * (WIDTH + GAP), i // columns * 2 * (cell + GAP)
        for row, (pixels, words) in enumerate(
            ((photo, name), (picture(result.focus, result.seen, max(photo.shape)), focus_words(result.focus)))
        ):
            shown = ImageOps.contain(Image.fromarray(pixels), (WIDTH, HEIGHT), Image.Resampling.LANCZOS)
            sheet.paste(shown, (left, top + row * (cell + GAP)))
            draw.text((left + 2, top + row * (cell + GAP) + HEIGHT + 2), words.partition(",")[0], "black", FONT)
    return np.asarray(sheet)


def kernels_picture(columns: int = 16, rows: int = 5) -> NDArray[np.uint8]:
    """A sample of the motion kernels, straight pans first; each is brightened to its own maximum."""
    kernels = motion_kernels(columns * rows, seed=0)
    shown = [np.pad((kernel / kernel.max()) ** 0.5, 1, constant_values=0.35) for kernel in kernels]
    lines = [np.concatenate(shown[i : i + columns], axis=1) for i in range(0, len(shown), columns)]
    return (np.concatenate(lines) * 255).astype(np.uint8)


def applications_picture(name: str = "coffee.jpg") -> NDArray[np.uint8]:
    """Photo, blur magnified, and the cutout on a checkerboard."""
    result = blurmap.detect(EXAMPLES / name)
    cut = blurmap.cutout(result)
    y, x = np.mgrid[: cut.shape[0], : cut.shape[1]]
    board = np.where((y // 16 + x // 16) % 2, 200, 255)[..., None]
    alpha = cut[..., 3:] / 255
    shown = (alpha * cut[..., :3] + (1 - alpha) * board).astype(np.uint8)
    return np.concatenate([result.photo, blurmap.magnify(result, 3), shown], axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="Folder to write to; pictures there are replaced.")
    out = parser.parse_args().out
    write_image(default_picture(), out / "default.jpg", overwrite=True)
    write_image(focus_picture(), out / "focus.jpg", overwrite=True)
    write_image(steps_picture(), out / "steps.jpg", overwrite=True)
    write_image(kernels_picture(), out / "kernels.png", overwrite=True)
    write_image(applications_picture(), out / "applications.jpg", overwrite=True)


if __name__ == "__main__":
    main()
