"""Lettering over a photo: titles, watermarks, bars and date stamps. It is sharp, and says nothing about the photo."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from blurmap.training.data.documents import find_font, words

KINDS = ("title", "watermark", "bar", "stamp")


def lettered(
    photo: NDArray[np.uint8], random: np.random.Generator, kind: str | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A photo with something written over it.

    Parameters
    ----------
    photo : H x W x 3 uint8
    random : numpy.random.Generator
        The fonts that the system has matter too.
    kind : one of ``KINDS``, optional
        Any of them if not given.

    Returns
    -------
    photo : H x W x 3 uint8
    covered : H x W bool
        Where nothing of the photo is left to be seen over whole areas: bars.
    """
    height, width = photo.shape[:2]
    chosen = kind or str(random.choice(KINDS))
    layer = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    covered = np.zeros((height, width), bool)
    colour = lettering_colour(random)
    if chosen == "title":
        size = max(round(height * random.uniform(0.12, 0.4)), 8)
        text = words(int(random.integers(4, 14)), random)
        text = text.upper() if random.random() < 0.5 else text
        outline = max(size // 20, 1) if random.random() < 0.4 else 0
        place = (width * random.uniform(-0.1, 0.4), height * random.uniform(0, 0.75))
        pen.text(place, text, (*colour, 255), find_font(size, random), stroke_width=outline, stroke_fill=(0, 0, 0, 255))
    elif chosen == "watermark":
        layer = tiled(layer, words(int(random.integers(5, 12)), random), colour, random)
    elif chosen == "bar":
        size = max(round(height * random.uniform(0.03, 0.12)), 7)
        bar = round(size * random.uniform(1.1, 1.6))
        ground, ink = ((0, 0, 0), (255, 255, 255)) if random.random() < 0.7 else ((255, 255, 255), (0, 0, 0))
        for top in [0, height - bar][: 1 + int(random.random() < 0.6)][:: random.choice([1, -1])]:
            pen.rectangle((0, top, width, top + bar), (*ground, 255))
            covered[max(top, 0) : top + bar + 1] = True
            pen.text(
                (4, top + (bar - size) / 2), words(width // size * 2, random), (*ink, 255), find_font(size, random)
            )
    else:
        size = max(round(height * random.uniform(0.03, 0.09)), 7)
        place = (width * random.uniform(0.02, 0.7), height * random.choice([0.04, 0.88]))
        pen.text(place, stamp(random), (*colour, 255), find_font(size, random))
    return np.asarray(Image.alpha_composite(Image.fromarray(photo).convert("RGBA"), layer).convert("RGB")), covered


def tiled(layer: Image.Image, text: str, colour: tuple[int, int, int], random: np.random.Generator) -> Image.Image:
    """The same words all over, half transparent, mostly at a slant."""
    side = 2 * max(layer.size)
    size = max(round(max(layer.size) * random.uniform(0.04, 0.12)), 7)
    sheet = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen, font = ImageDraw.Draw(sheet), find_font(size, random)
    opacity = int(random.uniform(50, 190))
    across = max(int(pen.textlength(text, font)), 1) + size * 2
    for row, y in enumerate(range(0, side, round(size * random.uniform(1.8, 4)))):
        for x in range(-(row % 2) * across // 2, side, across):
            pen.text((x, y), text, (*colour, opacity), font)
    turned = sheet.rotate(float(random.choice([0, 30, -30, 45, random.uniform(-60, 60)])), Image.Resampling.BICUBIC)
    left, top = (side - layer.width) // 2, (side - layer.height) // 2
    return turned.crop((left, top, left + layer.width, top + layer.height))


def lettering_colour(random: np.random.Generator) -> tuple[int, int, int]:
    """Mostly white; yellow, red, black or any."""
    some = [(255, 255, 255)] * 5 + [(0, 0, 0), (255, 230, 40), (230, 40, 30), (255, 120, 0)]
    red, green, blue = some[random.integers(len(some))] if random.random() < 0.8 else random.integers(0, 256, 3)
    return int(red), int(green), int(blue)


def stamp(random: np.random.Generator) -> str:
    """A date, as cameras print it."""
    day, month, year = random.integers(1, 29), random.integers(1, 13), random.integers(1998, 2027)
    return f"{year}-{month:02}-{day:02} {random.integers(24):02}:{random.integers(60):02}:{random.integers(60):02}"
