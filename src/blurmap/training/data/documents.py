"""Photographs of printed pages, made up: receipts and letters on a table, tilted, unevenly lit. Sharp throughout.

Text is sharp strokes on flat paper, which no set of labelled photos here holds; without it a network takes the paper of
a readable page for blurred, or the strokes of a soft one for sharp.
"""

import string

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import zoom

from blurmap.imaging.resizing import resize_map

# Whichever the system has; Pillow brings one of its own for where there are none.
FONTS = (
    "DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSerif.ttf", "LiberationMono-Regular.ttf",
    "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSansNarrow-Regular.ttf",
    "LiberationSerif-Regular.ttf", "LiberationSerif-Italic.ttf", "arial.ttf", "times.ttf", "cour.ttf",
)  # fmt: skip
OVER = 2  # pages are drawn this much larger than they are seen


def document(table: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """A printed page on a table, or a part of one that fills the frame.

    Parameters
    ----------
    table : H x W x 3 uint8
        Photo of what lies around the page.
    random : numpy.random.Generator
        The fonts that the system has matter too.

    Returns
    -------
    H x W x 3 uint8
    """
    height, width = table.shape[:2]
    letters = max(height, width) / 640 * float(np.exp(random.uniform(np.log(7), np.log(34))))  # pixels, font size
    if random.random() < 0.5:  # with the table around it
        shape = width * random.uniform(0.45, 0.95) * np.array([random.uniform(1.0, 2.2), 1.0])
        shape *= min(1.0, 1.1 * height / shape[0])
    else:
        shape = random.uniform(1.1, 1.6) * np.array([height, width])
    page = draw_page((max(int(shape[0]), 32), max(int(shape[1]), 32)), letters, random)
    return lit(laid(page, table, random), random)


def draw_page(shape: tuple[int, int], letters: float, random: np.random.Generator) -> Image.Image:
    """Lines of print in black, grey or blue on whitish paper, ``OVER`` times as large as ``shape``."""
    height, width = OVER * shape[0], OVER * shape[1]
    size = max(round(OVER * letters), 6)
    paper = tuple(int(x) for x in random.integers(215, 256) - random.integers(0, 14, 3))
    ink = tuple(int(x) for x in random.integers(0, 110) + random.integers(0, 25, 3))
    page = Image.new("RGB", (width, height), paper)
    pen = ImageDraw.Draw(page)
    font, receipt = find_font(size, random), random.random() < 0.5
    margin, y = int(width * random.uniform(0.03, 0.1)), int(size * random.uniform(0.5, 2))
    spacing = size * random.uniform(1.15, 1.7)
    columns = max(int((width - 2 * margin) / (0.55 * size)), 4)  # characters to a line
    while y < height - size:
        kind = random.random()
        if kind < 0.1:
            y += int(spacing * random.uniform(0.3, 1.5))
        elif kind < 0.16:
            pen.line((margin, y, width - margin, y), fill=ink, width=max(size // 12, 1))
            y += int(spacing * 0.6)
        elif kind < 0.2:
            heading = find_font(int(size * random.uniform(1.4, 2.2)), random)
            pen.text((width // 2, y), words(columns // 3, random).upper(), fill=ink, font=heading, anchor="ma")
            y += int(2.2 * spacing)
        else:
            line = words(int(columns * (random.uniform(0.25, 0.6) if receipt else random.uniform(0.8, 1.0))), random)
            pen.text((margin, y), line, fill=ink, font=font)
            if receipt:
                price = f"{random.integers(0, 200)}.{random.integers(0, 100):02}"
                pen.text((width - margin, y), price, fill=ink, font=font, anchor="ra")
            y += int(spacing)
    return page


def find_font(size: int, random: np.random.Generator) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for i in random.permutation(len(FONTS)):
        try:
            return ImageFont.truetype(FONTS[i], size)
        except OSError:
            continue  # this system has not got it
    return ImageFont.load_default(size)


def words(length: int, random: np.random.Generator) -> str:
    """About ``length`` characters of invented words and numbers."""
    text = ""
    while len(text) < length:
        letters = string.digits if random.random() < 0.15 else string.ascii_lowercase
        word = "".join(random.choice(list(letters), random.integers(1, 10)))
        text += (word.capitalize() if random.random() < 0.2 else word) + " "
    return text[:length].strip()


def laid(page: Image.Image, table: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """The page on the table, turned and seen at a slant."""
    height, width = table.shape[:2]
    half = np.array([page.width, page.height]) / OVER / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners = corners * (1 + random.uniform(-0.06, 0.06, (4, 1)))
    angle = random.normal(0, 0.08) + (np.pi / 2 if random.random() < 0.1 else 0.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    places = corners @ turn.T + np.array([width, height]) / 2 * random.uniform(0.92, 1.08, 2)
    drawn = np.array([[0, 0], [page.width, 0], [page.width, page.height], [0, page.height]], float)
    # drawn at twice the size and halved, so that strokes are as smooth as a camera sees them
    how = perspective(places * OVER, drawn)
    size = (width * OVER, height * OVER)
    picture = page.transform(size, Image.Transform.PERSPECTIVE, how, Image.Resampling.BICUBIC).reduce(OVER)
    outline = Image.new("L", page.size, 255).transform(size, Image.Transform.PERSPECTIVE, how).reduce(OVER)
    return np.asarray(Image.composite(picture, Image.fromarray(table), outline))


def perspective(seen: NDArray[np.float64], drawn: NDArray[np.float64]) -> list[float]:
    """The eight numbers that take four corners as ``seen`` to those as ``drawn``, as Pillow's transform wants them."""
    rows, right = [], []
    for (x, y), (u, v) in zip(seen, drawn, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(right))]


def lit(photo: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Uneven, tinted light."""
    coarse = random.uniform(0.55, 1.0, (3, 3)).astype(np.float32)
    light = resize_map(zoom(coarse, 8, order=1), (photo.shape[0], photo.shape[1]))[..., None]
    tint = random.uniform(0.88, 1.0, 3).astype(np.float32)
    return np.clip(photo * light * tint + 0.5, 0, 255).astype(np.uint8)
