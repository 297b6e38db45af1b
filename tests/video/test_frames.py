"""``blurmap.frames``: the frames that are chosen, written and left out, and the table of them."""

import csv
import itertools
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import blurmap
from blurmap.models import load
from blurmap.models.default import DefaultModel
from blurmap.video import reading
from blurmap.video.choosing import best_frames, contenders
from blurmap.video.glance import Glance, glance
from blurmap.video.reading import Frame, Video
from blurmap.video.run import NEAR_DUPLICATE, NOTHING_SHARP
from blurmap.video.sharpness import PLACES, places_that_differ
from blurmap.video.windows import lay_windows
from blurmap.video.writing import COLUMNS
from tests.support import EXAMPLES, soft, textured
from tests.video.videos import RATE, frame_of, growing, moved, shaky, turned, write_video

HALF = "xxxxsxxxxxxxxxxxxxxxxxxxxxxsxx"  # two windows of half a second


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("videos") / "walk.mp4", shaky(HALF))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_frame_that_is_not_shaken_is_taken(video: Path, tmp_path: Path) -> None:
    found = blurmap.frames(video, tmp_path / "out")
    assert [path.name for path in found.written] == ["walk_000004.jpg", "walk_000027.jpg"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "walk.csv", "walk_000004.jpg", "walk_000027.jpg",
    ]  # fmt: skip
    assert found.problems == []
    assert found.windows == 2
    rows = table(found.table)
    assert tuple(rows[0]) == COLUMNS
    assert [row["file"] for row in rows] == ["walk_000004.jpg", "walk_000027.jpg"]
    assert [int(row["frame"]) for row in rows] == [4, 27]
    np.testing.assert_allclose([float(row["time"]) for row in rows], [4 / RATE, 27 / RATE], atol=1e-3)
    assert all(0 <= float(row["sharpness"]) <= 1 and row["verdict"] and not row["skipped"] for row in rows)
    picture = np.asarray(Image.open(found.written[0]), np.float32)
    assert int(np.argmin([np.abs(picture - other).mean() for other in shaky(HALF)])) == 4  # it is that frame


def test_something_that_moves_before_a_sharp_background() -> None:
    """A gradient of the whole frame is that of the background, of which the subject hides now more, now less."""
    background = np.asarray(Image.open(EXAMPLES / "coffee.jpg").convert("RGB").resize((288, 192)))
    subject = np.asarray(Image.open(EXAMPLES / "cat.jpg").convert("RGB").resize((160, 106)))[8:104, 32:128]
    pictures = []
    for i in range(15):
        picture = background.copy()
        picture[60:156, 40 + 6 * i : 136 + 6 * i] = subject if i == 11 else moved(subject, 9)
        pictures.append(picture)
    assert [best.frame.number for best in chosen(pictures)] == [11]


def test_flat_and_noisy() -> None:
    random = np.random.default_rng(3)
    pictures = [
        np.clip(picture * 0.25 + 90 + random.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
        for picture in shaky("xxxxxxxxxsxxxxx", length=13)
    ]
    assert [best.frame.number for best in chosen(pictures)] == [9]


def chosen(pictures: list[np.ndarray]) -> list:  # type: ignore[type-arg]
    import tempfile

    model = load("default-int8", threads=1)
    assert isinstance(model, DefaultModel)
    with tempfile.TemporaryDirectory() as folder:
        video = Video(write_video(Path(folder) / "a.mp4", pictures))
        return list(best_frames(video, lay_windows(video.seconds), model))


def test_frames_are_upright(video: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.mp4"
    path.write_bytes(video.read_bytes())
    found = blurmap.frames(turned(path), tmp_path, format="png", count=1)
    assert Image.open(found.written[0]).size == (128, 192)
    assert found.written[0].suffix == ".png"


def test_windows_in_which_nothing_is_sharp(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", shaky("xxxxxxxxxxxxxxxxxxxsxxxxxxxxxx", length=25))
    found = blurmap.frames(path, tmp_path / "out", sharp_only=True)
    assert [path.name for path in found.written] == ["a_000019.jpg"]
    assert found.skipped == {NOTHING_SHARP: 1}
    rows = table(found.table)
    assert (rows[0]["file"], rows[0]["skipped"]) == ("", NOTHING_SHARP)
    assert rows[0]["verdict"] in ("motion", "defocused")


@pytest.mark.slow
def test_near_duplicates_are_left_out(tmp_path: Path) -> None:
    still = shaky("s")[0]
    path = write_video(tmp_path / "a.mp4", [still] * 30 + [textured(128, 192, seed=7)] * 15)
    found = blurmap.frames(path, tmp_path / "out", distinct=True)
    assert [row["window"] for row in found.rows if row["skipped"] is None] == [0, 2]
    assert found.skipped == {NEAR_DUPLICATE: 1}
    assert len(blurmap.frames(path, tmp_path / "all").written) == 3


def test_a_range_and_a_count(video: Path, tmp_path: Path) -> None:
    found = blurmap.frames(video, tmp_path, count=1, start=0.5)
    assert [path.name for path in found.written] == ["walk_000027.jpg"]


def test_nothing_is_replaced_unasked(video: Path, tmp_path: Path) -> None:
    mine = tmp_path / "walk_000004.jpg"
    mine.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"walk_000004\.jpg is there already"):
        blurmap.frames(video, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["walk_000004.jpg"]
    assert mine.read_bytes() == b"mine"


def test_overwrite_takes_away_the_frames_of_the_run_before_and_no_others(video: Path, tmp_path: Path) -> None:
    blurmap.frames(video, tmp_path)
    other = tmp_path / "walk_000099.jpg"
    other.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        blurmap.frames(video, tmp_path, start=0.5)
    blurmap.frames(video, tmp_path, start=0.5, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["walk.csv", "walk_000027.jpg", "walk_000099.jpg"]
    assert other.read_bytes() == b"mine"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are UTF-8 there")
def test_names_of_any_bytes(video: Path, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    path.write_bytes(video.read_bytes())
    found = blurmap.frames(path, tmp_path / "out", count=1)
    assert os.fsencode(found.written[0].name) in (b"caf\xe9_000004.jpg", b"caf\xe9_000027.jpg")
    assert found.written[0].is_file()
    assert table(found.table)[0]["file"].startswith(r"caf\xe9_0000")
    blurmap.frames(path, tmp_path / "out", start=0.5, overwrite=True)
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_interrupted(video: Path, tmp_path: Path) -> None:
    def stop(state: blurmap.video.run.Frames) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        blurmap.frames(video, tmp_path, watch=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["walk.csv", "walk_000004.jpg"]
    assert [row["file"] for row in table(tmp_path / "walk.csv")] == ["walk_000004.jpg"]
    Image.open(tmp_path / "walk_000004.jpg").load()


@pytest.mark.slow
def test_a_cut_off_video_gives_what_can_be_read(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", shaky("xxxsxxxxxxxxxxx" * 5))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = blurmap.frames(path, tmp_path / "out")
    assert 1 <= len(found.written) <= 3
    assert found.windows == 5
    assert "is cut off" in found.problems[0]


@pytest.mark.parametrize("wrong", [{"format": "gif"}, {"model": "paper"}, {"every": 1.0, "count": 2}])
def test_arguments_out_of_range(video: Path, tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|not both"):
        blurmap.frames(video, tmp_path / "out", **wrong)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_few_frames_are_held_at_a_time(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a window is: a frame takes megabytes."""
    model = load("default-int8", threads=1)
    assert isinstance(model, DefaultModel)
    made, given = itertools.count(), []

    def counted(frame: Frame) -> Glance:
        given.append(next(made))
        return glance(frame)

    monkeypatch.setattr("blurmap.video.choosing.glance", counted)
    held: list[int] = []

    def watched(group: Iterable[Glance]) -> list[Glance]:
        best = contenders(group)
        held.append(len(best))
        return best

    monkeypatch.setattr("blurmap.video.choosing.contenders", watched)
    opened = Video(video)
    assert len(list(best_frames(opened, lay_windows(opened.seconds, count=1), model))) == 1
    assert len(given) == 30
    assert 1 <= held[0] <= 6


def test_detail_of_a_part_counts_as_much_as_that_of_any_other() -> None:
    """The gradient of the whole hardly tells the frame whose faint half is blurred."""
    faint = textured(240, 240)
    faint[:, :120] = faint[:, :120] // 5
    moved = faint.copy()
    moved[:, :120] = soft(faint[:, :120], 2)
    still, blurred = (np.square(np.diff(x.mean(axis=2), axis=1)).mean() for x in (faint, moved))
    assert blurred > 0.9 * still
    assert glance(frame_of(faint)).detail.mean() - glance(frame_of(moved)).detail.mean() > 0.5


def test_crispness_is_of_blur_and_not_of_contrast() -> None:
    scene = textured(240, 240)
    crisp = [glance(frame_of(x)).crispness for x in (scene, scene // 2 + 60, soft(scene, 1.5), soft(scene, 1.5) // 2)]
    assert abs(crisp[0] - crisp[1]) < 0.1
    assert min(crisp[:2]) > max(crisp[2:]) + 0.3


def test_a_frame_of_few_pixels() -> None:
    assert np.isfinite(glance(frame_of(textured(4, 6))).crispness)


def test_close_ups_are_where_the_frames_differ() -> None:
    frame = frame_of(np.zeros((128, 192, 3), np.uint8))
    maps = np.zeros((2, 32, 48), np.float32)
    maps[:, :, 24:] = 1.0  # the right half is soft in both
    one, other = np.zeros((24, 24), np.float32), np.zeros((24, 24), np.float32)
    other[3:6, 3:6] = 2.0
    other[18:21, 18:21] = 5.0
    places = places_that_differ([Glance(frame, one, 0.0), Glance(frame, other, 0.0)], maps)
    assert len(places) == PLACES
    assert abs(places[0][0] - 4.5 / 24) < 0.15
    assert abs(places[0][1] - 4.5 / 24) < 0.15


def test_a_table_that_no_run_wrote_is_not_replaced(video: Path, tmp_path: Path) -> None:
    (tmp_path / "walk.csv").write_text("place,when\nthe park,noon\n")
    with pytest.raises(FileExistsError, match="no table of frames"):
        blurmap.frames(video, tmp_path, overwrite=True)
    assert (tmp_path / "walk.csv").read_text() == "place,when\nthe park,noon\n"


@pytest.mark.parametrize("ending", [".ts", ".h264"])
def test_frames_that_grow_within_a_window_are_compared_at_one_size(tmp_path: Path, ending: str) -> None:
    found = blurmap.frames(growing(tmp_path, ending), tmp_path / "out", every=5)
    assert [Image.open(path).size for path in found.written] == [(192, 128)]
    assert found.problems == []


def test_contenders_are_of_one_size() -> None:
    small, large, turned_ = (glance(frame_of(textured(*shape))) for shape in ((64, 96), (128, 192), (192, 128)))
    for order in itertools.permutations([small, large, small]):
        assert [one.frame.shape for one in contenders(order)] == [(128, 192)]
    assert [one.frame.shape for one in contenders([large, turned_])] == [(128, 192)]


def test_a_video_of_no_readable_frame_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_decoded", lambda packet: None)
    found = blurmap.frames(write_video(tmp_path / "a.mp4", shaky("sss")), tmp_path / "out")
    assert found.written == []
    assert "no frame of it could be read" in found.problems[-1]
