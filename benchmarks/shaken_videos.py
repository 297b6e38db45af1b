"""Videos of which is known which frames are shaken, for ``frames.py``: crops that move over sharp photos.

Frames come in runs, still and blurred by a movement of known length, as a hand holds a camera: mixed in linear light,
then a sensor's noise, then H.264. ``camera``: the whole frame is shaken; ``subject``: something moves before a sharp
background; ``flat``: the camera again, a scene of little contrast and more noise; ``large``: ``camera`` at 1920 x 1080,
from enlarged photos. Nothing of them was trained on: the photos are held out, the subjects are of validation photos.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from blurmap.evaluation.dataset import Dataset, split_names
from blurmap.files import write_file
from blurmap.imaging.colour import linear_light, srgb
from blurmap.imaging.kernels import Kernel, convolved
from blurmap.photo import read_photo
from blurmap.training.data.motion_kernels import splat, trimmed
from blurmap.training.data.partial_blur import sharp_photos
from blurmap.verdict.regions import bounding_box, largest_region

Floats = NDArray[np.float32]

RATE = 30  # frames per second
SHORTEST, LONGEST = 2.5, 20.0  # pixels, of a frame that is shaken; a still one is not blurred at all
MARGIN = 60  # pixels of the photo beyond the frame, to move in
SIZES = {"camera": (768, 432), "subject": (768, 432), "flat": (768, 432), "large": (1920, 1080)}
NOISE = {"camera": 1.5, "subject": 1.5, "flat": 4.0, "large": 1.5}  # standard deviation, of 255
CONTRAST = {"camera": 1.0, "subject": 1.0, "flat": 0.2, "large": 1.0}


@dataclass(frozen=True)
class Shaken:
    """A video and the truth of it.

    Attributes
    ----------
    path : Path
    kind : str
        A key of :data:`SIZES`.
    lengths : list of float
        Of each frame's movement while the shutter was open, in pixels; 0 = still.
    """

    path: Path
    kind: str
    lengths: list[float]


def make_videos(folder: Path, sharp: Path, cuhk: Dataset, counts: dict[str, int], seconds: float) -> list[Shaken]:
    """Videos of each kind; those that the folder holds already are not made again."""
    partly = split_names("sharp_val_partly")
    photos = [path for path in sharp_photos(sharp, held_out=True) if path.stem not in partly]
    photos = [path for path in photos if min(read_photo(path).shape[:2]) >= SIZES["camera"][1] + MARGIN]
    subjects = list(cut_out(cuhk))
    videos = []
    for number, kind in enumerate(SIZES):
        for i in range(counts.get(kind, 0)):
            path, truth = folder / f"{kind}-{i:02}.mp4", folder / f"{kind}-{i:02}.json"
            if not truth.exists():
                random = np.random.default_rng([number, i])
                photo, subject = read_photo(photos[(i + 7 * number) % len(photos)]), subjects[i % len(subjects)]
                lengths = movements(round(seconds * RATE), random) * (2 if kind == "large" else 1)
                write_video(path, frames(kind, photo, subject, lengths, random), SIZES[kind])
                write_file(truth, lambda file, known=lengths: file.write(json.dumps(known.tolist()).encode()))
            videos.append(Shaken(path, kind, json.loads(truth.read_text())))
    return videos


def movements(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """How far each frame moves, in pixels: runs of 1 to 5 still frames, and of 3 to 24 that are shaken."""
    lengths: list[float] = []
    while len(lengths) < count:
        lengths += [0.0] * int(random.integers(1, 6))
        run = int(random.integers(3, 25))
        middle = np.exp(random.uniform(np.log(SHORTEST), np.log(LONGEST)))
        lengths += list(np.clip(middle * random.uniform(0.7, 1.4, run), SHORTEST, LONGEST))
    return np.array(lengths[:count])


def frames(
    kind: str, photo: NDArray[np.uint8], subject: Floats, lengths: NDArray[np.float64], random: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """The frames, H x W x 3 uint8; ``subject`` is h x w x 4 float32 in linear light, its colours times its alpha."""
    width, height = SIZES[kind]
    scale = max((width + MARGIN) / photo.shape[1], (height + MARGIN) / photo.shape[0], 1.0)
    size = (round(photo.shape[1] * scale), round(photo.shape[0] * scale))
    enlarged = np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC)) if scale > 1 else photo
    light = linear_light(enlarged)
    light = light.mean() + (light - light.mean()) * np.float32(CONTRAST[kind])
    room = np.array([enlarged.shape[0] - height, enlarged.shape[1] - width])
    place, drift = room / 2, random.uniform(-0.5, 0.5, 2)
    for length in lengths:
        place = place + drift
        drift = np.where((place < 1) | (place > room - 1), -drift, drift)
        shake = np.zeros(2) if kind == "subject" else random.normal(0, 0.3 * length, 2)
        top, left = np.clip(np.round(place + shake), 0, room).astype(int)
        seen = light[top : top + height, left : left + width]
        if kind == "subject":
            seen = with_subject(seen, subject, length, random)
        elif length:
            seen = convolved(seen, path_kernel(length, random))
        noisy = srgb(seen) * 255 + random.normal(0, NOISE[kind], (height, width, 1))
        yield np.clip(noisy + 0.5, 0, 255).astype(np.uint8)


def with_subject(scene: Floats, subject: Floats, length: float, random: np.random.Generator) -> Floats:
    """The subject before the scene, somewhere about its middle, moved by ``length`` pixels while it was exposed."""
    layer = np.zeros((*scene.shape[:2], 4), np.float32)
    shake = np.clip(random.normal(0, 0.3 * length, 2), -20, 20)
    room = np.array(scene.shape[:2]) - subject.shape[:2]
    top, left = np.clip(np.round(room / 2 + shake), 0, room).astype(int)
    layer[top : top + subject.shape[0], left : left + subject.shape[1]] = subject
    if length:
        layer = convolved(layer, path_kernel(length, random))
    return layer[..., :3] + (1 - layer[..., 3:]) * scene


def path_kernel(length: float, random: np.random.Generator) -> Kernel:
    """A slightly bent way of that length in pixels, any direction."""
    time = np.linspace(-0.5, 0.5, 200)
    bend = 0.2 * random.normal()
    way: NDArray[np.complex128] = length * (time + 1j * bend * 4 * time**2) * np.exp(2j * np.pi * random.random())
    return trimmed(splat(way, 2 * int(2 * length) + 7))


def cut_out(cuhk: Dataset, largest: tuple[int, int] = (300, 440)) -> Iterator[Floats]:
    """Sharp subjects of validation photos with defocus, that take up 8 to 40 % of them: h x w x 4, see ``frames``."""
    for name in cuhk.names("val"):
        if cuhk.type(name) != "defocus":
            continue
        photo, mask = cuhk.photo(name), cuhk.mask(name)
        region = largest_region(~mask)
        box = bounding_box(region, mask.shape)
        if box is None or not 0.08 < region.mean() < 0.4:
            continue
        left, top, right, bottom = box
        alpha = np.clip(gaussian_filter(region.astype(np.float32), 1.2) * 2 - 1, 0, 1)  # within the mask's edge
        cut = np.dstack([photo, (alpha * 255).astype(np.uint8)])[top:bottom, left:right]
        image = Image.fromarray(cut)
        image.thumbnail((largest[1], largest[0]), Image.Resampling.LANCZOS)
        scaled = np.asarray(image)
        shown = scaled[..., 3:].astype(np.float32) / 255
        yield np.concatenate([linear_light(scaled[..., :3]) * shown, shown], axis=2)


def write_video(path: Path, pictures: Iterator[NDArray[np.uint8]], size: tuple[int, int]) -> None:
    """H.264 in MP4, a constant quality that looks good (crf 20)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE), options={"crf": "20", "preset": "medium"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
