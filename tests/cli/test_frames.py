"""``blurmap frames`` as a user meets it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blurmap.cli.frames import seconds, show
from blurmap.video.run import Frames
from tests.cli.command import failing, run
from tests.video.videos import shaky, write_video


@pytest.mark.slow
def test_frames_of_a_video(tmp_path: Path) -> None:
    write_video(tmp_path / "walk.mp4", shaky("xxxxsxxxxxxxxxxxxxxxxxxxxxxsxx"))
    done = run("frames", "walk.mp4", "--out", "out", "--every", "0.5s", "--format", "png", cwd=tmp_path)
    assert done.stdout == "2 frames of 2 windows  -> out\n"
    assert done.stderr == ""
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "walk.csv", "walk_000004.png", "walk_000027.png",
    ]  # fmt: skip


@pytest.mark.slow
def test_what_was_skipped_and_why(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [shaky("s")[0]] * 60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    done = run("frames", "a.mkv", "--out", "out", "--distinct", cwd=tmp_path, status=1)
    first, second = done.stdout.splitlines()
    assert first == "1 frames of 4 windows  -> out"
    assert second.startswith("skipped: near-duplicate ")
    assert "a.mkv: is cut off: it should go on to 0:00:02.0" in done.stderr


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    assert "text.mp4: is not a video" in failing(f"frames {tmp_path}/text.mp4", capsys)
    assert "'soon' is no time" in failing(f"frames {tmp_path}/text.mp4 --from soon", capsys)


def test_times() -> None:
    assert [seconds(text) for text in ("0.5", "12.5s", "1:30", "1:02:30.5")] == [0.5, 12.5, 90.0, 3750.5]
    for wrong in ("", "s", "1:2:3:4", "-1", "nan", "inf", "1:x"):
        with pytest.raises(ValueError, match="is no time"):
            seconds(wrong)


def test_progress_tells_where_it_is() -> None:
    shown: list[tuple[object, ...]] = []
    rows: list[dict[str, Any]] = [{"file": "a.jpg", "skipped": None}, {"skipped": "near-duplicate"}]
    state = Frames(100.0, 10, Path("out/a.csv"), 25.0, rows, [Path("out/a.jpg")])
    show(SimpleNamespace(show=lambda *words: shown.append(words)), state)  # type: ignore[arg-type]
    assert shown == [(25.0, 100.0, "0:00:25 of 0:01:40", "1 written, near-duplicate 1")]
