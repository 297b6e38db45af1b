"""Photos per second of ``blurmap scan``, beside merely decoding the same files, and its memory; writes scan.json.

    python benchmarks/scan.py [PHOTO...] [--counts 100 1000 5000] [--rounds 3]

The given photos are enlarged or reduced to both sizes and written over and over under other names, with other JPEG
qualities. Scanning and decoding take turns; figures are medians. Memory is what all processes of a scan hold, added up:
what they share is counted in each.
"""

import argparse
import contextlib
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from output import EXAMPLES, conditions, options, write_figures
from PIL import Image

from blurmap.photos.photo import read_photo

SIZES = {"640 x 427": (640, 427), "12 megapixels": (4000, 3000), "24 megapixels": (6000, 4000)}
COUNTS = (600, 80, 40)  # photos of each
QUALITY = {(6000, 4000): 94}  # as cameras write: files of 24 megapixels are of some 10 MB
COMMAND = [sys.executable, "-c", "from blurmap.cli import main; main()", "scan"]


def make_photos(sources: list[Path], folder: Path, size: tuple[int, int], count: int) -> None:
    """``count`` JPEG photos of ``size`` = (width, height) in a new folder."""
    folder.mkdir()
    images = [Image.fromarray(read_photo(path)).resize(size, Image.Resampling.LANCZOS) for path in sources]
    random = np.random.default_rng(0)
    grain = random.integers(-6, 7, (size[1], size[0], 3), np.int8)  # enlarged photos would decode too fast
    images = [Image.fromarray(np.clip(np.asarray(x, np.int16) + grain, 0, 255).astype(np.uint8)) for x in images]
    for i, image in zip(range(count), itertools.cycle(images)):
        image.save(folder / f"{i:06}.jpg", quality=QUALITY.get(size, 80 + i % 12))


def scan(folder: Path, table: Path, *options: str) -> tuple[float, float]:
    """Seconds and peak MB of the command and its workers."""
    started, peak = time.perf_counter(), 0.0
    command = [*COMMAND, str(folder), "--out", str(table), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    if process.returncode:
        raise RuntimeError(f"exit status {process.returncode} of {' '.join(command)}")
    return time.perf_counter() - started, peak


def resident(pid: int) -> float:
    """Resident MB of a process and of all that it started; Linux only."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = [
            int(x) for task in Path(f"/proc/{pid}/task").iterdir() for x in (task / "children").read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has ended
    own = next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)
    return own + sum(map(resident, children))


def decode(folder: Path) -> float:
    """Seconds to decode all photos with all cores."""
    started = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda path: read_photo(path).shape, sorted(folder.iterdir())))
    return time.perf_counter() - started


def beside_decoding(folder: Path, count: int, models: list[str], rounds: int) -> dict[str, dict[str, float]]:
    """Figures by model of a scan of a folder with ``count`` photos."""
    decoding: list[float] = []
    scanning: dict[str, list[tuple[float, float]]] = {model: [] for model in models}
    for i in range(rounds):
        decoding.append(decode(folder))
        for model in models:
            scanning[model].append(scan(folder, folder.parent / f"{folder.name}-{model}-{i}.parquet", "--model", model))
    alone = statistics.median(decoding)
    figures = {}
    for model, measured in scanning.items():
        seconds = statistics.median(taken for taken, _ in measured)
        figures[model] = {
            "photos": count,
            "per_second": count / seconds,
            "decoding_per_second": count / alone,
            "times_decoding": seconds / alone,
            "peak_mb": max(peak for _, peak in measured),
        }
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, default=sorted(EXAMPLES.glob("*.jpg")))
    parser.add_argument("--counts", nargs="*", type=int, default=[100, 1000, 5000], help="Numbers for the memory.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", nargs="+", default=["default", "default-int8"])
    options(parser)
    arguments = parser.parse_args()
    limit = arguments.limit
    rounds = min(arguments.rounds, limit or arguments.rounds)
    speed, memory = {}, {}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for (label, size), count in zip(SIZES.items(), COUNTS, strict=True):
            folder, number = work / f"{size[0]}", min(count, limit or count)
            make_photos(arguments.photos, folder, size, number)
            for model, found in beside_decoding(folder, number, arguments.models, rounds).items():
                speed[f"{label}, {model}"] = found
        for count in sorted({min(count, limit or count) for count in arguments.counts}):
            folder = work / f"many-{count}"
            make_photos(arguments.photos, folder, (640, 427), count)
            seconds, peak = scan(folder, work / f"many-{count}.parquet")
            memory[f"{count:,}"] = {"peak_mb": peak, "per_second": count / seconds}
    write_figures("scan", {"run": conditions(rounds=rounds), "speed": speed, "memory": memory}, arguments.figures)


if __name__ == "__main__":
    main()
