"""Scenes put together of sharp photos and cut-out objects, and blurred as a lens and a shutter blur them.

What labelled sets hardly have, with the truth known to the pixel: small things that move before a still ground, a still
thing before a moving ground, a ground that is sharp at a subject's feet and nowhere else, and a soft foreground. Light
is linear; an object's light and its coverage pass the same kernel, so that its rim is half transparent as in a photo
("SMBlurDetect", arXiv:2602.18720, does so for moving objects).
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from blurmap.imaging.colour import linear_light, srgb
from blurmap.imaging.kernels import disk_kernel
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.maps import DEFOCUS, MOTION, SHARP, UNKNOWN
from blurmap.photos.endings import PHOTO_ENDINGS
from blurmap.photos.photo import read_photo
from blurmap.training.data.camera import photographed
from blurmap.training.data.close_ups import NO_BLUR, Blur, blurred, stretched
from blurmap.training.data.motion_kernels import kernel_length, pan_kernel, shake_kernel, trimmed
from blurmap.training.data.partial_blur import between, kept_seed, sharp_photos, write_partial_blur

SCENES = {"moving objects": 0.38, "panned": 0.08, "ground": 0.34, "two depths": 0.20}
# All sizes in pixels of a photo with a long side of 640.
SIDE, SMALLEST_SIDE = 640, 0.75  # long side of a scene; the smallest as a share of it
MOVED = (4.0, 40.0)  # way of an object, or of the ground
MARKED_WAY = 4.5  # a shorter way is hard to see: unknown
SHARP_RADIUS, BLURRED_RADIUS = 0.9, 2.0  # of the circle of confusion: below the first sharp, above the second blurred
LARGEST_RADIUS = (2.5, 12.0)  # of the circle of confusion, where the ground is farthest from the plane in focus
DEPTH_RADIUS = (2.2, 14.0)  # of what is out of focus where there are two depths
LEAST_COVER, MOST_COVER = 0.08, 0.4  # of a soft rim: below the first the ground is seen, above the second the object
RADII = (0.6, 1.0, 1.5, 2.2, 3.2, 4.5, 6.5, 9.0, 12.5)  # that the ground is blurred by, to go between
SHOWN, SHOWN_WITHIN = 0.012, 4.0  # mean change of sRGB values in [0, 1] that shows a blur; deviation of the window
ENLARGED = 1.25  # an object that is to be sharp is never made larger than this

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Layer:
    """An object in a frame: its light times its coverage, H x W x 3, and its coverage, H x W, both float32 in [0, 1].

    ``foot`` is the row that it stands on.
    """

    light: Floats
    cover: Floats
    foot: float

    def through(self, blur: Blur) -> "Layer":
        return Layer(blurred(self.light, blur), blurred(self.cover, blur), self.foot)


@dataclass(frozen=True)
class Scene:
    """What reaches the camera, what would if nothing were blurred (both H x W x 3, linear), and kinds H x W uint8."""

    light: Floats
    crisp: Floats
    kind: Pixels

    def behind(self, layer: Layer, blur: Blur, kind: np.uint8) -> "Scene":
        """The scene with a layer before it, which is seen through ``blur`` and is of ``kind``."""
        light, kinds = over(self.light, self.kind, layer.through(blur), kind)
        return Scene(light, over(self.crisp, self.kind, layer, kind)[0], kinds)


def object_photos(folder: Path) -> tuple[tuple[Path, Path], ...]:
    """The photos of a folder with ``image/NAME.jpg`` and ``object/NAME.png`` (255 = the object), each with its mask.

    Raises
    ------
    ValueError
        If there are none, or a mask is missing.
    """
    inner = folder / "image"
    photos = sorted(p for p in inner.iterdir() if p.suffix.lower() in PHOTO_ENDINGS) if inner.is_dir() else []
    pairs = tuple((photo, folder / "object" / f"{photo.stem}.png") for photo in photos)
    if not pairs:
        raise ValueError(f"{folder}: no photos of objects here: image/NAME.jpg and object/NAME.png (255 = the object)")
    if missing := [mask for _, mask in pairs if not mask.is_file()]:
        raise ValueError(f"{folder}: no mask {missing[0]}")
    return pairs


def make_composites(sharp: Path, objects: Path, out: Path, count: int, seed: int, workers: int = 1) -> None:
    """Write ``out/NNNNN.jpg`` and ``out/NNNNN.png`` (0 sharp, 1 defocus, 2 motion, 255 unknown); those there are kept.

    Parameters
    ----------
    sharp, objects : Path
        Folder of sharp photos, of which those of the split ``sharp_val`` are left out; folder of objects.
    count, seed : int
        Photos in all; photo i depends on the seed and i alone.

    Raises
    ------
    ValueError
        If there are no sharp photos or objects, or ``out`` holds photos that were made with another seed.
    """
    sources = sharp_photos(sharp), object_photos(objects)
    kept_seed(out, seed)
    missing = [i for i in range(count) if not (out / f"{i:05}.png").is_file()]
    # started anew, not forked: OpenCV's locks do not survive a fork
    with ProcessPoolExecutor(workers, get_context("spawn"), _start_worker, (*sources, out, seed)) as pool:
        for _ in track(pool.map(_write_one, missing, chunksize=8), "putting scenes together", total=len(missing)):
            pass


_WORK: tuple[Sequence[Path], Sequence[tuple[Path, Path]], Path, int]  # of a worker process


def _start_worker(sharp: Sequence[Path], objects: Sequence[tuple[Path, Path]], out: Path, seed: int) -> None:
    global _WORK  # noqa: PLW0603
    _WORK = sharp, objects, out, seed
    os.environ["OMP_NUM_THREADS"] = "1"
    cv2.setNumThreads(1)


def _write_one(i: int) -> None:
    sharp, objects, out, seed = _WORK
    random = np.random.default_rng([seed, i, 11])
    light, kind = composite(sharp, objects, str(random.choice(list(SCENES), p=list(SCENES.values()))), random)
    write_partial_blur(out, i, as_seen(light, random), kind, 95)


def composite(
    sharp: Sequence[Path], objects: Sequence[tuple[Path, Path]], scene: str, random: np.random.Generator
) -> tuple[Floats, Pixels]:
    """One of ``SCENES``.

    Returns
    -------
    light : H x W x 3 float32 in [0, 1]
        Linear, before a camera takes it.
    kind : H x W uint8
        0 sharp, 1 defocus, 2 motion, 255 unknown.
    """
    photo = read_photo(sharp[int(random.integers(len(sharp)))])
    side = min(max(photo.shape), SIDE) * random.uniform(SMALLEST_SIDE, 1)
    ground = linear_light(resize_photo(photo, fit(photo.shape, side)))
    scene_made = MAKERS[scene](ground, objects, random)
    return scene_made.light, told(scene_made)


def as_seen(light: Floats, random: np.random.Generator) -> Pixels:
    """By a camera of any kind, or by a good one in good light."""
    if random.random() < 0.55:
        return photographed(light, random)
    noise = random.standard_normal(light.shape, np.float32) * np.float32(random.uniform(0, 0.012))
    return (np.clip(srgb(light) + noise, 0, 1) * 255 + 0.5).astype(np.uint8)


def moving_objects(ground: Floats, objects: Sequence[tuple[Path, Path]], random: np.random.Generator) -> Scene:
    """One to six objects before a still ground, most of them moving; the still ones say that pasting is no motion."""
    scene = Scene(ground, ground, np.full(ground.shape[:2], SHARP))
    several = int(random.integers(1, 7))
    largest = 0.12 if several < 3 else 0.05
    for _ in range(several):
        share = float(np.exp(random.uniform(np.log(0.004), np.log(largest))))
        layer = placed(objects, ground.shape, share, random)
        if random.random() < 0.25:
            scene = scene.behind(layer, NO_BLUR, SHARP)
            continue
        way = movement(scale(ground), random, 0.8 * (share * scene.kind.size) ** 0.5)
        scene = scene.behind(layer, way, _moved(way, ground))
    return scene


def panned(ground: Floats, objects: Sequence[tuple[Path, Path]], random: np.random.Generator) -> Scene:
    """A camera follows one or two objects: they are sharp, the ground is drawn out."""
    way = movement(scale(ground), random)
    scene = Scene(blurred(ground, way), ground, np.full(ground.shape[:2], _moved(way, ground)))
    for _ in range(int(random.integers(1, 3))):
        layer = placed(objects, ground.shape, random.uniform(0.03, 0.3), random)
        scene = scene.behind(layer, NO_BLUR, SHARP)
    return scene


def ground_plane(ground: Floats, objects: Sequence[tuple[Path, Path]], random: np.random.Generator) -> Scene:
    """Objects that stand on a plane, each as soft as the ground at its foot.

    A row y of a plane lies at a distance z with 1/z proportional to y - horizon, and a circle of confusion has a radius
    proportional to |1/z - 1/focus|: it grows with the rows between y and the row in focus, and is what it is at the
    horizon for all that is above it.
    """
    height, width = ground.shape[:2]
    horizon = height * random.uniform(-0.3, 0.55)
    layers = [
        placed(objects, ground.shape, float(np.exp(random.uniform(np.log(0.015), np.log(0.25)))), random, horizon)
        for _ in range(int(random.integers(0, 4)))
    ]
    near = height * random.uniform(1.0, 1.2)
    if layers and random.random() < 0.7:
        focus = layers[int(random.integers(len(layers)))].foot
    else:
        focus = float(random.choice([horizon, random.uniform(max(horizon, 0), near)], p=[0.15, 0.85]))
    largest = scale(ground) * float(np.exp(random.uniform(*np.log(LARGEST_RADIUS))))
    slope = largest / max(abs(max(horizon, 0) - focus), abs(height - focus))  # radius per row
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    rows += (columns - width / 2) * np.float32(np.tan(random.normal(0, 0.06)))  # a camera is held aslant
    radii = slope * np.abs(np.maximum(rows, horizon) - focus)
    scene = Scene(confused(ground, radii), ground, kinds_by_radius(radii / scale(ground)))
    for layer in sorted(layers, key=lambda layer: layer.foot):  # the nearest stands before the others
        radius = slope * abs(layer.foot - focus)
        kind = kinds_by_radius(np.full((1, 1), radius / scale(ground), np.float32))[0, 0]
        scene = scene.behind(layer, defocus(radius), kind)
    return scene


def two_depths(ground: Floats, objects: Sequence[tuple[Path, Path]], random: np.random.Generator) -> Scene:
    """A large object before a ground, the lens focused on the one or the other; on the ground more often."""
    blur = defocus(scale(ground) * float(np.exp(random.uniform(*np.log(DEPTH_RADIUS)))))
    if random.random() < 0.35:
        layer = placed(objects, ground.shape, random.uniform(0.06, 0.4), random)
        soft = Scene(blurred(ground, blur), ground, np.full(ground.shape[:2], DEFOCUS))
        return soft.behind(layer, NO_BLUR, SHARP)
    scene = Scene(ground, ground, np.full(ground.shape[:2], SHARP))
    if random.random() < 0.4:  # somebody behind it, in focus
        layer = placed(objects, ground.shape, random.uniform(0.02, 0.15), random)
        scene = scene.behind(layer, NO_BLUR, SHARP)
    layer = placed(objects, ground.shape, random.uniform(0.08, 0.5), random, sharp=False)
    return scene.behind(layer, blur, DEFOCUS)


def told(scene: Scene) -> Pixels:
    """The kinds of a scene, unknown where it is blurred and nothing shows it: a clear sky, a plain wall.

    Marked as blurred, such places teach that what is flat is blurred, and skies of sharp photos are called so.
    """
    change = np.abs(srgb(scene.light) - srgb(scene.crisp)).max(2)
    visible = cv2.GaussianBlur(change, (0, 0), SHOWN_WITHIN * scale(scene.light)) > SHOWN
    return np.where((scene.kind == SHARP) | visible, scene.kind, UNKNOWN)


MAKERS = {"moving objects": moving_objects, "panned": panned, "ground": ground_plane, "two depths": two_depths}


def scale(ground: Floats) -> float:
    """Pixels of a scene per pixel of one with a long side of 640."""
    return max(ground.shape[:2]) / SIDE


def movement(scale: float, random: np.random.Generator, most: float = MOVED[1]) -> Blur:
    """A way of 4 to 40 pixels, at most ``most``: straight at changing speed, or curved as a hand moves."""
    longest = max(min(most, MOVED[1]), MOVED[0] + 1)
    length = scale * float(np.exp(random.uniform(np.log(MOVED[0]), np.log(longest))))
    if random.random() < 0.6:
        kernel = trimmed(pan_kernel(random, length, length))
    else:
        drawn = trimmed(shake_kernel(random))
        kernel = stretched(drawn, length / kernel_length(drawn))
    return Blur(kernel, kernel_length(kernel) / 12**0.5, True)


def _moved(way: Blur, ground: Floats) -> np.uint8:
    return MOTION if way.width * 12**0.5 >= MARKED_WAY * scale(ground) else UNKNOWN


def defocus(radius: float) -> Blur:
    """The circle of confusion of a radius in pixels."""
    return Blur(disk_kernel(radius) if radius > 0.3 else None, radius / 2, False)


def placed(
    objects: Sequence[tuple[Path, Path]],
    shape: tuple[int, ...],
    share: float,
    random: np.random.Generator,
    horizon: float | None = None,
    *,
    sharp: bool = True,
) -> Layer:
    """An object in an empty frame of ``shape``, about ``share`` of its area.

    It stands below ``horizon`` where there is one. Where its photo cut it off, so does the frame. One that is to be
    ``sharp`` is hardly enlarged: it is smaller then.
    """
    path, mask_path = objects[int(random.integers(len(objects)))]
    photo = read_photo(path)
    with Image.open(mask_path) as image:
        mask = np.asarray(image.convert("L"), np.float32) / 255
    rows, columns = np.flatnonzero(mask.max(1) > 0.5), np.flatnonzero(mask.max(0) > 0.5)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    height, width = shape[:2]
    factor = (share * height * width / mask.sum()) ** 0.5
    factor = min(factor, 1.4 * height / (bottom - top), 1.4 * width / (right - left), ENLARGED if sharp else np.inf)
    # masks are a pixel or two too large: inside, then feathered
    cover = np.clip((cv2.GaussianBlur(mask, (0, 0), 1.0) - 0.6) / 0.35, 0, 1)[top:bottom, left:right]
    light = linear_light(photo[top:bottom, left:right])
    size = (max(round((right - left) * factor), 3), max(round((bottom - top) * factor), 3))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    cover = np.clip(cv2.resize(cover, size, interpolation=how), 0, 1)
    light = np.clip(cv2.resize(light, size, interpolation=how), 0, 1)
    cut_left, cut_right = left < 2, right > mask.shape[1] - 2
    if random.random() < 0.5:
        cover, light, cut_left, cut_right = cover[:, ::-1], light[:, ::-1], cut_right, cut_left
    free_y, free_x = height - size[1], width - size[0]
    x = 0 if cut_left else free_x if cut_right else round(free_x * random.uniform(-0.05, 1.05))
    y = round(free_y * random.uniform(0, 1))
    if horizon is not None:
        y = round(random.uniform(max(horizon + 0.03 * height, 0.15 * height), height)) - size[1]
    if bottom > mask.shape[0] - 2:
        y = free_y
    shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
    frame = (width, height)
    whole = cv2.warpAffine(np.ascontiguousarray(cover), shift, frame, flags=cv2.INTER_NEAREST)
    moved = cv2.warpAffine(np.ascontiguousarray(light), shift, frame, flags=cv2.INTER_NEAREST)
    return Layer(moved * whole[..., None], whole, float(y + size[1]))


def over(light: Floats, kind: Pixels, layer: Layer, layer_kind: np.uint8) -> tuple[Floats, Pixels]:
    """A layer laid over what is behind it, and the kinds of both."""
    mixed = layer.light + light * (1 - layer.cover[..., None])
    rim = np.where((kind == layer_kind) | (layer.cover < LEAST_COVER), kind, UNKNOWN)
    return mixed, np.where(layer.cover > MOST_COVER, layer_kind, rim).astype(np.uint8)


def confused(ground: Floats, radii: Floats) -> Floats:
    """A ground seen through a circle of confusion whose radius, H x W in pixels, changes from place to place."""
    largest = max(float(radii.max()), RADII[0])
    steps = np.array([0, *(radius for radius in RADII if radius < largest), largest], np.float32)
    layers = np.stack([blurred(ground, defocus(float(radius))) for radius in steps])
    return between(layers, steps, radii)


def kinds_by_radius(radii: Floats) -> Pixels:
    """Sharp, unknown or out of focus by the radius of the circle of confusion, in pixels at 640."""
    kinds = np.where(radii < SHARP_RADIUS, SHARP, np.where(radii > BLURRED_RADIUS, DEFOCUS, UNKNOWN))
    return kinds.astype(np.uint8)
