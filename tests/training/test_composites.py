"""Scenes put together: blurred where the labels say so and nowhere else, as light through a lens and a shutter is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_erosion

from blurmap.evaluation.dataset import split_names
from blurmap.imaging.colour import linear_light
from blurmap.imaging.kernels import convolved, disk_kernel
from blurmap.maps import DEFOCUS, MOTION, SHARP, UNKNOWN
from blurmap.training.data import composites as module
from blurmap.training.data.composites import (
    BLURRED_RADIUS,
    SCENES,
    SHARP_RADIUS,
    Layer,
    Scene,
    as_seen,
    composite,
    confused,
    defocus,
    ground_plane,
    kinds_by_radius,
    make_composites,
    movement,
    moving_objects,
    object_photos,
    over,
    placed,
    scale,
    told,
)
from blurmap.training.data.motion_kernels import kernel_length
from blurmap.training.data.partial_blur import read_partial_blur, sharp_photos
from tests.support import textured

Floats = NDArray[np.float32]
Objects = tuple[tuple[Path, Path], ...]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Sharp photos, one of them held out; photos with a textured disk as their object."""
    sharp, objects = tmp_path_factory.mktemp("sharp"), tmp_path_factory.mktemp("objects")
    for name in ("a", "b", split_names("sharp_val")[0]):
        Image.fromarray(textured(300, 400, len(name))).save(sharp / f"{name}.png")
    (objects / "image").mkdir()
    (objects / "object").mkdir()
    y, x = np.mgrid[:120, :160]
    for i in range(2):
        Image.fromarray(textured(120, 160, 50 + i)).save(objects / "image" / f"{i}.jpg", quality=95)
        Image.fromarray((np.hypot(y - 60, x - 80) < 45).astype(np.uint8) * 255).save(objects / "object" / f"{i}.png")
    return sharp, objects


@pytest.fixture
def objects(folders: tuple[Path, Path]) -> Objects:
    return object_photos(folders[1])


@pytest.fixture
def ground() -> Floats:
    return linear_light(textured(300, 400, 7))


def energy(light: Floats) -> Floats:
    down, across = np.gradient(light.mean(2))
    return np.asarray(down**2 + across**2, np.float32)


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_labelled_sharp_has_its_detail_and_what_is_blurred_has_not(
    folders: tuple[Path, Path], objects: Objects, scene: str
) -> None:
    ratios, kinds = [], set()
    for seed in range(8):
        light, kind = composite(sharp_photos(folders[0]), objects, scene, np.random.default_rng(seed))
        assert light.shape == (*kind.shape, 3)
        assert light.dtype == np.float32
        assert light.min() > -1e-5
        assert light.max() < 1 + 1e-5
        kinds |= set(np.unique(kind).tolist())
        sharp, blurred = (
            binary_erosion(part, iterations=3) for part in (kind == SHARP, np.isin(kind, (DEFOCUS, MOTION)))
        )
        if min(sharp.sum(), blurred.sum()) > 500:
            ratios.append(float(energy(light)[blurred].mean() / energy(light)[sharp].mean()))
    assert len(ratios) >= 2
    assert max(ratios) < 0.75
    assert np.median(ratios) < 0.4
    assert kinds - {int(SHARP), int(UNKNOWN)} == {
        int(MOTION if scene in ("moving objects", "panned") else DEFOCUS)
    }  # one kind of blur, the right one


def test_a_still_ground_stays_as_it_is(ground: Floats, objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    covers: list[Floats] = []

    def watched(light: Floats, kind: Any, layer: Layer, layer_kind: np.uint8) -> Any:
        covers.append(layer.cover)
        return over(light, kind, layer, layer_kind)

    monkeypatch.setattr(module, "over", watched)
    scene = moving_objects(ground, objects, np.random.default_rng(2))
    light, kind = scene.light, scene.kind
    free = np.max(covers, axis=0) == 0
    assert free.mean() > 0.5
    assert np.abs(light[free] - ground[free]).max() < 1e-6
    assert (kind[free] == SHARP).all()


def test_a_rim_is_half_transparent_as_in_a_photo() -> None:
    """A grey that moves before the same grey cannot be seen, and a rim mixes light as the shutter does."""
    grey, cover, sharp = np.full((80, 80, 3), 0.3, np.float32), np.zeros((80, 80), np.float32), np.zeros((80, 80))
    cover[30:50, 30:50] = 1
    way = movement(1.0, np.random.default_rng(0), 12)
    moved = Layer(grey * cover[..., None], cover, 50).through(way)
    light, kind = over(grey, sharp.astype(np.uint8), moved, MOTION)
    assert np.abs(light - 0.3).max() < 1e-5
    white = Layer(np.repeat(moved.cover[..., None], 3, 2), moved.cover, 50)
    mixed, _ = over(np.zeros_like(grey), sharp.astype(np.uint8), white, MOTION)
    assert np.abs(mixed[..., 0] - moved.cover).max() < 1e-6
    assert (kind[moved.cover > 0.41] == MOTION).all()
    assert (kind[moved.cover < 0.07] == SHARP).all()
    rim = (moved.cover > 0.09) & (moved.cover < 0.39)
    assert rim.any()
    assert (kind[rim] == UNKNOWN).all()


def test_a_layer_of_the_same_kind_has_no_rim() -> None:
    cover = np.tile(np.linspace(0, 1, 50, dtype=np.float32), (4, 1))
    layer = Layer(np.repeat(cover[..., None], 3, 2), cover, 4)
    _, kind = over(np.zeros((4, 50, 3), np.float32), np.full((4, 50), DEFOCUS), layer, DEFOCUS)
    assert (kind == DEFOCUS).all()


def test_a_movement_is_as_long_as_it_is_asked_to_be() -> None:
    def length(seed: int, scale: float = 1.0, most: float = 40.0) -> float:
        kernel = movement(scale, np.random.default_rng(seed), most).kernel
        assert kernel is not None
        return kernel_length(kernel)

    lengths = [length(seed) for seed in range(40)]
    assert 3 < min(lengths) < 8
    assert 20 < max(lengths) < 46
    assert max(length(seed, most=8) for seed in range(40)) < 10
    assert np.median([length(seed, 0.5) / length(seed) for seed in range(9)]) == pytest.approx(0.5, abs=0.05)


def test_a_circle_of_confusion_that_is_the_same_everywhere_is_one_kernel(ground: Floats) -> None:
    for radius in (1.5, 4.5, 7.3):
        same = confused(ground, np.full(ground.shape[:2], radius, np.float32))
        assert np.abs(same - convolved(ground, disk_kernel(radius))).max() < 2e-3
    assert np.array_equal(confused(ground, np.zeros(ground.shape[:2], np.float32)), ground)


def test_a_plane_is_sharp_in_one_strip_and_softer_the_farther_from_it(
    ground: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down a column the radius falls to the row in focus and rises after it, by as much per row everywhere."""
    seen: list[Floats] = []

    def watched(light: Floats, radii: Floats) -> Floats:
        seen.append(radii)
        return light

    monkeypatch.setattr(module, "confused", watched)
    monkeypatch.setattr(module, "placed", lambda *_, **__: Layer(ground * 0, ground[..., 0] * 0, 150.0))
    strips = 0
    for seed in range(30):
        kind = ground_plane(ground, (), np.random.default_rng(seed)).kind
        radii = seen[-1]
        assert np.array_equal(kind, kinds_by_radius(radii / scale(ground)))
        assert scale(ground) * 2 < radii.max() < scale(ground) * 16
        steps = np.diff(radii[:, 200])
        steady = np.abs(steps)[np.abs(steps) > 1e-5]
        assert np.median(steady) == pytest.approx(steady.max(), rel=1e-3)
        assert (np.diff(np.sign(steps[np.abs(steps) > 1e-5])) >= 0).all(), "falls, then rises"
        sharp = (kind[:, 200] == SHARP).astype(int)
        assert (np.diff(sharp) == 1).sum() + sharp[0] <= 1
        strips += int(0 < sharp.mean() < 1)
    assert strips > 15


def test_an_object_is_as_soft_as_the_ground_at_its_foot(ground: Floats, monkeypatch: pytest.MonkeyPatch) -> None:
    blurs: list[float] = []
    found: list[Floats] = []

    def watched(radius: float) -> Any:
        blurs.append(radius)
        return defocus(radius)

    def plane(light: Floats, radii: Floats) -> Floats:
        found.append(radii)
        return light

    cover = np.zeros(ground.shape[:2], np.float32)
    cover[100:250, 150:250] = 1
    monkeypatch.setattr(module, "defocus", watched)
    monkeypatch.setattr(module, "confused", plane)
    monkeypatch.setattr(module, "placed", lambda *_, **__: Layer(ground * cover[..., None], cover, 250.0))
    compared = 0
    for seed in range(30):
        blurs.clear()
        kind = ground_plane(ground, (), np.random.default_rng(seed)).kind
        for radius in blurs:
            assert radius == pytest.approx(float(found[-1][250, 200]), abs=0.3)
            assert kind[175, 200] == kinds_by_radius(np.full((1, 1), radius / scale(ground), np.float32))[0, 0]
            compared += 1
    assert compared > 20


def test_blur_that_nothing_shows_is_unknown(ground: Floats) -> None:
    """A flat half of a ground that is out of focus all over; where it is sharp, flat or not, that is told."""
    flat = ground.copy()
    flat[:, :200] = 0.4
    soft = Scene(confused(flat, np.full(flat.shape[:2], 4.0, np.float32)), flat, np.full(flat.shape[:2], DEFOCUS))
    assert (told(soft)[:, :170] == UNKNOWN).all()
    assert (told(soft)[:, 210:] == DEFOCUS).mean() > 0.98
    assert (told(Scene(flat, flat, np.full(flat.shape[:2], SHARP))) == SHARP).all()


def test_kinds_follow_the_circle_of_confusion() -> None:
    radii = np.array([0, SHARP_RADIUS - 0.01, SHARP_RADIUS + 0.01, BLURRED_RADIUS, BLURRED_RADIUS + 0.01], np.float32)
    assert kinds_by_radius(radii).tolist() == [SHARP, SHARP, UNKNOWN, UNKNOWN, DEFOCUS]


def test_an_object_stands_where_it_should_and_is_as_large_as_asked(objects: Objects) -> None:
    whole = 0
    for seed in range(12):
        layer = placed(objects, (300, 400), 0.04, np.random.default_rng(seed), horizon=100.0)
        rows = np.flatnonzero(layer.cover.max(1) > 0.5)
        assert abs(rows[-1] + 1 - min(layer.foot, 300)) <= 3
        assert layer.foot > 100
        assert (layer.light[layer.cover == 0] == 0).all()
        if layer.foot < 300 and layer.cover[:, [0, -1]].max() == 0:
            assert layer.cover.mean() == pytest.approx(0.04, rel=0.25)
            whole += 1
    assert whole > 3
    sharp = placed(objects, (600, 800), 0.3, np.random.default_rng(0))
    large = placed(objects, (600, 800), 0.3, np.random.default_rng(0), sharp=False)
    assert large.cover.sum() > 4 * sharp.cover.sum(), "one that is to be sharp is hardly enlarged"


def test_a_camera_keeps_what_it_sees(ground: Floats) -> None:
    """More or less: some are cameras at night."""
    alike = []
    for seed in range(10):
        seen = as_seen(ground, np.random.default_rng(seed))
        assert seen.shape == ground.shape
        alike.append(np.corrcoef(linear_light(seen).ravel(), ground.ravel())[0, 1])
    assert min(alike) > 0.2
    assert np.median(alike) > 0.8


@pytest.mark.slow
def test_the_same_seed_makes_the_same_scenes_and_held_out_photos_are_not_used(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    make_composites(*folders, tmp_path / "one", 3, 5)
    make_composites(*folders, tmp_path / "two", 2, 5, workers=2)
    for i in range(2):
        for name in (f"{i:05}.jpg", f"{i:05}.png"):
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    photo, kind = read_partial_blur(tmp_path / "one", 2)
    assert photo.shape == (*kind.shape, 3)
    with pytest.raises(ValueError, match="made with seed 5"):
        make_composites(*folders, tmp_path / "one", 3, 6)
    only_held_out = tmp_path / "held out"
    only_held_out.mkdir()
    name = f"{split_names('sharp_val')[0]}.png"
    (only_held_out / name).write_bytes((folders[0] / name).read_bytes())
    with pytest.raises(ValueError, match="no sharp photos"):
        make_composites(only_held_out, folders[1], tmp_path / "three", 1, 0)
    assert not (tmp_path / "three").exists()


def test_objects_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no photos of objects here"):
        object_photos(tmp_path)
    (tmp_path / "image").mkdir()
    Image.fromarray(textured(20, 20)).save(tmp_path / "image" / "a.jpg")
    with pytest.raises(ValueError, match=r"no mask .*a\.png"):
        object_photos(tmp_path)
