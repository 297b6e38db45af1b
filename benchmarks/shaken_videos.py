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
from blurmap.imaging.colour import linear_light, srgb
from blurmap.photos.photo import read_photo
from blurmap.training.data.partial_blur import sharp_photos
from blurmap.verdict.regions import bounding_box, largest_region

Floats = NDArray[np.float32]
Way = NDArray[np.int_]  # places on the way, a row (down, right) in pixels each
SRGB = srgb(np.linspace(0, 1, 4096, dtype=np.float32)) * np.float32(255)  # by linear light

SEED = 3  # the ways of choosing were compared on videos of other seeds
RATE = 30  # frames per second
SHORTEST, LONGEST = 2.5, 20.0  # pixels, of a frame that is shaken; a still one is not blurred at all
SIZES = {"camera": (768, 432), "subject": (768, 432), "flat": (768, 432), "large": (1920, 1080)}
NOISE = {"camera": 1.5, "subject": 1.5, "flat": 4.0, "large": 1.5}  # standard deviation, of 255
MARGIN = {"camera": 90, "subject": 90, "flat": 90, "large": 180}  # pixels of the photo beyond the frame, to move in
CONTRAST = {"camera": 1.0, "subject": 1.0, "flat": 0.2, "large": 1.0}


@dataclass(frozen=True)
class Shaken:
    """A video and the truth of it.

    Attributes
    ----------
    path : Path
    kind : str
        A key of ``SIZES``.
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
    photos = [path for path in photos if min(read_photo(path).shape[:2]) >= SIZES["camera"][1] + MARGIN["camera"]]
    subjects = list(cut_out(cuhk))
    videos = []
    for number, kind in enumerate(SIZES):
        for i in range(counts.get(kind, 0)):
            path, truth = folder / f"{kind}-{i:02}.mp4", folder / f"{kind}-{i:02}.json"
            if not truth.exists():
                random = np.random.default_rng([SEED, number, i])
                photo, subject = read_photo(photos[(i + 7 * number) % len(photos)]), subjects[i % len(subjects)]
                lengths = movements(round(seconds * RATE), random) * (2 if kind == "large" else 1)
                write_video(path, frames(kind, photo, subject, lengths, random), SIZES[kind])
                truth.write_text(json.dumps(lengths.tolist()))
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


def ways(lengths: NDArray[np.float64], room: NDArray[np.int_], random: np.random.Generator) -> Iterator[Way]:
    """Where each frame looks while its shutter is open, as rows of (down, right) within ``room`` pixels.

    The shutter is open half the time: the next frame begins a length further on. Ways are slightly bent, go on in
    about the same direction for a run of frames, and turn back at the borders. Between them all drifts slowly.
    """
    place, angle = room / 2, 2 * np.pi * random.random()
    time = np.linspace(0, 1, 60)
    for length in lengths:
        if not length:
            place, angle = place + random.uniform(-0.7, 0.7, 2), 2 * np.pi * random.random()
        angle += random.normal(0, 0.2)
        ahead = np.array([np.sin(angle), np.cos(angle)])
        ahead = np.where((place + 2 * length * ahead < 0) | (place + 2 * length * ahead > room), -ahead, ahead)
        angle = float(np.arctan2(*ahead))
        bend = 0.2 * random.normal() * (time - time**2)
        way = place + length * (time[:, None] * ahead + bend[:, None] * ahead[::-1] * (1, -1))
        yield np.clip(np.round(way), 0, room).astype(int)
        place = np.clip(place + 2 * length * ahead, 0, room)


def frames(
    kind: str, photo: NDArray[np.uint8], subject: Floats, lengths: NDArray[np.float64], random: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """The frames, H x W x 3 uint8; ``subject`` is h x w x 4 float32 in linear light, its colours times its alpha."""
    width, height = SIZES[kind]
    wanted = (height + MARGIN[kind], width + MARGIN[kind])
    scale = max(wanted[0] / photo.shape[0], wanted[1] / photo.shape[1], 1.0)
    size = (round(photo.shape[1] * scale), round(photo.shape[0] * scale))
    light = linear_light(np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BICUBIC)))
    light = light.mean() + (light - light.mean()) * np.float32(CONTRAST[kind])
    room = np.array([light.shape[0] - height, light.shape[1] - width])
    moves = kind == "subject"
    camera = ways(np.zeros_like(lengths) if moves else lengths, room, random)
    inner = np.array([height - subject.shape[0], width - subject.shape[1]])
    walk = ways(lengths, inner, random)
    for seen_from, stands_at in zip(camera, walk, strict=True):
        seen = exposed(light, seen_from, (height, width))
        if moves:
            seen = with_subject(seen, subject, stands_at)
        grain = NOISE[kind] * random.standard_normal((height, width, 1), np.float32)
        levels = SRGB[(np.clip(seen, 0, 1) * (len(SRGB) - 1) + 0.5).astype(np.int32)]
        yield np.clip(levels + grain + 0.5, 0, 255).astype(np.uint8)


def exposed(light: Floats, way: Way, shape: tuple[int, int]) -> Floats:
    """What is seen through a window of ``shape`` that moves over a layer: the mean over its ways' places."""
    places, counts = np.unique(way, axis=0, return_counts=True)
    total = np.zeros((*shape, light.shape[2]), np.float32)
    for (top, left), count in zip(places, counts, strict=True):
        total += light[top : top + shape[0], left : left + shape[1]] * np.float32(count / len(way))
    return total


def with_subject(scene: Floats, subject: Floats, way: Way) -> Floats:
    """The subject before the scene, its upper left corner on a way while the shutter is open."""
    (top, left), (bottom, right) = way.min(axis=0), way.max(axis=0)
    reach = (bottom - top, right - left)
    padded = np.pad(subject, ((reach[0], reach[0]), (reach[1], reach[1]), (0, 0)))
    shape = (subject.shape[0] + reach[0], subject.shape[1] + reach[1])
    layer = exposed(padded, (bottom, right) - way, shape)
    seen = scene.copy()
    part = seen[top : top + shape[0], left : left + shape[1]]
    part *= 1 - layer[..., 3:]
    part += layer[..., :3]
    return seen


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
