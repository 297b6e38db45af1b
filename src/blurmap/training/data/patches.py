"""Sharp and synthetically blurred 30 x 30 patches for the patch network.

Purohit, Shah and Rajagopalan (ICIP 2018), section 2.1: sharp photos convolved with Gaussian and camera-motion kernels,
patches kept where the entropy of the grey histogram exceeds 4.5 bits, split by source photo. Every version of a photo,
the sharp one too, then gets a little sensor noise and a JPEG encoding, as real photos do: otherwise the network learns
that blurred means free of noise and of block edges.
"""

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from scipy.ndimage import gaussian_filter

from blurmap.files import write_file
from blurmap.imaging.colour import linear_light, srgb
from blurmap.imaging.kernels import Kernel, convolved
from blurmap.photos.endings import PHOTO_ENDINGS
from blurmap.photos.photo import read_photo
from blurmap.training.data.augment import as_jpeg
from blurmap.training.data.motion_kernels import SIGMAS, kernel_length, motion_kernels, trimmed
from blurmap.training.recipes import PatchSettings

SIZE = 30
SHARP, GAUSSIAN, MOTION = 0, 1, 2


@dataclass(frozen=True)
class Patches:
    """``pixels`` N x 30 x 30 x 3 uint8, ``kind`` N uint8, ``strength`` N float32 (sigma or length, pixels)."""

    pixels: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    strength: NDArray[np.float32]


def make_patches(sharp: Path, out: Path, settings: PatchSettings, workers: int = 2, *, resume: bool = False) -> int:
    """Write one ``out/PHOTO.npz`` per photo of the folder ``sharp``; with ``resume``, photos already done are skipped.

    Returns the number of patches.

    Raises
    ------
    ValueError
        If the folder holds no photos, or ``out`` holds patches made with other settings.
    FileExistsError
        If ``out`` holds patches and ``resume`` is false.
    """
    photos = sorted(p for p in sharp.iterdir() if p.suffix.lower() in PHOTO_ENDINGS)
    if not photos:
        raise ValueError(f"no photos in {sharp}")
    out.mkdir(parents=True, exist_ok=True)
    record = out / "settings.json"
    decided = json.loads(json.dumps(asdict(settings)))  # as it will be read back: tuples are lists
    if record.is_file() and json.loads(record.read_text()) != decided:
        raise ValueError(f"{out} holds patches made with other settings ({record}): give another --out")
    if not resume and any(out.glob("*.npz")):
        raise FileExistsError(f"{out} holds patches: give --resume to go on with them, or another --out")
    record.write_text(json.dumps(decided))
    quota = -(-settings.count // (2 * len(photos)))
    missing = [photo for photo in photos if not (out / f"{photo.stem}.npz").is_file()]
    kernels = [trimmed(kernel) for kernel in motion_kernels(seed=settings.seed)]
    with ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(settings, kernels, quota)) as pool:
        jobs = pool.map(_make_photo, missing, [out] * len(missing))
        for _ in track(jobs, "cutting patches", total=len(missing)):
            pass
    return sum(len(np.load(path)["kind"]) for path in out.glob("*.npz"))


def split_patches(out: Path, part: str, seed: int = 0) -> Patches:
    """The patches of ``"train"`` (80 % of the photos), ``"val"`` (10 %) or ``"test"`` (10 %)."""
    shards = sorted(out.glob("*.npz"))
    if not shards:
        raise FileNotFoundError(f"no patches in {out}: run 'blurmap train patches' first")
    order = np.random.default_rng(seed).permutation(len(shards))
    first, last = {"train": (0.0, 0.8), "val": (0.8, 0.9), "test": (0.9, 1.0)}[part]
    chosen = [np.load(shards[i]) for i in order[round(first * len(order)) : round(last * len(order))]]
    pixels, kind, strength = (np.concatenate([c[key] for c in chosen]) for key in ("pixels", "kind", "strength"))
    return Patches(pixels, kind, strength)


def grey_entropy(patch: NDArray[np.uint8]) -> float:
    """Entropy of the 256-bin grey histogram in bits, 0 (flat) to 8."""
    grey = patch.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    share = np.bincount(grey.astype(np.uint8).ravel(), minlength=256) / grey.size
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


_WORK: tuple[PatchSettings, list[Kernel], int]  # of a worker process; sent once, not with every photo


def _start_worker(*work: Any) -> None:
    global _WORK  # noqa: PLW0603
    _WORK = work


def _make_photo(path: Path, out: Path) -> None:
    patches = photo_patches(path, *_WORK)

    def write(file: IO[bytes]) -> None:
        np.savez(file, pixels=patches.pixels, kind=patches.kind, strength=patches.strength)

    write_file(out / f"{path.stem}.npz", write)


def photo_patches(path: Path, settings: PatchSettings, kernels: list[Kernel], quota: int) -> Patches:
    """Up to ``quota`` sharp and as many blurred patches of one photo (fewer if most of it is flat)."""
    random = np.random.default_rng([settings.seed, *path.stem.encode()])
    image = Image.fromarray(read_photo(path))

    def at(side: int) -> NDArray[np.float32]:
        small = image.copy()
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
        return linear_light(np.asarray(small)) if settings.linear else np.asarray(small, np.float32) / 255.0

    sources = [at(side) for side in settings.sides]

    def photographed(light: NDArray[np.float32]) -> NDArray[np.uint8]:
        values = srgb(light) if settings.linear else light
        values = values + random.standard_normal(values.shape, np.float32) * np.float32(
            random.uniform(0, settings.noise)
        )
        pixels = (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
        return np.asarray(as_jpeg(Image.fromarray(pixels), int(random.integers(*settings.quality))))

    each = -(-quota // settings.kernels_per_photo)
    versions: list[tuple[int, float, NDArray[np.uint8], int]] = []
    for i in range(settings.kernels_per_photo):
        source = sources[int(random.integers(len(sources)))]
        if i % 2 == 0:
            sigma = float(random.choice(SIGMAS))
            blurred = gaussian_filter(source, (sigma, sigma, 0), mode="mirror")
            versions.append((GAUSSIAN, sigma, photographed(blurred), each))
        else:
            kernel = kernels[random.integers(len(kernels))]
            versions.append((MOTION, kernel_length(kernel), photographed(convolved(source, kernel)), each))
        versions.append((SHARP, 0.0, photographed(source), each))
    patches: list[tuple[NDArray[np.uint8], int, float]] = []
    for kind, strength, version, wanted in versions:
        patches += [(patch, kind, strength) for patch in _cut(version, wanted, settings.entropy, random)]
    blurred_count = sum(kind != SHARP for _, kind, _ in patches)
    keep = min(blurred_count, len(patches) - blurred_count, quota)
    order = random.permutation(len(patches))
    sharp = [i for i in order if patches[i][1] == SHARP][:keep]
    chosen = sharp + [i for i in order if patches[i][1] != SHARP][:keep]
    return Patches(
        np.array([patches[i][0] for i in chosen], np.uint8).reshape(-1, SIZE, SIZE, 3),
        np.array([patches[i][1] for i in chosen], np.uint8),
        np.array([patches[i][2] for i in chosen], np.float32),
    )


def _cut(photo: NDArray[np.uint8], wanted: int, entropy: float, random: np.random.Generator) -> list[NDArray[np.uint8]]:
    h, w = photo.shape[:2]
    patches: list[NDArray[np.uint8]] = []
    if min(h, w) < SIZE:
        return patches
    for _ in range(20 * wanted):
        if len(patches) == wanted:
            break
        top, left = random.integers(h - SIZE + 1), random.integers(w - SIZE + 1)
        patch = photo[top : top + SIZE, left : left + SIZE]
        if grey_entropy(patch) > entropy:
            patches.append(patch)
    return patches
