"""Photos per second of ``blurmap scan``, beside merely decoding the same files, and its memory as the number grows.

    python benchmarks/scan.py PHOTO... [--counts 100 1000] [--out docs/scan-speed.md]

The given photos are enlarged or reduced to both sizes and written over and over under other names, with other JPEG
qualities. Scanning and decoding take turns, three rounds; figures are medians.
"""

import argparse
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
from PIL import Image

from blurmap.files import write_file
from blurmap.photo import read_photo

SIZES = {"640 x 427": (640, 427), "4000 x 3000 (12 megapixels)": (4000, 3000)}
SCAN = (
    "import sys; from blurmap.cli import app\n"
    "try: app(sys.argv[1:], standalone_mode=False)\n"
    # getrusage would tell the peak of this process if that is higher: the count goes on over fork and exec
    "finally: print('peak', next(x.split()[1] for x in open('/proc/self/status') if 'VmHWM' in x), file=sys.stderr)"
)


def make_photos(sources: list[Path], folder: Path, size: tuple[int, int], count: int) -> None:
    folder.mkdir()
    images = [Image.fromarray(read_photo(path)).resize(size, Image.Resampling.LANCZOS) for path in sources]
    random = np.random.default_rng(0)
    grain = random.integers(-6, 7, (size[1], size[0], 3), np.int8)  # enlarged photos would decode too fast
    images = [Image.fromarray(np.clip(np.asarray(x, np.int16) + grain, 0, 255).astype(np.uint8)) for x in images]
    for i, image in zip(range(count), itertools.cycle(images)):
        image.save(folder / f"{i:06}.jpg", quality=80 + i % 12)


def scan(folder: Path, table: Path, *options: str) -> tuple[float, float]:
    """Seconds and peak MB of the command, in a process of its own."""
    command = [sys.executable, "-c", SCAN, "scan", str(folder), "--out", str(table), *options]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - started, int(done.stderr.split("peak")[1]) / 1024


def decode(folder: Path) -> float:
    """Seconds to decode all photos with all cores."""
    started = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda path: read_photo(path).shape, sorted(folder.iterdir())))
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--counts", nargs="+", type=int, default=[100, 1000, 5000], help="Numbers for the memory.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--models", nargs="+", default=["default", "default-int8"])
    parser.add_argument("--out", type=Path, help="Markdown file to write; replaced if it is there.")
    arguments = parser.parse_args()
    lines = [f"`blurmap scan` on {os.cpu_count()} cores, start-up and previews included; decoding: all cores.", ""]
    lines += ["| photos | model | photos/s | decoding alone | times decoding | peak MB |", "|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for (label, size), count in zip(SIZES.items(), (600, 80), strict=True):
            folder = work / f"{size[0]}"
            make_photos(arguments.photos, folder, size, count)
            decoding: list[float] = []
            scanning: dict[str, list[tuple[float, float]]] = {model: [] for model in arguments.models}
            for round_number in range(arguments.rounds):
                decoding.append(decode(folder))
                for model in arguments.models:
                    table = work / f"{model}-{size[0]}-{round_number}.parquet"
                    scanning[model].append(scan(folder, table, "--model", model))
            alone = statistics.median(decoding)
            for model, measured in scanning.items():
                seconds = statistics.median(taken for taken, _ in measured)
                cells = f"{count / seconds:.1f} | {count / alone:.1f} | {seconds / alone:.2f}"
                lines.append(f"| {label} | {model} | {cells} | {max(peak for _, peak in measured):.0f} |")
        lines += ["", "| photos of 640 x 427 in one scan | peak MB | photos/s |", "|---|---|---|"]
        for count in arguments.counts:
            folder = work / f"many-{count}"
            make_photos(arguments.photos, folder, (640, 427), count)
            seconds, peak = scan(folder, work / f"many-{count}.parquet")
            lines.append(f"| {count} | {peak:.0f} | {count / seconds:.1f} |")
    lines.append("")
    print("\n".join(lines))
    if arguments.out:
        write_file(arguments.out, lambda file: file.write("\n".join(lines).encode()), overwrite=True)


if __name__ == "__main__":
    main()
