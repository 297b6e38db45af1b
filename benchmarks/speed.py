"""How long ``detect`` takes, whole and by stage, beside the peer ``blur-detector`` if installed; writes speed.json.

    python benchmarks/speed.py [PHOTO...] [--runs 15]

All stages of all photos are timed in turn, round by round, so that a change of the machine's speed meets each alike;
figures are medians over the rounds and photos.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from output import EXAMPLES, conditions, options, write_figures
from PIL import Image
from scan import SIZES, make_photos

from blurmap.files import write_image
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit, resize_map, resize_photo
from blurmap.maps import Maps
from blurmap.models import MODELS, load
from blurmap.models.default import DefaultModel
from blurmap.models.paper import mrf
from blurmap.models.paper.fusion import calibrated, over_sizes
from blurmap.models.paper.image_map import image_map
from blurmap.models.paper.system import LARGEST, PaperModel
from blurmap.photos.photo import open_photo, read_photo
from blurmap.result import OVERLAY_SIDE, BlurMap

Figures = dict[str, dict[str, float | None]]
Timer = Callable[[str, Callable[[], Any]], Any]


def paper_stages(photo: bytes, timed: Timer) -> None:
    """Every stage of one call of ``paper``, in order."""
    model = load("paper")
    assert isinstance(model, PaperModel)
    settings = model.settings
    pixels = timed("decode", lambda: read_photo(photo))
    middle = timed("resize", lambda: resize_photo(pixels, fit(pixels.shape, LARGEST)))
    shape = fit(pixels.shape, settings.working_side)
    small = resize_photo(middle, shape)
    patches = timed("patch network", lambda: [model.patch_map(middle, side) for side in settings.patch_sides])
    image = timed(
        "image network", lambda: image_map(model.image_network, middle, settings.image_sizes, settings.image_flip)
    )
    probability = timed(
        "calibrated product",
        lambda: calibrated(
            over_sizes([resize_map(x, shape) for x in patches], settings.patch_weights, settings.patch_bias),
            resize_map(image, shape),
            settings.calibration,
        ),
    )
    cut = timed("graph cut", lambda: mrf.segment(probability, small, settings.strength))
    result = BlurMap(Pyramid(Image.fromarray(pixels)), Maps(probability, cut=cut > 0.5), model.name)
    timed("to full size", lambda: (result.probability, result.mask))


def default_stages(photo: bytes, timed: Timer) -> None:
    """Every stage of one call of ``default``, in order."""
    model = load("default")
    assert isinstance(model, DefaultModel)
    seen = Pyramid(timed("decode", lambda: open_photo(photo)))
    maps = timed("resize, network, calibration", lambda: model.maps(seen))
    result = BlurMap(seen, maps, model.name, model.weights, model.judge)
    timed("to full size, mask and kind", lambda: (result.probability, result.mask, result.kind))
    timed("verdict, where it is asked for", lambda: result.judgement)


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
import json, statistics, sys, time
import blurmap
model, photos = blurmap.load(sys.argv[1]), [open(path, "rb").read() for path in sys.argv[2:]]
rounds = []
for i in range(12):
    for photo in photos:
        started = time.perf_counter()
        result = model.detect(photo)
        result.probability, result.mask, result.kind
        seen = time.perf_counter()
        result.verdict
        rounds.append((seen - started, time.perf_counter() - started))
print(json.dumps([statistics.median(times) for times in zip(*rounds[2 * len(photos):])]))
"""


def time_alone(model: str, photos: list[Path]) -> tuple[float, float]:
    """Median seconds of ``detect`` with all maps, without and with verdict, warm, in a process that has no other model,
    as users run it.
    """
    done = subprocess.run([sys.executable, "-c", ALONE, model, *map(str, photos)], check=True, capture_output=True)
    maps, verdict = json.loads(done.stdout)
    return maps, verdict


def large_stages(photo: bytes, timed: Timer) -> None:
    """Every stage of ``blurmap detect`` on a large photo, in order, with ``default``."""
    model = load("default")
    assert isinstance(model, DefaultModel)
    seen = Pyramid(timed("decode", lambda: open_photo(photo)))
    maps = timed("resize, network, calibration", lambda: model.maps(seen))
    result = BlurMap(seen, maps, model.name, model.weights, model.judge)
    timed("verdict", lambda: result.judgement)
    timed("mask at full size", lambda: result.mask)
    with tempfile.TemporaryDirectory() as folder:
        timed("mask as PNG", lambda: result.save(Path(folder) / "mask.png"))
        overlay = timed("overlay, 2048 pixels long", lambda: result.overlay(OVERLAY_SIDE))
        timed("overlay as PNG", lambda: write_image(overlay, Path(folder) / "overlay.png"))
        timed("overlay as JPEG", lambda: write_image(overlay, Path(folder) / "overlay.jpg"))


def peak_memory(model: str, path: Path, runs: int) -> tuple[float, float]:
    """Peak memory in MB and median seconds of ``blurmap detect`` on a photo, in a process of its own."""
    code = (
        "import sys; from blurmap.cli import app; app(sys.argv[1:], standalone_mode=False);"
        # getrusage would tell the peak of this process if that is higher: the count goes on over fork and exec
        "print(next(x.split()[1] for x in open('/proc/self/status') if 'VmHWM' in x), file=sys.stderr)"
    )
    peaks, times = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", code, "detect", str(path), "--out", folder, "--model", model]
            started = time.perf_counter()
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            times.append(time.perf_counter() - started)
            peaks.append(int(done.stderr.split()[-1]) / 1024)
    return max(peaks), statistics.median(times)


def large_photo(path: Path, runs: int) -> tuple[dict[str, tuple[float, float]], Figures, dict[str, float]]:
    """Of a photo: peak MB and seconds of the command by model; stages; milliseconds of ``detect`` alone, warm."""
    whole = {name: peak_memory(name, path, min(runs, 3)) for name in MODELS}
    photo, times = path.read_bytes(), [stage_times(path.read_bytes(), large_stages) for _ in range(runs + 1)][1:]
    stages: Figures = {stage: {"ms": 1000 * statistics.median(t[stage] for t in times)} for stage in times[0]}
    warm = {}
    for name in MODELS:
        seconds = []
        for _ in range(runs + 1):
            started = time.perf_counter()
            load(name).detect(photo)
            seconds.append(time.perf_counter() - started)
        warm[name] = 1000 * statistics.median(seconds[1:])
    return whole, stages, warm


def import_time() -> float:
    """Median seconds that ``import blurmap`` takes beyond an empty interpreter, over nine runs of each in turn."""

    def run(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - started

    return statistics.median(run("import blurmap") - run("pass") for _ in range(9))


def times_in_turn(paths: list[Path], runs: int) -> tuple[Figures, dict[str, Figures]]:
    """Milliseconds of ``detect`` by model, and of the stages by model: medians over rounds and photos."""
    photos = [path.read_bytes() for path in paths]
    totals: dict[str, list[tuple[float, float]]] = {name: [] for name in MODELS}
    stages: dict[str, dict[str, list[float]]] = {"default": {}, "paper": {}}
    peers: list[float] = []
    for name in ("default", "paper"):
        for data in photos:
            load(name).detect(data)  # warm
    for round_number in range(runs):
        for name in MODELS:  # idle threads of one model's runtime would slow down the next in the same process
            totals[name].append(time_alone(name, paths))
        for data in photos:
            for name, work in (("default", default_stages), ("paper", paper_stages)):
                for stage, seconds in stage_times(data, work).items():
                    stages[name].setdefault(stage, []).append(seconds)
            peer = peer_time(read_photo(data)) if round_number < 3 else None
            peers += [peer] if peer is not None else []
    detect: Figures = {}
    for name, times in totals.items():
        maps, verdict = (1000 * statistics.median(values) for values in zip(*times, strict=True))
        detect[name] = {"ms": maps, "verdict_ms": verdict if MODELS[name].capabilities.verdicts else None}
    if peers:
        detect["blur-detector (HiFST port)"] = {"ms": 1000 * statistics.median(peers)}
    by_stage: dict[str, Figures] = {
        name: {stage: {"ms": 1000 * statistics.median(values)} for stage, values in times.items()}
        for name, times in stages.items()
    }
    return detect, by_stage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, help="JPEG; two of the examples at 640 x 427 if not given.")
    parser.add_argument("--runs", type=int, default=15)
    options(parser)
    arguments = parser.parse_args()
    runs = min(arguments.runs, arguments.limit or arguments.runs)
    with tempfile.TemporaryDirectory() as name:
        make_photos([EXAMPLES / "coffee.jpg"], Path(name) / "large", SIZES["24 megapixels"], 1)
        large, large_by_stage, warm = large_photo(next((Path(name) / "large").iterdir()), min(runs, 7))
        photos: list[Path] = arguments.photos
        if not photos:
            make_photos([EXAMPLES / "cat.jpg", EXAMPLES / "coffee.jpg"], Path(name) / "photos", SIZES["640 x 427"], 2)
            photos = sorted((Path(name) / "photos").iterdir())
        detect, stages = times_in_turn(photos, runs)
        sizes = sorted({"{1} x {0}".format(*read_photo(path).shape) for path in photos})
    for name, (peak, seconds) in large.items():
        detect[name] |= {"peak_mb": peak, "seconds": seconds, "large_ms": warm[name]}
    stages["large"] = large_by_stage
    run = conditions(rounds=runs, photos=len(photos), sizes=", ".join(sizes), import_ms=1000 * import_time())
    write_figures("speed", {"run": run, "detect": detect, "stages": stages}, arguments.figures)


if __name__ == "__main__":
    main()
