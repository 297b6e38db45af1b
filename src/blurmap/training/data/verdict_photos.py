"""Photos that verdicts are fitted on, made of others: partly blurred ones, and sharp ones blurred all over or lettered.

Each has its true verdict and a group that it may not be parted from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from blurmap.evaluation.dataset import Dataset, split_names
from blurmap.imaging.kernels import Kernel, convolved
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.photos.photo import read_photo
from blurmap.training.data.augment import as_jpeg
from blurmap.training.data.documents import document
from blurmap.training.data.lettering import lettered
from blurmap.training.data.motion_kernels import kernel_length, motion_kernels
from blurmap.training.data.partial_blur import defocused, sharp_photos
from blurmap.verdict.judgement import VERDICTS

SIDES = (500, 1000)  # pixels, long sides of partly blurred photos
SCALES = (0.6, 1.0, 1.3)  # of sharp ones: made smaller, as they are, a little larger, so that they are soft at 100 %
SIGMAS = (1.2, 1.6, 2.2, 3.2, 5.0)  # of defocus, pixels at a long side of 640
LENGTHS = ((6, 9), (9, 14), (14, 30))  # of shake
PAGE, LETTERED = "printed page, ", "lettering over it, "  # beginnings of labels; counted apart


@dataclass(frozen=True, eq=False)
class MadePhoto:
    """A photo with its true verdict.

    Attributes
    ----------
    pixels : H x W x 3 uint8
    truth : int
        Index of ``VERDICTS``.
    group : str
        Photos of one group may not be parted.
    label : str
        What it is, for a table.
    """

    pixels: NDArray[np.uint8]
    truth: int
    group: str
    label: str


def partly_blurred(data: Dataset) -> Iterator[MadePhoto]:
    """The photos of ``val`` as they are, and disturbed at two sizes."""
    for number, name in enumerate(track(data.names("val"), f"partly blurred photos, {data.name}")):
        photo, group = data.photo(name), f"{data.name} {name.rpartition('_')[0] or name}"
        yield MadePhoto(photo, 1, group, f"{data.name} val, {data.type(name)}")
        random = np.random.default_rng([2, number])
        for side in SIDES:
            yield MadePhoto(disturbed(photo, side, random), 1, group, f"{data.name} val, {side} pixels")


def whole(sharp: Path) -> Iterator[MadePhoto]:
    """The held-out sharp photos as they are and blurred all over; half of them below pages too, the others lettered."""
    kernels = motion_kernels(300, pans=0.0, seed=77)
    partly = set(split_names("sharp_val_partly"))  # five have soft or moving parts, seen by eye
    count = 0

    def labelled(made: Iterator[Version], name: str, label: str = "", *, written: bool = False) -> Iterator[MadePhoto]:
        nonlocal count
        for truth, scale, pixels in made:
            final = lettered(pixels, np.random.default_rng([5, count]))[0] if written else pixels
            verdict = 1 if truth == 0 and name in partly and not label else truth
            count += 1
            yield MadePhoto(final, verdict, name, f"{label}{VERDICTS[verdict]}, {scale:g} of the photo")

    for number, path in enumerate(track(sharp_photos(sharp, held_out=True), "whole photos")):
        photo = read_photo(path)
        photo = resize_photo(photo, fit(photo.shape, 1000))
        yield from labelled(versions(photo, SCALES, kernels, np.random.default_rng([1, number])), path.stem)
        random = np.random.default_rng([3, number])
        if number % 2:
            page = document(photo, random)
            yield from labelled(versions(page, SCALES[1:2], kernels, random), path.stem, PAGE)
        elif path.stem not in partly:
            yield from labelled(versions(photo, SCALES[1:2], kernels, random), path.stem, LETTERED, written=True)


Version = tuple[int, float, NDArray[np.uint8]]  # true verdict, scale, pixels


def versions(
    photo: NDArray[np.uint8], scales: tuple[float, ...], kernels: list[Kernel], random: np.random.Generator
) -> Iterator[Version]:
    """A sharp photo as it is, defocused and shaken, at some scales."""
    light = photo.astype(np.float32)
    for scale in scales:
        unit = max(max(photo.shape) / 640, 1 / scale)  # mild blur is seen at 640 pixels, and in what is smaller
        soft = defocused(light, unit * float(random.choice(SIGMAS)), random)
        low, high = LENGTHS[random.integers(len(LENGTHS))]
        fitting = [k for k in kernels if low * unit <= kernel_length(k) < high * unit]
        moved = convolved(light, fitting[random.integers(len(fitting))]) if fitting else None
        for truth, version in ((0, light), (2, soft), (3, moved)):
            if version is not None:
                pixels = np.clip(version + 0.5, 0, 255).astype(np.uint8)
                yield truth, scale, disturbed(pixels, round(scale * max(photo.shape)), random)


def disturbed(photo: NDArray[np.uint8], side: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """At a long side, with noise (a third), as JPEG of quality 60 (a third), or neither."""
    size = round(photo.shape[1] * side / max(photo.shape[:2])), round(photo.shape[0] * side / max(photo.shape[:2]))
    image = Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC)
    choice = random.integers(3)
    if choice == 1:
        noise = random.standard_normal((size[1], size[0], 3), np.float32) * np.float32(random.uniform(2, 8))
        return np.clip(np.asarray(image) + noise + 0.5, 0, 255).astype(np.uint8)
    if choice == 2:
        image = as_jpeg(image, 60)
    return np.asarray(image)
