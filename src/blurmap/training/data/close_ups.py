"""Close-ups of sharp photos, sharp or blurred alike all over: what the kinds of a close-up are learnt on."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from blurmap.imaging.kernels import Kernel, convolved
from blurmap.maps import DEFOCUS, MOTION, SHARP
from blurmap.photo import read_photo
from blurmap.training.data.augment import as_jpeg
from blurmap.training.data.documents import document
from blurmap.training.data.motion_kernels import kernel_length, motion_kernels, trimmed
from blurmap.training.data.partial_blur import DOCUMENTS, defocused, shaken, sharp_photos
from blurmap.verdict.sharp_size import CROP

SHARES = {SHARP: 0.2, DEFOCUS: 0.35, MOTION: 0.45}
SIGMAS, LENGTHS = (0.7, 6.0), (2.5, 22.0)  # pixels of the close-up
SCALES = (0.45, 3.2)  # pixels of the close-up per pixel of the photo: files are often larger than what they show
MARGIN = 48  # pixels around a close-up, so that its blur knows what lies beside it
PLACES = 4  # to take the one with most detail of
LEVELS = 255

Floats = NDArray[np.float32]


class CloseUps(Dataset[tuple[Tensor, int]]):
    """Item i is a close-up, 3 x ``CROP`` x ``CROP`` uint8, and its kind; it depends on the seed and i alone.

    Parameters
    ----------
    sharp : Path
        Folder of sharp photos; those of the split ``sharp_val`` are left out.
    count, seed : int
    """

    def __init__(self, sharp: Path, count: int, seed: int) -> None:
        self.photos, self.count, self.seed = sharp_photos(sharp), count, seed
        self.kernels = [(kernel_length(k), trimmed(k)) for k in motion_kernels(600, pans=0.0, seed=seed)]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        random = np.random.default_rng([self.seed, i, 7])
        photo = read_photo(self.photos[i % len(self.photos)])
        if random.random() < DOCUMENTS:
            photo = document(photo, random)
        kind = random.choice(list(SHARES), p=list(SHARES.values()))
        view = blurred_alike(detailed_part(photo, random), kind, self.kernels, random)[MARGIN:-MARGIN, MARGIN:-MARGIN]
        return torch.from_numpy(disturbed(view, random).transpose(2, 0, 1).copy()), int(kind)


def detailed_part(photo: NDArray[np.uint8], random: np.random.Generator) -> Floats:
    """A square of a photo at some scale, ``CROP`` + 2 ``MARGIN`` pixels wide, in [0, 1]; of some the most detailed."""
    side = CROP + 2 * MARGIN
    size = min(round(side / np.exp(random.uniform(*np.log(SCALES)))), *photo.shape[:2])
    corners = (random.integers(0, np.subtract(photo.shape[:2], size) + 1) for _ in range(PLACES))
    parts = [photo[top : top + size, left : left + size] for top, left in corners]
    best = max(parts, key=lambda part: sum(float(np.abs(np.diff(part.mean(2), axis=axis)).mean()) for axis in (0, 1)))
    resized = Image.fromarray(best).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(resized, np.float32) / np.float32(LEVELS)


def blurred_alike(
    view: Floats, kind: np.uint8, kernels: list[tuple[float, Kernel]], random: np.random.Generator
) -> Floats:
    """A view, H x W x 3 in [0, 1], with blur of a kind, the same all over."""
    if kind == DEFOCUS:
        return defocused(view, float(np.exp(random.uniform(*np.log(SIGMAS)))), random)
    if kind == MOTION:
        length = float(np.exp(random.uniform(*np.log(LENGTHS))))
        fitting = [kernel for long, kernel in kernels if 0.85 * length <= long < 1.15 * length]
        if fitting and random.random() < 0.35:
            return convolved(view, fitting[random.integers(len(fitting))])
        return shaken(view, length, random)
    return view


def disturbed(view: Floats, random: np.random.Generator) -> NDArray[np.uint8]:
    """A view as uint8: with noise, as JPEG, or neither."""
    choice = random.integers(3)
    if choice == 0:
        view = view + random.standard_normal(view.shape, np.float32) * np.float32(random.uniform(1, 8) / LEVELS)
    pixels = (np.clip(view, 0, 1) * LEVELS + 0.5).astype(np.uint8)
    if choice == 1:
        pixels = np.asarray(as_jpeg(Image.fromarray(pixels), int(random.integers(55, 95))))
    return pixels
