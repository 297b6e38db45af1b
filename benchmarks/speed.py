"""How long ``detect`` takes, stage by stage, beside the peer ``blur-detector`` (a HiFST port on PyPI) if installed.

    python benchmarks/speed.py PHOTO... [--runs 15] [--out docs/speed.md]

All stages of all photos are timed in turn, round by round, so that a change of the machine's speed meets each alike;
figures are medians over the rounds and photos.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import blurmap
from blurmap.files import write_file
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit, resize_map, resize_photo, upsample_along_edges
from blurmap.models import MODELS, load
from blurmap.models.default import DefaultModel
from blurmap.models.paper import mrf
from blurmap.models.paper.fusion import calibrated
from blurmap.models.paper.image_map import image_map
from blurmap.models.paper.patch_map import patch_map
from blurmap.models.paper.system import PATCH_SIDE, PaperModel, full_size_mask
from blurmap.photo import read_photo

Timer = Callable[[str, Callable[[], Any]], Any]


def paper_stages(photo: bytes, timed: Timer) -> None:
    """Every stage of one call of ``paper``, in order."""
    model = load("paper")
    assert isinstance(model, PaperModel)
    settings = model.settings
    pixels = timed("decode", lambda: read_photo(photo))
    middle = timed("resize", lambda: resize_photo(pixels, fit(pixels.shape, PATCH_SIDE)))
    shape = fit(pixels.shape, settings.working_side)
    small = resize_photo(middle, shape)
    patch = timed("patch network", lambda: patch_map(model.patch_network, middle, settings.patch_stride))
    image = timed(
        "image network", lambda: image_map(model.image_network, middle, settings.image_sizes, settings.image_flip)
    )
    probability = timed(
        "calibrated product",
        lambda: calibrated(resize_map(patch, shape), resize_map(image, shape), settings.calibration),
    )
    cut = timed("graph cut", lambda: mrf.segment(probability, small, settings.strength).astype(np.float32))
    timed("to full size", lambda: (upsample_along_edges(probability, pixels), full_size_mask(cut, pixels)))


def default_stages(photo: bytes, timed: Timer) -> None:
    """Every stage of one call of ``default``, in order."""
    model = load("default")
    assert isinstance(model, DefaultModel)
    pixels = timed("decode", lambda: read_photo(photo))
    maps = timed("resize, network, calibration", lambda: model.maps(Pyramid(Image.fromarray(pixels))))
    timed("to full size, mask and kind", lambda: model.full_size(maps[0], maps[1], pixels))


def stage_times(photo: bytes, stages: Callable[[bytes, Timer], None]) -> dict[str, float]:
    """Seconds of each stage."""
    times: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = work()
        times[stage] = time.perf_counter() - started
        return result

    stages(photo, timed)
    return times


def peer_time(pixels: np.ndarray[Any, Any]) -> float | None:
    """Seconds of the peer on one photo, or None where it is not installed."""
    try:
        from blur_detector import detectBlur
    except ImportError:
        return None
    grey = np.asarray(Image.fromarray(pixels).convert("L"))
    started = time.perf_counter()
    detectBlur(
        grey, downsampling_factor=4, num_scales=4, scale_start=2, num_iterations_RF_filter=3, show_progress=False
    )
    return time.perf_counter() - started


ALONE = """
import statistics, sys, time
import blurmap
model, photos = blurmap.load(sys.argv[1]), [open(path, "rb").read() for path in sys.argv[2:]]
times = []
for i in range(12):
    for photo in photos:
        started = time.perf_counter()
        model.detect(photo)
        times.append(time.perf_counter() - started)
print(statistics.median(times[2 * len(photos):]))
"""


def time_alone(model: str, photos: list[Path]) -> float:
    """Median seconds of ``detect``, warm, in a process that has no other model, as users run it."""
    done = subprocess.run([sys.executable, "-c", ALONE, model, *map(str, photos)], check=True, capture_output=True)
    return float(done.stdout)


def peak_memory(model: str) -> tuple[float, float]:
    """Peak memory in MB and seconds of ``blurmap detect`` on a 24-megapixel JPEG, in a process of its own."""
    random = np.random.default_rng(0)
    pixels = np.asarray(Image.fromarray(random.integers(0, 256, (400, 600, 3), np.uint8)).resize((6000, 4000)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.jpg"
        Image.fromarray(pixels).save(path, quality=90)
        code = (
            "import sys; from blurmap.cli import app; app(sys.argv[1:], standalone_mode=False);"
            # getrusage would tell the peak of this process if that is higher: the count goes on over fork and exec
            "print(next(x.split()[1] for x in open('/proc/self/status') if 'VmHWM' in x), file=sys.stderr)"
        )
        command = [sys.executable, "-c", code, "detect", str(path), "--out", folder, "--model", model]
        started = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - started
    return int(done.stderr.split()[-1]) / 1024, seconds


def import_time() -> float:
    """Median seconds that ``import blurmap`` takes beyond an empty interpreter, over nine runs of each in turn."""

    def run(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - started

    return statistics.median(run("import blurmap") - run("pass") for _ in range(9))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--out", type=Path, help="Markdown file to write; replaced if it is there.")
    arguments = parser.parse_args()
    photos = [path.read_bytes() for path in arguments.photos]
    large = {name: peak_memory(name) for name in MODELS}
    stages: dict[str, dict[str, list[float]]] = {"default": {}, "paper": {}}
    totals: dict[str, list[float]] = {name: [] for name in MODELS}
    peers: list[float] = []
    for data in photos:
        for name in MODELS:
            blurmap.detect(data, name)  # warm
    for round_number in range(arguments.runs):
        for name in MODELS:  # idle threads of one model's runtime would slow down the next in the same process
            totals[name].append(time_alone(name, arguments.photos))
        for data in photos:
            for name, work in (("default", default_stages), ("paper", paper_stages)):
                for stage, seconds in stage_times(data, work).items():
                    stages[name].setdefault(stage, []).append(seconds)
            peer = peer_time(read_photo(data)) if round_number < 3 else None
            peers += [peer] if peer is not None else []
    sizes = ", ".join(sorted({"{1} x {0}".format(*read_photo(data).shape) for data in photos}))
    lines = [
        f"Medians of {arguments.runs} rounds over {len(photos)} JPEG photos ({sizes}), warm, {os.cpu_count()} cores."
    ]
    lines += ["", "| `detect`, all stages, a process for each model, in turn | ms |", "|---|---|"]
    lines += [f"| `{name}` | {1000 * statistics.median(values):.1f} |" for name, values in totals.items()]
    if peers:
        ratio = statistics.median(peers) / statistics.median(totals["default"])
        lines += [f"| `blur-detector` (HiFST port) | {1000 * statistics.median(peers):.0f} ({ratio:.0f} x `default`) |"]
    for name, times in stages.items():
        lines += ["", f"| stage of `{name}` | ms |", "|---|---|"]
        lines += [f"| {stage} | {1000 * statistics.median(values):.1f} |" for stage, values in times.items()]
    lines += ["", "| whole process, 24-megapixel JPEG, mask and overlay written | peak MB | seconds |", "|---|---|---|"]
    lines += [f"| `blurmap detect --model {name}` | {mb:.0f} | {taken:.1f} |" for name, (mb, taken) in large.items()]
    lines += ["", f"`import blurmap` takes {1000 * import_time():.0f} ms.", ""]
    print("\n".join(lines))
    if arguments.out:
        write_file(arguments.out, lambda file: file.write("\n".join(lines).encode()), overwrite=True)


if __name__ == "__main__":
    main()
