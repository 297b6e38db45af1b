"""How long ``detect`` takes, stage by stage, beside the peer ``blur-detector`` (a HiFST port on PyPI) if installed.

    python benchmarks/speed.py PHOTO... [--runs 15] [--out docs/speed.md]

All stages of all photos are timed in turn, round by round, so that a change of the machine's speed meets each alike;
figures are medians over the rounds and photos.
"""

import argparse
import resource
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
from blurmap import mrf
from blurmap.files import write_file
from blurmap.fusion import calibrated
from blurmap.image_map import image_map
from blurmap.paper import PATCH_SIDE, full_size_mask
from blurmap.patch_map import patch_map
from blurmap.photo import read_photo
from blurmap.resizing import fit, resize_map, resize_photo, upsample_along_edges


def stage_times(photo: bytes) -> dict[str, float]:
    """Seconds of each stage of one call of ``paper``, in order."""
    model, times = blurmap.load("paper"), {}
    settings = model.settings

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = work()
        times[stage] = time.perf_counter() - started
        return result

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


def peak_memory() -> tuple[float, float]:
    """Peak memory in MB and seconds of ``blurmap detect`` on a 24-megapixel JPEG, in a process of its own."""
    random = np.random.default_rng(0)
    pixels = np.asarray(Image.fromarray(random.integers(0, 256, (400, 600, 3), np.uint8)).resize((6000, 4000)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.jpg"
        Image.fromarray(pixels).save(path, quality=90)
        command = [sys.executable, "-c", "from blurmap.cli import main; main()", "detect", str(path), "--out", folder]
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - started
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, seconds


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
    memory, large_seconds = peak_memory()  # first: the peer's processes would count as children too
    stages: dict[str, list[float]] = {}
    totals, peers = [], []
    for data in photos:
        stage_times(data)  # warm
    for round_number in range(arguments.runs):
        for data in photos:
            for stage, seconds in stage_times(data).items():
                stages.setdefault(stage, []).append(seconds)
            started = time.perf_counter()
            blurmap.detect(data, "paper")
            totals.append(time.perf_counter() - started)
            peer = peer_time(read_photo(data)) if round_number < 3 else None
            peers += [peer] if peer is not None else []
    total = statistics.median(totals)
    sizes = ", ".join(sorted({"{1} x {0}".format(*read_photo(data).shape) for data in photos}))
    lines = [f"Medians of {arguments.runs} rounds over {len(photos)} JPEG photos ({sizes}), warm, model `paper`.", ""]
    lines += ["| stage | ms |", "|---|---|"]
    lines += [f"| {stage} | {1000 * statistics.median(values):.1f} |" for stage, values in stages.items()]
    lines += [f"| **`detect`, all stages** | **{1000 * total:.0f}** |"]
    if peers:
        ratio = statistics.median(peers) / total
        lines += [
            f"| `blur-detector` (HiFST port), same photos | {1000 * statistics.median(peers):.0f} ({ratio:.0f} times) |"
        ]
    lines += ["", "| whole process | |", "|---|---|"]
    lines += [f"| `blurmap detect`, 24-megapixel JPEG: peak memory | {memory:.0f} MB |"]
    lines += [f"| the same: wall time with start-up and both PNGs | {large_seconds:.1f} s |"]
    lines += [f"| `import blurmap` | {1000 * import_time():.0f} ms |", ""]
    print("\n".join(lines))
    if arguments.out:
        write_file(arguments.out, lambda file: file.write("\n".join(lines).encode()), overwrite=True)


if __name__ == "__main__":
    main()
