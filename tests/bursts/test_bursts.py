"""Bursts: what is put together, how its photos are ranked, and that its id stays."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from blurmap.bursts.bursts import SECONDS, mark_bursts
from blurmap.bursts.traces import Trace
from blurmap.cli import app
from blurmap.fields import COLUMNS, Row
from blurmap.scanning.results import scan
from blurmap.scanning.store import store_path
from blurmap.scanning.table import read_table
from tests.support import soft, textured

Pixels = np.ndarray[Any, np.dtype[np.uint8]]
SHAPE = (240, 320)


def save(path: Path, pixels: Pixels, second: float, camera: str = "EOS R6") -> None:
    """A photo taken some seconds after nine."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Canon", camera
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9291] = (
        f"2026:11:25 09:{int(second) // 60:02}:{int(second) % 60:02}",
        f"{second % 1:.3f}"[2:],
    )
    Image.fromarray(pixels).save(path, quality=95, exif=exif)


def bursts(table: Path) -> dict[str, tuple[str | None, int | None]]:
    return {os.path.basename(row["path"]): (row["burst"], row["rank"]) for row in read_table(table)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A burst of three, the second sharpest; photos of other scenes, cameras and times."""
    photos = tmp_path / "photos"
    photos.mkdir()
    scene, other = textured(*SHAPE), textured(*SHAPE, 1)
    for name, sigma, second in (("a1", 1.5, 0), ("a2", 0, 0.5), ("a3", 3, 1)):
        save(photos / f"{name}.jpg", soft(scene, sigma), second)
    save(photos / "b.jpg", other, 1.5)
    save(photos / "late.jpg", scene, 1.5 + 2 * SECONDS)
    save(photos / "camera.jpg", scene, 0.7, "EOS R5")
    Image.fromarray(scene).save(photos / "timeless.jpg")
    return photos


@pytest.mark.slow
def test_photos_of_one_moment(folder: Path, tmp_path: Path) -> None:
    scan(folder, tmp_path / "t.jsonl", workers=1)
    found = bursts(tmp_path / "t.jsonl")
    name = found["a1.jpg"][0]
    assert name is not None and name.startswith("20261125-090000-")
    assert {photo: told for photo, told in found.items() if told[0]} == {
        "a1.jpg": (name, 2),
        "a2.jpg": (name, 1),
        "a3.jpg": (name, 3),
    }
    assert {row["rank"] for row in read_table(tmp_path / "t.jsonl") if row["burst"] is None} == {None}
    row = read_table(tmp_path / "t.jsonl")[1]
    assert (row["taken"], row["camera"]) == ("2026-11-25T09:00:00.500", "Canon EOS R6")


@pytest.mark.slow
def test_an_id_stays_when_photos_are_added(folder: Path, tmp_path: Path) -> None:
    table, scene = tmp_path / "t.jsonl", textured(*SHAPE)
    scan(folder, table, workers=1)
    name = bursts(table)["a2.jpg"][0]
    save(folder / "a0.jpg", soft(scene, 4), -0.0 + 0.001)
    os.rename(folder / "a1.jpg", folder / "z1.jpg")
    assert scan(folder, table, workers=1).done == 2
    assert bursts(table)["a0.jpg"] == (name, 4)
    assert bursts(table)["a2.jpg"] == (name, 1)
    before = bursts(table)
    assert scan(folder, table, workers=1).done == 0
    assert bursts(table) == before


@pytest.mark.slow
def test_seconds_and_none(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.jsonl"
    scan(folder, table, workers=1, burst_seconds=0.4, previews=False)
    assert not any(name for name, _ in bursts(table).values())
    scan(folder, table, workers=1, burst_seconds=3 * SECONDS)
    assert bursts(table)["late.jpg"][0] is None  # another scene came between
    scan(folder, tmp_path / "none.jsonl", workers=1, burst_seconds=None, previews=False)
    assert not any(name for name, _ in bursts(tmp_path / "none.jsonl").values())
    assert not store_path(tmp_path / "none.jsonl").exists()
    assert scan(folder, tmp_path / "none.jsonl", workers=1).done == 6  # nothing was kept of those with a time
    assert bursts(tmp_path / "none.jsonl")["a2.jpg"][1] == 1
    with pytest.raises(ValueError, match="seconds between photos"):
        scan(folder, table, burst_seconds=-1.0)


@pytest.mark.slow
def test_raw_and_jpeg_are_one_shot(folder: Path, tmp_path: Path) -> None:
    (folder / "a2.CR2").write_bytes(b"raw")
    (folder / "late.CR2").write_bytes(b"raw")
    scan(folder, tmp_path / "t.jsonl", workers=1)
    found = bursts(tmp_path / "t.jsonl")
    assert found["a2.CR2"] == found["a2.jpg"] == (found["a1.jpg"][0], 1)
    assert found["a1.jpg"][1] == 2
    assert found["late.CR2"] == (None, None)


@pytest.mark.slow
def test_options_of_the_command(folder: Path, tmp_path: Path) -> None:
    def run(*options: str) -> dict[str, tuple[str | None, int | None]]:
        done = CliRunner().invoke(app, ["scan", str(folder), "--out", str(tmp_path / "t.csv"), *options])
        assert done.exit_code == 0, done.output
        return bursts(tmp_path / "t.csv")

    assert run("--workers", "1")["a2.jpg"][1] == 1
    assert run("--burst-seconds", "0.1")["a2.jpg"] == (None, None)


def row(path: str, second: int, **more: object) -> Row:
    taken = f"2026-11-25T{9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return dict.fromkeys(COLUMNS) | {"path": path, "taken": taken, "camera": "A", **more}


def traces(pixels: dict[str, Pixels]) -> Callable[[str], Trace | None]:
    """Traces of which only the small copies differ."""
    sharp, detail = np.full((24, 24), 255, np.uint8), np.full((4, 24, 24), 90, np.uint8)
    return lambda path: Trace(pixels[path], sharp, detail) if path in pixels else None


def test_equals_share_a_rank_and_ids_are_not_given_twice() -> None:
    scene = textured(48, 48)[..., 0]
    rows = [row("/a", 0), row("/b", 1), row("/c", 2), row("/d", 10), row("/e", 11)]
    mark_bursts(rows, traces(dict.fromkeys(["/a", "/b", "/c", "/d", "/e"], scene)))
    assert [told["rank"] for told in rows] == [1] * 5
    first, second = rows[0]["burst"], rows[3]["burst"]
    assert [told["burst"] for told in rows] == [first] * 3 + [second] * 2
    assert first != second
    mark_bursts(rows, traces(dict.fromkeys(["/a", "/b", "/c", "/d", "/e"], scene)), 10)
    assert {told["burst"] for told in rows} == {first}  # of the larger one
    mark_bursts(rows, traces(dict.fromkeys(["/a", "/b", "/c", "/d", "/e"], scene)))
    assert rows[0]["burst"] == first
    assert rows[3]["burst"] not in (first, None)


def test_rows_that_cannot_be_of_a_burst() -> None:
    scene = textured(48, 48)[..., 0]
    rows = [row("/a", 0), row("/b", 1, taken="someday"), row("/c", 0, error="gone"), row("/d", 1)]
    mark_bursts(rows, traces({"/a": scene}))
    assert [told["burst"] for told in rows] == [None] * 4


def test_traces_are_kept_whole() -> None:
    random = np.random.default_rng(0)
    trace = Trace(*(random.integers(0, 256, shape, np.uint8) for shape in ((48, 48), (24, 24), (4, 24, 24))))
    again = Trace.from_bytes(trace.to_bytes())
    for name in ("copy", "sharp", "detail"):
        assert np.array_equal(getattr(again, name), getattr(trace, name))
    with pytest.raises(ValueError):
        Trace.from_bytes(trace.to_bytes()[:-1])
