"""Does ``blurmap frames`` take the frames that are not shaken, and how fast, beside two peers; writes frames.json.

    python benchmarks/frames.py --sharp SHARP --data CUHK [--peers VENV/bin] [--videos FOLDER]

The videos are those of ``shaken_videos.py``; ``--videos`` keeps them. All tools are run as commands on the same files,
one frame per half second: ``sharp-frames`` 0.4 (in batches of 15 frames) and ``sharp-frame-extractor`` 2.0 from an
environment of their own. What a peer wrote is known by comparing it with the frames of the video. A window counts if it
has still frames and shaken ones. Speed is of whole processes on a video of 1920 x 1080, beside merely decoding it.
"""

import argparse
import csv
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from output import conditions, options, write_figures
from PIL import Image
from rich.progress import track
from scan import resident
from shaken_videos import RATE, SIZES, Shaken, make_videos, write_video

from blurmap.evaluation.dataset import open_dataset
from blurmap.imaging.resizing import fit_multiple
from blurmap.models import load
from blurmap.models.default import DefaultModel
from blurmap.video.reading import Video
from blurmap.video.sharpness import SMALL_SIDE

EVERY = 0.5  # seconds
WINDOW = round(EVERY * RATE)  # frames
SMALL = "the map of small copies alone"
COMPARED = (192, 108)  # pixels, of the copies that frames are known by
BLURMAP = [sys.executable, "-c", "from blurmap.cli import main; main()", "frames"]
DECODE = "import sys; from blurmap.video.reading import Video; print(sum(1 for frame in Video(sys.argv[1]).frames()))"


@dataclass(frozen=True)
class Tool:
    """A program that takes frames.

    Attributes
    ----------
    command : callable
        From a video and a folder to the command line.
    chosen : callable
        From a video and the folder that the command wrote to the numbers of the frames that it took.
    """

    command: Callable[[Path, Path], list[str]]
    chosen: Callable[[Path, Path], list[int]]


def tools(peers: Path | None) -> dict[str, Tool]:
    """The programs by name; without ``peers`` only our own."""
    found = {"blurmap frames": Tool(lambda video, out: [*BLURMAP, str(video), "--out", str(out)], told)}
    if peers:
        one, other = str(peers / "sharp-frames"), str(peers / "sharp-frame-extractor")
        batches = ["--selection-method", "batched", "--batch-size", str(WINDOW), "--batch-buffer", "0"]
        how = ["--fps", str(RATE), "--format", "png", "--force-overwrite", *batches]
        found["sharp-frames 0.4"] = Tool(lambda video, out: [one, str(video), str(out), *how], recognised)
        found["sharp-frame-extractor 2.0"] = Tool(
            lambda video, out: [other, "-o", str(out), "--every", str(EVERY), str(video)], recognised
        )
    return found


def told(video: Path, out: Path) -> list[int]:
    """The frames that our own table names."""
    with (out / f"{video.stem}.csv").open(newline="") as file:
        return [int(row["frame"]) for row in csv.DictReader(file)]


def recognised(video: Path, out: Path) -> list[int]:
    """The frames of a video that the pictures in a folder are, by their small copies."""
    known = np.stack([copy(frame.pixels()) for frame in Video(video).frames()])
    pictures = sorted(path for path in out.rglob("*") if path.suffix in (".png", ".jpg"))
    return [int(np.abs(known - copy(np.asarray(Image.open(path)))).mean(axis=(1, 2)).argmin()) for path in pictures]


def copy(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    image = Image.fromarray(pixels).convert("L")
    return np.asarray(image.resize(COMPARED, Image.Resampling.BOX), np.float32)


def take(tool: Tool, video: Path) -> list[int]:
    """The frames that a tool takes of a video."""
    with tempfile.TemporaryDirectory() as name:
        done = subprocess.run(tool.command(video, Path(name)), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{done.args}: {done.stdout[-500:]} {done.stderr[-2000:]}")
        return tool.chosen(video, Path(name))


def by_small_maps(video: Path) -> list[int]:
    """What the map of a small copy of each frame would take by itself: the frame that is sharp in most of it."""
    model = load("default-int8", threads=1)
    assert isinstance(model, DefaultModel)
    best: dict[int, tuple[float, int]] = {}
    for frame in Video(video).frames():
        small = frame.pixels(fit_multiple(frame.shape, SMALL_SIDE))
        found = (-float(model.blurred(small[None]).mean()), frame.number)
        best[frame.number // WINDOW] = max(found, best.get(frame.number // WINDOW, found))
    return [number for _, number in best.values()]


def windows(video: Shaken) -> Iterator[range]:
    """The frames of each window that has still frames and shaken ones."""
    for start in range(0, len(video.lengths), WINDOW):
        window = range(start, min(start + WINDOW, len(video.lengths)))
        still = sum(video.lengths[i] == 0 for i in window)
        if 0 < still < len(window):
            yield window


def right(video: Shaken, taken: list[int]) -> list[bool]:
    """Whether in each window that counts the frame that was taken, the first if there are several, is still."""
    first = {number // WINDOW: number for number in reversed(taken)}
    numbers = [first.get(window.start // WINDOW) for window in windows(video)]
    return [number is not None and video.lengths[number] == 0 for number in numbers]


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds and peak MB of a command and all that it starts."""
    started, peak = time.perf_counter(), 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    if process.returncode:
        raise RuntimeError(f"exit status {process.returncode} of {' '.join(command)}")
    return time.perf_counter() - started, peak


def speed(video: Path, programs: dict[str, Tool], rounds: int) -> dict[str, dict[str, float]]:
    """Frames per second, times decoding, and peak memory of each tool on a video; medians, in turn."""
    count = sum(1 for _ in Video(video).frames())
    measured: dict[str, list[tuple[float, float]]] = {"decoding alone": [], **{name: [] for name in programs}}
    for _ in range(rounds):
        measured["decoding alone"].append(timed([sys.executable, "-c", DECODE, str(video)]))
        for name, tool in programs.items():
            with tempfile.TemporaryDirectory() as out:
                measured[name].append(timed(tool.command(video, Path(out) / "frames")))
    seconds = {name: statistics.median(taken for taken, _ in found) for name, found in measured.items()}
    return {
        name: {
            "frames": count,
            "per_second": count / seconds[name],
            "times_decoding": seconds[name] / seconds["decoding alone"],
            "peak_mb": max(peak for _, peak in found),
        }
        for name, found in measured.items()
    }


def lengthened(video: Path, seconds: float, folder: Path) -> Path:
    """The video forwards and backwards and so on, for so long."""
    path = folder / f"{video.stem}-{seconds:g}s.mp4"
    if not path.exists():
        pictures = [frame.pixels() for frame in Video(video).frames()]
        there_and_back = itertools.cycle([*pictures, *pictures[::-1]])
        write_video(path, itertools.islice(there_and_back, round(seconds * RATE)), SIZES["large"])
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sharp", type=Path, required=True, help="Folder of sharp photos.")
    parser.add_argument("--data", type=Path, required=True, help="CUHK, for subjects.")
    parser.add_argument("--peers", type=Path, help="Folder with the commands of the peers.")
    parser.add_argument("--videos", type=Path, help="Where to keep the videos.  [default: a temporary folder]")
    parser.add_argument("--seconds", type=float, default=5.0, help="Of each video.")
    parser.add_argument("--count", type=int, default=8, help="Videos of each kind; of 1920 x 1080 a quarter.")
    parser.add_argument("--rounds", type=int, default=3)
    options(parser)
    arguments = parser.parse_args()
    count = min(arguments.count, arguments.limit or arguments.count)
    counts = {kind: max(count // 4, 1) if kind == "large" else count for kind in SIZES}
    programs = tools(arguments.peers)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.videos or Path(temporary)
        videos = make_videos(folder, arguments.sharp, open_dataset(arguments.data), counts, arguments.seconds)
        chosen: dict[str, dict[str, list[bool]]] = {name: {kind: [] for kind in SIZES} for name in (*programs, SMALL)}
        for video in track(videos, "videos"):
            for name, tool in programs.items():
                chosen[name][video.kind] += right(video, take(tool, video.path))
            chosen[SMALL][video.kind] += right(video, by_small_maps(video.path))
        large = next(video.path for video in videos if video.kind == "large")
        fast = speed(lengthened(large, 2 if arguments.limit else 20, folder), programs, arguments.rounds)
    figures: dict[str, Any] = {
        "run": conditions(rounds=arguments.rounds, window_frames=WINDOW, videos=len(videos), rate=RATE),
        "windows": {kind: sum(len(list(windows(v))) for v in videos if v.kind == kind) for kind in SIZES},
        "still": {
            name: {kind: share(found) for kind, found in kinds.items()}
            | {"all": share([*itertools.chain(*kinds.values())])}
            for name, kinds in chosen.items()
        },
        "speed": fast,
    }
    figures["windows"]["all"] = sum(figures["windows"].values())
    write_figures("frames", figures, arguments.figures)


def share(right: list[bool]) -> float | None:
    """The share that is right; None of none."""
    return float(np.mean(right)) if right else None


if __name__ == "__main__":
    main()
