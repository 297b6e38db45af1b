"""Bursts made from sharp photos, whose order is known: what ``benchmarks/bursts.py`` measures on."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from blurmap.imaging.kernels import Kernel, convolved, disk_kernel
from blurmap.training.data.motion_kernels import splat

Floats = NDArray[np.float32]
# Strength of each photo of a burst in pixels of the photo, rising; the first two are as sharp as each other.
STRENGTHS = {
    "defocus": (0, 0, 1.2, 2.0, 3.3, 5.5),  # radius
    "shake": (0, 0, 3.0, 5.0, 8.0, 13.0),  # length
    "subject_moves": (0, 0, 3.0, 5.0, 8.0, 13.0),  # length
    "focus_missed": (0, 0, 1.2, 2.0, 3.3, 5.5),  # radius; in the last photo what is behind the subject is in focus
}
BEHIND = 4.0  # radius of the background's blur where the subject is in focus
SHARE = 0.94  # of the sides, that a view shows at least
GRAIN = 2.0  # standard deviation, grey values
STOPS = 0.5  # exposure differs by up to as much


@dataclass(frozen=True)
class Version:
    """One photo of a burst: what comes out of the camera, and how blurred its subject is, 0 and rising."""

    photo: NDArray[np.uint8]
    place: int


def burst(photo: NDArray[np.uint8], kind: str, random: np.random.Generator) -> list[Version]:
    """A burst of a sharp photo (H x W x 3 uint8), in random order: blurred first, then framed and exposed anew."""
    light = photo.astype(np.float32) / np.float32(255)
    cover, way = subject(light, random), np.exp(2j * np.pi * random.random())
    versions = []
    for strength in STRENGTHS[kind]:
        place = sorted(set(STRENGTHS[kind])).index(strength)
        about = strength * random.uniform(0.93, 1.07)
        if kind == "focus_missed":
            behind = light if strength == STRENGTHS[kind][-1] else layer(light, 1 - cover, disk_kernel(BEHIND))
            seen = over(light, cover, disk_kernel(about) if strength else None, behind)
        else:
            seen = blurred(light, cover, kind, about, way, random) if strength else light
        versions.append(Version(taken(seen, random), place))
    return [versions[i] for i in random.permutation(len(versions))]


def blurred(
    light: Floats, cover: Floats, kind: str, strength: float, way: complex, random: np.random.Generator
) -> Floats:
    """The photo (H x W x 3 in [0, 1]) with its blur; ``cover``, H x W in [0, 1], is where the subject is.

    A camera shakes in any direction, a subject moves one way (a complex number of size 1) in all photos of its burst.
    """
    if kind == "defocus":
        return convolved(light, disk_kernel(strength))
    if kind == "shake":
        return convolved(light, path_kernel(strength, np.exp(2j * np.pi * random.random()), random))
    return over(light, cover, path_kernel(strength, way, random), light)


def over(light: Floats, cover: Floats, kernel: Kernel | None, behind: Floats) -> Floats:
    """The subject under a kernel before a background, mixed as a shutter and a lens mix them."""
    if kernel is None:
        return light * cover[..., None] + behind * (1 - cover[..., None])
    spread = convolved(cover, kernel)[..., None]
    return convolved(light * cover[..., None], kernel) + behind * (1 - spread)


def layer(light: Floats, weight: Floats, kernel: Kernel) -> Floats:
    """A layer that covers a part of the frame under a kernel; what is outside does not leak in."""
    total = np.maximum(convolved(weight, kernel), 0.02)[..., None]
    return np.asarray(convolved(light * weight[..., None], kernel) / total, np.float32)


def path_kernel(length: float, way: complex, random: np.random.Generator) -> Kernel:
    """Of a camera or subject that moves one way, slightly bent."""
    along = np.linspace(-0.5, 0.5, 200)
    return splat(length * way * (along + 1j * random.uniform(-0.4, 0.4) * along**2), 2 * int(length) + 5)


def subject(light: Floats, random: np.random.Generator) -> Floats:
    """An ellipse with a soft rim around the middle where there is most to see, H x W float32 in [0, 1]."""
    height, width = light.shape[:2]
    grey = light.mean(axis=2)
    detail = np.hypot(*np.gradient(grey))
    rows, columns = np.mgrid[:height, :width]
    best, found = -1.0, np.zeros((height, width), bool)
    for _ in range(8):
        down, across = random.uniform(0.38, 0.62, 2) * (height, width)
        tall, wide = random.uniform(0.15, 0.27, 2) * (height, width)
        inside = ((rows - down) / tall) ** 2 + ((columns - across) / wide) ** 2 < 1
        if (much := float(detail[inside].mean())) > best:
            best, found = much, inside
    return np.clip(gaussian_filter(found.astype(np.float32), 1.5), 0, 1)


def taken(light: Floats, random: np.random.Generator) -> NDArray[np.uint8]:
    """What the camera writes: a view of its own, another exposure, grain, JPEG."""
    height, width = light.shape[:2]
    tall, wide = (random.uniform(SHARE, 1.0) * np.array(light.shape[:2])).astype(int)
    top, left = random.integers(0, height - tall + 1), random.integers(0, width - wide + 1)
    seen = light[top : top + tall, left : left + wide]
    exposed = seen * 2 ** (random.uniform(-STOPS, STOPS) / 2.2)  # of linear light, as seen through the usual gamma
    values = exposed * 255 + random.standard_normal(seen.shape, np.float32) * GRAIN
    buffer = io.BytesIO()
    image = Image.fromarray(np.clip(values + 0.5, 0, 255).astype(np.uint8))
    image.save(buffer, "JPEG", quality=int(random.integers(85, 96)))
    return np.asarray(Image.open(buffer))


def reframed(photo: NDArray[np.uint8], random: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """Two photos of one scene that are two moments: the camera was turned by more than half of the frame."""
    light = photo.astype(np.float32) / np.float32(255)
    if light.shape[0] > light.shape[1]:
        half = int(0.62 * len(light))
        parts = light[:half], light[-half:]
    else:
        half = int(0.62 * light.shape[1])
        parts = light[:, :half], light[:, -half:]
    for part in parts:
        yield taken(part, random)
