"""Synthetic photos with known blur, made from sharp ones: partly blurred, wholly blurred, and sharp as they are.

CUHK has partly blurred photos only, and a network trained on it alone insists that every photo is partly blurred.
Layers are mixed as a lens and a shutter mix them: a blurred layer's colour and its coverage are convolved with the same
kernel, so that a moving subject is half transparent at its rim and a sharp one leaves no halo on what is behind it.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from scipy.ndimage import gaussian_filter, zoom

from blurmap.evaluation.dataset import Dataset, split_names
from blurmap.files import write_file, write_text
from blurmap.imaging.colour import linear_light, srgb
from blurmap.imaging.kernels import Kernel, convolved, disk_kernel
from blurmap.imaging.resizing import fit, resize_map, resize_photo
from blurmap.maps import DEFOCUS, MOTION, SHARP, UNKNOWN
from blurmap.photos.endings import PHOTO_ENDINGS
from blurmap.photos.photo import read_photo
from blurmap.training.data.documents import document
from blurmap.training.data.motion_kernels import kernel_length, motion_kernels, trimmed

SCENES = ("sharp", "defocused", "shaken", "soft background", "soft subject", "panned", "moving subject", "depth")
SHARES = (0.24, 0.12, 0.17, 0.11, 0.08, 0.06, 0.14, 0.08)
# Sigma in pixels of a photo with a long side of 640: below the first nobody sees it, above the second all mark it.
SHARP_SIGMA, BLURRED_SIGMA = 0.5, 2.0
SIGMAS, WHOLE_SIGMAS = (1.6, 8.0), (0.9, 7.0)  # of a part of the frame, of all of it: there the verdict needs mild blur
LENGTHS, WHOLE_LENGTHS = (3.5, 40.0), (2.5, 40.0)  # of motion, at 640 too
SHAKE_LENGTHS = (3.0, 25.0)  # of a camera that moves and turns
MARKED_LENGTH = 5.0  # people do not mark a part that moved less
DOCUMENTS = 0.15  # share of photos in which a printed page lies on what the sharp photo shows

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sources:
    """``sharp``: paths of sharp photos; ``data``, ``names``: labelled photos, for their sharp subjects and shapes."""

    sharp: tuple[Path, ...]
    data: Dataset
    names: tuple[str, ...]
    kernels: tuple[Kernel, ...]


def sharp_photos(folder: Path, *, held_out: bool = False) -> tuple[Path, ...]:
    """The photos of a folder that are for training, or the 100 that are kept out of it (split ``sharp_val``).

    Raises
    ------
    ValueError
        If there are none.
    """
    kept = set(split_names("sharp_val"))
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in PHOTO_ENDINGS)
    paths = [p for p in paths if (p.stem in kept) == held_out]
    if not paths:
        raise ValueError(f"no {'held-out ' if held_out else ''}sharp photos in {folder}")
    return tuple(paths)


def make_partial_blur(data: Dataset, sharp: Path, out: Path, count: int, seed: int, workers: int = 1) -> None:
    """Write ``out/NNNNN.jpg`` and ``out/NNNNN.png`` (0 sharp, 1 defocus, 2 motion, 255 unknown); those there are kept.

    Parameters
    ----------
    data : Dataset
        Labelled photos; only those of ``train`` with defocus are used.
    sharp : Path
        Folder of sharp photos; those of the split ``sharp_val`` are left out.
    count, seed : int
        Photos in all; photo i depends on the seed and i alone, and for pages on the fonts that the system has.

    Raises
    ------
    ValueError
        If ``out`` holds photos that were made with another seed.
    """
    kept_seed(out, seed)
    names = [name for name in data.names("train") if data.type(name) == "defocus"]
    kernels = [trimmed(kernel) for kernel in motion_kernels(600, seed=seed)]
    sources = Sources(sharp_photos(sharp), data, tuple(names), tuple(kernels))
    missing = [i for i in range(count) if not (out / f"{i:05}.png").is_file()]
    with ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(sources, out, seed)) as pool:
        for _ in track(pool.map(_write_one, missing, chunksize=8), "blurring photos", total=len(missing)):
            pass


def kept_seed(out: Path, seed: int) -> None:
    """Make the folder with its seed in ``seed.txt``, or see that it is the one there."""
    seed_file = out / "seed.txt"
    if seed_file.is_file() and seed_file.read_text().strip() != str(seed):
        problem = f"{out} holds photos made with seed {seed_file.read_text().strip()}, not {seed}"
        raise ValueError(f"{problem}: give another folder")
    if not seed_file.is_file():
        write_text(seed_file, f"{seed}\n")


def write_partial_blur(folder: Path, i: int, photo: NDArray[np.uint8], kind: NDArray[np.uint8], quality: int) -> None:
    """Photo i as JPEG and its kinds; what was there is replaced."""
    image = Image.fromarray(photo)
    write_file(folder / f"{i:05}.jpg", lambda file: image.save(file, "JPEG", quality=quality), overwrite=True)
    write_file(folder / f"{i:05}.png", lambda file: Image.fromarray(kind).save(file, "PNG"), overwrite=True)


def read_partial_blur(folder: Path, i: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Photo i and its kinds."""
    with Image.open(folder / f"{i:05}.jpg") as photo, Image.open(folder / f"{i:05}.png") as kind:
        return np.asarray(photo), np.asarray(kind)


_WORK: tuple[Sources, Path, int]  # of a worker process


def _start_worker(sources: Sources, out: Path, seed: int) -> None:
    global _WORK  # noqa: PLW0603
    _WORK = sources, out, seed
    os.environ["OMP_NUM_THREADS"] = "1"


def _write_one(i: int) -> None:
    sources, out, seed = _WORK
    random = np.random.default_rng([seed, i])
    photo, kind = partial_blur(sources, str(random.choice(SCENES, p=SHARES)), random)
    write_partial_blur(out, i, photo, kind, int(random.integers(60, 97)))


def partial_blur(
    sources: Sources, scene: str, random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """One photo of a scene (``SCENES``).

    Returns
    -------
    photo : H x W x 3 uint8
    kind : H x W uint8
        0 sharp, 1 defocus, 2 motion, 255 unknown.
    """
    pixels = read_photo(sources.sharp[random.integers(len(sources.sharp))])
    pixels = resize_photo(pixels, fit(pixels.shape, int(min(max(pixels.shape), 640) * random.uniform(0.75, 1.0))))
    if random.random() < DOCUMENTS:
        pixels = document(pixels, random)
    photo = pixels.astype(np.float32) / 255.0
    scale = max(photo.shape) / 640
    shape = photo.shape[:2]
    kernel, kind = _kernel(scene, sources.kernels, scale, random)
    if scene == "shaken" and random.random() < 0.6:
        length = scale * float(np.exp(random.uniform(*np.log(SHAKE_LENGTHS))))
        result, kinds = shaken(photo, length, random), np.full(shape, MOTION, np.uint8)
    elif scene == "sharp":
        result, kinds = photo, np.full(shape, SHARP, np.uint8)
    elif scene in ("defocused", "shaken"):
        result, kinds = convolved(photo, kernel), np.full(shape, kind, np.uint8)
    elif scene == "depth":
        result, kinds = _depth(photo, scale, random)
    else:
        subject, cover = _subject(sources, photo, random)
        if scene in ("soft background", "panned"):
            if subject is photo:  # what the subject hides must not leak out of it
                weight = convolved(1 - cover, kernel)[..., None]
                uncovered = convolved(photo * (1 - cover[..., None]), kernel) / np.maximum(weight, 0.02)
                behind: Floats = np.where(weight > 0.02, uncovered, convolved(photo, kernel)).astype(np.float32)
            else:
                behind = convolved(photo, kernel)
            result = subject * cover[..., None] + behind * (1 - cover[..., None])
            kinds = np.where(cover > 0.5, SHARP, kind).astype(np.uint8)
        else:
            light, spread = convolved(subject * cover[..., None], kernel), convolved(cover, kernel)
            result = light + photo * (1 - spread[..., None])
            kinds = np.where(spread > 0.4, kind, np.where(spread > 0.1, UNKNOWN, SHARP)).astype(np.uint8)
    if random.random() < 0.5:
        result = result + random.standard_normal(result.shape, np.float32) * np.float32(random.uniform(0, 6 / 255))
    return (np.clip(result, 0, 1) * 255 + 0.5).astype(np.uint8), kinds


def defocused(photo: Floats, sigma: float, random: np.random.Generator) -> Floats:
    """A photo, H x W x 3 float32, out of focus all over: by a disk or a Gaussian of deviation ``sigma``."""
    disk = random.random() < 0.7
    return convolved(photo, disk_kernel(2 * sigma)) if disk else gaussian_filter(photo, (sigma, sigma, 0))


def shaken(photo: Floats, length: float, random: np.random.Generator) -> Floats:
    """A photo as a camera that moves and turns sees it: the mean of shifted, slightly turned copies in linear light.

    Parameters
    ----------
    photo : H x W x 3 float32 in [0, 1]
    length : float
        Length of the camera's way, in pixels of the photo.

    Returns
    -------
    H x W x 3 float32 in [0, 1]
    """
    count = int(np.clip(np.ceil(length * 1.3), 7, 25))
    time = np.linspace(-0.5, 0.5, count)
    angle, bend = 2 * np.pi * random.random(), random.normal(0, 0.25, 2)
    way = length * (time + bend[0] * (4 * time**2 - 1) + 1j * bend[1] * (4 * time**2 - 1)) * np.exp(1j * angle)
    turns = random.normal(0, 0.25 * length / max(photo.shape)) * time  # radians
    light = linear_light((photo * 255 + 0.5).astype(np.uint8))
    channels = [Image.fromarray(np.ascontiguousarray(light[..., c])) for c in range(3)]  # of 32-bit floats
    height, width = photo.shape[:2]
    total = np.zeros_like(photo)
    for shift, turn in zip(way - way.mean(), turns, strict=True):
        cos, sin = np.cos(turn), np.sin(turn)
        x0, y0 = width / 2, height / 2
        how = (cos, sin, x0 - cos * x0 - sin * y0 + shift.real, -sin, cos, y0 + sin * x0 - cos * y0 + shift.imag)
        for c, channel in enumerate(channels):
            moved = channel.transform((width, height), Image.Transform.AFFINE, how, Image.Resampling.BICUBIC)
            total[..., c] += np.asarray(moved)
    margin = int(np.ceil(np.abs(way).max() + 2))  # what came from outside the frame is black: cut it off
    margin = min(margin, min(height, width) // 4)
    inner = srgb((total / np.float32(count))[margin : height - margin, margin : width - margin])
    whole = resize_photo((inner * 255 + 0.5).astype(np.uint8), (height, width))
    return whole.astype(np.float32) / np.float32(255)


def _kernel(
    scene: str, motion: tuple[Kernel, ...], scale: float, random: np.random.Generator
) -> tuple[Kernel, np.uint8]:
    whole = scene in ("defocused", "shaken")
    if scene in ("shaken", "panned", "moving subject"):
        shortest, longest = WHOLE_LENGTHS if whole else LENGTHS
        while True:  # most of the kernels are of a fitting length
            kernel = motion[random.integers(len(motion))]
            length = kernel_length(kernel) / scale
            if shortest <= length <= longest:
                return kernel, MOTION if whole or length >= MARKED_LENGTH else UNKNOWN
    sigma = scale * float(np.exp(random.uniform(*np.log(WHOLE_SIGMAS if whole else SIGMAS))))
    kind = DEFOCUS if whole or sigma / scale >= BLURRED_SIGMA else UNKNOWN
    if random.random() < 0.3:
        radius = int(np.ceil(3 * sigma))
        impulse = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
        impulse[radius, radius] = 1
        return gaussian_filter(impulse, sigma), kind
    return disk_kernel(2 * sigma), kind  # a disk of radius r has the variance of a Gaussian with sigma r / 2


def _subject(sources: Sources, photo: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
    """A layer and its coverage: a sharp subject cut out of a labelled photo, or a part of the photo itself."""
    height, width = photo.shape[:2]
    while True:
        name = sources.names[random.integers(len(sources.names))]
        sharp = sources.data.kind(name) == SHARP
        if 0.03 < sharp.mean() < 0.6:
            break
    pasted = random.random() < 0.6
    size = random.uniform(0.6, 1.3)
    shape = (max(int(height * size), 8), max(int(width * size), 8))
    # the labels are a few pixels off: stay inside, then feather
    cover = resize_map(gaussian_filter(sharp.astype(np.float32), 2.5), shape)
    cover = np.clip((cover - 0.6) / 0.3, 0, 1)
    colour = resize_photo(sources.data.photo(name), shape).astype(np.float32) / 255 if pasted else photo
    if random.random() < 0.5:
        cover = cover[:, ::-1]
        colour = colour[:, ::-1] if pasted else colour
    top = int((height - shape[0]) * random.uniform(0.2, 0.8))
    left = int((width - shape[1]) * random.uniform(0.2, 0.8))
    layer, coverage = np.zeros_like(photo), np.zeros((height, width), np.float32)
    y, x = max(top, 0), max(left, 0)
    bottom, right = min(top + shape[0], height), min(left + shape[1], width)
    coverage[y:bottom, x:right] = cover[y - top : bottom - top, x - left : right - left]
    if not pasted:
        return photo, coverage
    layer[y:bottom, x:right] = colour[y - top : bottom - top, x - left : right - left]
    return layer, coverage


def _depth(photo: Floats, scale: float, random: np.random.Generator) -> tuple[Floats, NDArray[np.uint8]]:
    """Defocus that grows with a smooth random depth away from the plane in focus."""
    height, width = photo.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    angle = 2 * np.pi * random.random()
    depth = np.cos(angle) * x + np.sin(angle) * y
    depth += random.uniform(0, 0.7) * zoom(random.standard_normal((4, 4)), (height / 4, width / 4), order=3)
    focus = np.quantile(depth, random.uniform(0.0, 1.0))
    sigma = (np.abs(depth - focus) * random.uniform(1.0, 6.0)).astype(np.float32)  # at 640
    steps = np.array([0.0, 0.7, 1.3, 2.0, 3.0, 4.5, 6.5, 9.0], np.float32)
    layers = np.stack([photo, *(convolved(photo, disk_kernel(2 * s * scale)) for s in steps[1:])])
    result = between(layers, steps, sigma)
    kinds = np.where(sigma < SHARP_SIGMA, SHARP, np.where(sigma > BLURRED_SIGMA, DEFOCUS, UNKNOWN)).astype(np.uint8)
    return result, kinds


def between(layers: Floats, steps: Floats, amount: Floats) -> Floats:
    """A photo whose blur changes from place to place: N layers x H x W x 3, blurred by N rising ``steps``.

    Mixed at each place of the two whose steps are next to ``amount``, H x W.
    """
    place = np.interp(amount, steps, np.arange(len(steps)))
    low = np.minimum(place.astype(int), len(steps) - 2)
    share = (place - low).astype(np.float32)[..., None]
    rows, columns = np.indices(amount.shape)
    mixed: Floats = layers[low, rows, columns] * (1 - share) + layers[low + 1, rows, columns] * share
    return mixed
