"""Close-ups of photos whose blur is known: what the network of close-ups is trained on.

Light of a sharp scene, blurred by a lens or a movement of known width or not at all, then photographed
(``blurmap.training.data.camera``), shown smaller or larger than the camera saw it, perhaps with lettering over it.
Beside them crops of labelled photos, whose blur is real and whose width nobody knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import zoom

from blurmap.evaluation.dataset import Dataset
from blurmap.focus.close_up import CELL, CROP, WIDTHS
from blurmap.imaging.colour import linear_light
from blurmap.imaging.kernels import Kernel, disk_kernel, gaussian_kernel
from blurmap.photos.photo import read_photo
from blurmap.training.data.camera import jpeg, photographed
from blurmap.training.data.documents import document
from blurmap.training.data.lettering import lettered
from blurmap.training.data.motion_kernels import kernel_length, pan_kernel, shake_kernel, splat, trimmed

ANSWERS = len(WIDTHS) + 2  # is it wider than each width; is it motion; is there lettering over it
MOTION, LETTERING = len(WIDTHS), len(WIDTHS) + 1
YES, NO, UNKNOWN = np.uint8(1), np.uint8(0), np.uint8(255)
CELLS = CROP // CELL
KINDS = {"sharp": 0.4, "defocus": 0.25, "motion": 0.29, "double": 0.06}
SCENE_WIDTH = 0.45  # pixels of the camera, deviation: of a scene made smaller until it is crisp
LENS = (0.3, 0.6)  # of any lens in focus
DEFOCUS_WIDTHS, MOTION_LENGTHS = (0.7, 8.0), (2.5, 36.0)  # pixels of the close-up: deviation, way
MARKED = WIDTHS[1:3]  # pixels: people mark what is wider
LABELLED = 0.2  # share of close-ups that are of labelled photos
PAGES, LETTERED, FOGGED, HALVED = 0.12, 0.3, 0.16, 0.2
CRISP = 1.2  # a source is made smaller by this at least: internet photos are soft at their own size
PLACES = 4  # to take the one with most detail of

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Blur:
    """A kernel, None for none, and its width: the deviation along its longest axis in pixels; whether it is motion."""

    kernel: Kernel | None
    width: float
    motion: bool


NO_BLUR = Blur(None, 0.0, False)


@dataclass(frozen=True)
class Sources:
    """``sharp``: paths of sharp photos; ``data`` and ``names``: labelled ones, or none."""

    sharp: Sequence[Path]
    data: Dataset | None = None
    names: Sequence[str] = ()


def close_up(sources: Sources, seed: int, i: int) -> tuple[Pixels, Labels]:
    """Close-up i of a seed; it depends on these and the sources alone, and for lettering on the fonts that are here.

    Returns
    -------
    pixels : CROP x CROP x 3 uint8
    labels : ANSWERS x CELLS x CELLS uint8
        What is true of each cell: whether its blur is wider than each of ``WIDTHS``, whether it is motion, whether
        something is written over it; 255 = unknown.
    """
    random = np.random.default_rng([seed, i, 7])
    if sources.data is not None and random.random() < LABELLED:
        return labelled_close_up(sources.data, str(random.choice(list(sources.names))), random)
    while True:
        photo = read_photo(sources.sharp[int(random.integers(len(sources.sharp)))])
        if min(photo.shape[:2]) >= CRISP * CROP:
            break
    if random.random() < PAGES:
        photo = document(photo, random)
    return made_close_up(photo, random)


def made_close_up(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Labels]:
    """A close-up of a sharp photo as a camera would have seen its scene."""
    seen = seen_at(min(photo.shape[:2]) / (CRISP * CROP), random)
    side = round(CROP * seen)
    light = scene(photo, side, random)
    if random.random() < FOGGED:
        share = np.float32(np.exp(random.uniform(np.log(0.08), np.log(0.6))))
        light = light * share + np.float32(random.uniform(0, 1)) * (1 - share)
    lens = Blur(gaussian_kernel(random.uniform(*LENS)), 0.0, False)
    first = any_blur(seen, random)
    parts = [first, NO_BLUR if first.kernel is not None and random.random() < 0.7 else any_blur(seen, random)]
    shots = [blurred(blurred(light, lens), blur) for blur in parts]
    cover = half(side, random) if random.random() < HALVED else np.ones((side, side), np.float32)
    mixed = shots[0] * cover[..., None] + shots[1] * (1 - cover[..., None])
    filters = (Image.Resampling.BILINEAR, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)
    shot = Image.fromarray(photographed(mixed, random))
    pixels = np.asarray(shot.resize((CROP, CROP), filters[random.integers(3)]))
    known = cell_means(cover)
    labels = unlettered()
    for blur, where in zip(parts, (known > 0.97, known < 0.03), strict=True):
        labels[:LETTERING, where] = answers(blur, seen)[:, None]
    if random.random() < LETTERED:
        pixels = written_over(pixels, labels, random)
    if random.random() < 0.25:
        pixels = jpeg(pixels, random)
    return pixels, labels


def labelled_close_up(data: Dataset, name: str, random: np.random.Generator) -> tuple[Pixels, Labels]:
    """A crop of a photo whose blur people have marked: what is marked is wider than ``MARKED``, what is not is not.

    Nothing is said of other widths, either way: an answer that is known of the blurred alone would be learnt of all
    photos that look as if people had marked them.
    """
    photo, mask, known = data.photo(name), data.mask(name), data.known(name)
    side = round(min(CROP * np.exp(random.uniform(np.log(0.9), np.log(1.5))), *photo.shape[:2]))
    top, left = (int(random.integers(0, n - side + 1)) for n in photo.shape[:2])
    box = (left, top, left + side, top + side)
    pixels = np.asarray(Image.fromarray(photo).resize((CROP, CROP), Image.Resampling.BILINEAR, box))
    crop = slice(top, top + side), slice(left, left + side)
    share, sharp = (cell_means(part[crop].astype(np.float32)) for part in (mask & known, ~mask & known))
    labels = unlettered()
    for width in MARKED:
        labels[WIDTHS.index(width)] = np.where(share > 0.97, YES, np.where(sharp > 0.97, NO, UNKNOWN))
    labels[MOTION, share > 0.97] = YES if data.type(name) == "motion" else NO
    if random.random() < LETTERED:
        pixels = written_over(pixels, labels, random)
    return pixels, labels


def unlettered() -> Labels:
    """Labels that say nothing but that there is no lettering."""
    labels = np.full((ANSWERS, CELLS, CELLS), UNKNOWN)
    labels[LETTERING] = NO
    return labels


def written_over(pixels: Pixels, labels: Labels, random: np.random.Generator) -> Pixels:
    """A close-up with lettering, and that in its labels; of what bars cover nothing else is known."""
    written, covered = lettered(pixels, random)
    changed = cell_means((np.abs(written.astype(int) - pixels).max(2) > 8).astype(np.float32))
    labels[:, cell_means(covered.astype(np.float32)) > 0.4] = UNKNOWN
    labels[LETTERING] = np.where(changed > 0.04, YES, np.where(changed > 0, UNKNOWN, NO))
    return written


def seen_at(most: float, random: np.random.Generator) -> float:
    """Pixels of the camera per pixel of the close-up, at most ``most``: at 100 %, made smaller, or made larger."""
    choice = random.random()
    if choice < 0.45:
        return min(1.0, most)
    low, high = (1.0, 2.6) if choice < 0.82 else (0.3, 1.0)
    return min(float(np.exp(random.uniform(np.log(low), np.log(high)))), most)


def scene(photo: Pixels, side: int, random: np.random.Generator) -> Floats:
    """A square of a photo with much detail, made smaller until it is crisp: side x side x 3 linear light."""
    most = min(photo.shape[:2]) / side
    smaller = float(np.exp(random.uniform(np.log(CRISP), np.log(max(min(most, 3.0), CRISP)))))
    size = min(round(side * smaller), *photo.shape[:2])
    corners = [[int(random.integers(0, n - size + 1)) for n in photo.shape[:2]] for _ in range(PLACES)]
    squares = [photo[top : top + size, left : left + size] for top, left in corners]
    best = max(squares, key=lambda square: float(cv2.Laplacian(square, cv2.CV_32F).std()))
    if random.random() < 0.3:
        best = squares[0]
    return cv2.resize(linear_light(best), (side, side), interpolation=cv2.INTER_AREA)


def any_blur(seen: float, random: np.random.Generator) -> Blur:
    """A kernel in pixels of the camera, whose width counts in pixels of the close-up."""
    kind = random.choice(list(KINDS), p=list(KINDS.values()))
    if kind == "sharp":
        return NO_BLUR
    if kind == "defocus":
        width = seen * float(np.exp(random.uniform(*np.log(DEFOCUS_WIDTHS))))
        kernel = disk_kernel(2 * width) if random.random() < 0.7 else gaussian_kernel(width)
        return Blur(kernel, width, False)
    length = seen * float(np.exp(random.uniform(*np.log(MOTION_LENGTHS))))
    if kind == "double":
        kernel = double_kernel(length / 2, random)
        return Blur(kernel, kernel_length(kernel) / 12**0.5, True)
    if length > 58:
        return any_blur(seen, random)
    if random.random() < 0.5:
        kernel = pan_kernel(random, length, length)
    else:
        drawn = trimmed(shake_kernel(random))
        kernel = stretched(drawn, length / kernel_length(drawn))
    return Blur(kernel, kernel_length(kernel) / 12**0.5, True)


def double_kernel(distance: float, random: np.random.Generator) -> Kernel:
    """Two exposures ``distance`` pixels apart, a third to two thirds of the light each."""
    first = int(random.integers(34, 67))
    ends = np.repeat([-0.5, 0.5], [first, 100 - first]) * distance
    return trimmed(splat(ends * np.exp(1j * np.pi * random.random())))


def stretched(kernel: Kernel, factor: float) -> Kernel:
    """A kernel made larger or smaller, of odd side, sum 1."""
    side = max(2 * round(kernel.shape[0] * factor / 2) + 1, 3)
    larger = np.maximum(
        cv2.resize(kernel, (side, side), interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR), 0
    )
    return (larger / larger.sum()).astype(np.float32)


def blurred(light: Floats, blur: Blur) -> Floats:
    """Light through a kernel, the borders mirrored."""
    if blur.kernel is None:
        return light
    return cv2.filter2D(light, -1, blur.kernel[::-1, ::-1].copy(), borderType=cv2.BORDER_REFLECT)


def half(side: int, random: np.random.Generator) -> Floats:
    """A part of a square, side x side, 1 within: a smooth blob of about a half."""
    field = zoom(random.standard_normal((4, 4)), side / 4, order=3)[:side, :side]
    level = np.quantile(field, random.uniform(0.25, 0.75))
    return np.clip((field - level) * 20 + 0.5, 0, 1).astype(np.float32)


def answers(blur: Blur, seen: float) -> Labels:
    """What is to be said of the blur of a cell, all but the lettering, uint8.

    Nobody can tell the kind of what is hardly blurred.
    """
    lens = np.hypot(SCENE_WIDTH, sum(LENS) / 2)
    width = float(np.hypot(blur.width, lens)) / seen
    answer = UNKNOWN if blur.width < 0.6 * max(seen, 1) else YES if blur.motion else NO
    return np.array([*(YES if width > wide else NO for wide in WIDTHS), answer], np.uint8)


def cell_means(values: Floats) -> Floats:
    """Mean of a square over each of its CELLS x CELLS cells."""
    return cv2.resize(values, (CELLS, CELLS), interpolation=cv2.INTER_AREA)
