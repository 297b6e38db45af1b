"""Frames of a video: order, times, numbers, rotation, and what damage leaves."""

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from blurmap.errors import VideoError
from blurmap.video import reading
from blurmap.video.packets import Packets
from blurmap.video.reading import Video, clock
from tests.video.videos import RATE, counting, growing, number_in, turned, write_video


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_frames_come_in_order_with_time_and_number(tmp_path: Path, ending: str) -> None:
    video = Video(write_video(tmp_path / f"a.{ending}", counting(45)))
    frames = list(video.frames())
    assert [frame.number for frame in frames] == list(range(45))
    assert [number_in(frame.pixels()) for frame in frames] == list(range(45))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(45) / RATE, atol=2e-3)
    assert video.seconds == pytest.approx(1.5, abs=0.02)
    assert video.problems == []


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_a_range_has_the_numbers_of_the_whole(tmp_path: Path, ending: str) -> None:
    video = Video(write_video(tmp_path / f"a.{ending}", counting(60)))
    for start, end in ((0.5, 0.7), (1.0, 1.2), (1.9, None)):
        frames = list(video.frames(start - 0.003, end and end - 0.003))
        expected = list(range(round(start * RATE), round(end * RATE) if end else 60))
        assert [frame.number for frame in frames] == expected
        assert [number_in(frame.pixels()) for frame in frames] == expected
        assert video.problems == []


def test_nothing_before_the_key_frame_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = Video(write_video(tmp_path / "a.mp4", counting(60)))
    given = []
    whole = Packets.__iter__
    monkeypatch.setattr(Packets, "__iter__", lambda self: (given.append(p) or p for p in whole(self)))  # type: ignore[func-returns-value]
    assert len(list(video.frames(1.9))) == 3
    assert len(given) < 25


def test_a_video_of_one_key_frame_is_read_from_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blurmap.video.packets.LONGEST_WAIT", 4)
    video = Video(write_video(tmp_path / "a.mp4", counting(30)))
    assert [frame.number for frame in video.frames(0.79)] == list(range(24, 30))


def test_variable_frame_rate(tmp_path: Path) -> None:
    times = [0.0, 0.01, 0.02, 0.5, 0.51, 2.0]
    video = Video(write_video(tmp_path / "a.mkv", counting(6), times))
    np.testing.assert_allclose([frame.time for frame in video.frames()], times, atol=2e-3)
    assert [frame.number for frame in video.frames(0.4, 1.0)] == [3, 4]


def test_upright(tmp_path: Path) -> None:
    lying = Video(write_video(tmp_path / "a.mp4", counting(3)))
    assert next(lying.frames()).pixels().shape == (64, 96, 3)
    frame = next(Video(turned(tmp_path / "a.mp4")).frames())
    assert frame.shape == (96, 64)
    pixels = frame.pixels()
    assert pixels.shape == (96, 64, 3)
    assert pixels[:6, :, 0].mean() > 230 > pixels[10:, :, 0].mean()  # the left edge is on top, turned clockwise
    assert frame.pixels((48, 32)).shape == (48, 32, 3)
    assert frame.grey().shape == (96, 64)


def test_cut_off(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", counting(75))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    video = Video(path)
    frames = list(video.frames())
    assert [number_in(frame.pixels()) for frame in frames] == list(range(len(frames)))
    assert 10 < len(frames) < 50
    assert len(video.problems) == 1
    assert "a.mkv: is cut off: it should go on to 0:00:02." in video.problems[0]


def test_damaged_within(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", counting(60))
    content = bytearray(path.read_bytes())
    for place in np.random.default_rng(0).integers(len(content) // 4, len(content) // 2, 20):
        content[place] ^= 255
    path.write_bytes(content)
    video = Video(path)
    assert 20 < len(list(video.frames())) < 60
    assert "damaged frames were left out" in video.problems[0]
    assert len(list(video.frames(1.5))) > 5  # behind the damage


def test_a_range_before_the_damage_is_whole(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", counting(75))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    video = Video(path)
    assert len(list(video.frames(0, 0.5))) == 15
    assert video.problems == []


def test_what_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no video " * 100)
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    whole = write_video(tmp_path / "a.mp4", counting(10)).read_bytes()
    (tmp_path / "headless.mp4").write_bytes(whole[: len(whole) // 2])  # its index is at its end
    reasons = {
        "empty.mp4": "is empty", "text.mp4": "is not a video", "gone.mp4": "no such file",
        "list.m3u8": "is not a video", "headless.mp4": "damaged or cut off", "": "is a folder",
    }  # fmt: skip
    for name, reason in reasons.items():
        with pytest.raises(VideoError, match=reason):
            Video(tmp_path / name)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    import wave

    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(1600))
    with pytest.raises(VideoError, match="has no pictures in it"):
        Video(tmp_path / "a.wav")


def test_without_pyav(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError, match=r"pip install 'blurmap\[video\]'"):
        Video("a.mp4")


def test_clock() -> None:
    assert clock(0.5) == "0:00:00.500"
    assert clock(3723.25) == "1:02:03.250"


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile 'other.mp4'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n",
    ],
)
def test_a_list_that_names_other_videos_is_no_video(tmp_path: Path, text: str) -> None:
    write_video(tmp_path / "other.mp4", counting(5))
    (tmp_path / "list.mp4").write_text(text)
    with pytest.raises(VideoError, match="is not a video"):
        Video(tmp_path / "list.mp4")


def test_frames_larger_than_the_header_says_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = growing(tmp_path, ".ts")
    assert {frame.shape for frame in Video(path).frames()} == {(64, 96), (128, 192)}
    monkeypatch.setattr(reading, "MAX_PIXELS", 64 * 96)
    video = Video(path)
    assert {frame.shape for frame in video.frames()} == {(64, 96)}
    assert "frames of more than 0.006144 megapixels were left out" in video.problems[0]
    assert "damaged" not in "".join(video.problems)


def test_a_raw_stream_tells_no_times(tmp_path: Path) -> None:
    video = Video(write_video(tmp_path / "a.h264", counting(40)))
    assert video.seconds == pytest.approx(40 / 25)  # the rate that FFmpeg takes where nothing tells it
    frames = list(video.frames(0.4))
    assert [number_in(frame.pixels()) for frame in frames] == [frame.number for frame in frames] == list(range(10, 40))
    assert video.problems == []


@pytest.mark.parametrize("seconds", [1e-6, 0.0, -5.0, 1e300, float("nan"), float("inf")])
def test_a_duration_that_cannot_be_is_counted(tmp_path: Path, seconds: float) -> None:
    path = write_video(tmp_path / "a.mkv", counting(45))
    with_duration(path, seconds)
    video = Video(path)
    assert video.seconds == pytest.approx(1.5, abs=0.05)
    assert len(list(video.frames())) == 45
    assert video.problems == []


def test_more_frames_a_second_than_can_be_are_counted(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", counting(45))
    content = bytearray(path.read_bytes())
    for box, place in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        start = content.index(box) + place
        content[start : start + 4] = struct.pack(">I", 1)
    path.write_bytes(content)
    assert Video(path).seconds == pytest.approx(1.5, abs=0.05)


def test_a_video_that_goes_on_says_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", counting(75))
    with_duration(path, 1.2)
    video = Video(path)
    assert len(list(video.frames())) == 75
    assert "goes on to 0:00:02.5" in video.problems[0]


def with_duration(path: Path, seconds: float) -> None:
    """Let the header of a Matroska file say that it lasts so long."""
    content = bytearray(path.read_bytes())
    start = content.index(b"\x44\x89\x88") + 3
    content[start : start + 8] = struct.pack(">d", seconds * 1000)
    path.write_bytes(content)
