"""This checkout beside another commit, in one run, in turn; writes against.json.

    python benchmarks/against.py --commit c380604 [--photos DIR] [--rounds 40] [--scan-rounds 3]

The commit is checked out as a git worktree in a temporary folder and runs in this environment with its ``src`` first on
the path, each side in processes of its own. ``detect`` is timed with all full-size maps made, on each photo as a JPEG
of 640 x 427, warm; scans with start-up. Figures are medians; ``ratio`` is this checkout's over the commit's: of times,
less is better; of photos per second, more.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from output import EXAMPLES, ROOT, conditions, options, write_figures
from scan import COMMAND, SIZES, make_photos

from blurmap.models import MODELS

SMALL = SIZES["640 x 427"]
AS_GIVEN = "no --model"  # each side takes the model that it takes by itself
SCANNED = {"640 x 427": 300, "12 megapixels": 60}  # photos
CHILD = """
import json, sys, time
import blurmap
print(blurmap.__file__, flush=True)
model = blurmap.load(sys.argv[1])
for line in sys.stdin:
    path, verdict = json.loads(line)
    with open(path, "rb") as file:
        photo = file.read()
    started = time.perf_counter()
    result = model.detect(photo)
    result.mask, result.probability, result.kind
    if verdict:
        result.verdict
    print(time.perf_counter() - started, flush=True)
"""


@contextlib.contextmanager
def worktree(commit: str, folder: Path) -> Iterator[Path]:
    """The ``src`` of a commit, as long as it is needed."""
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--detach", str(folder), commit], check=True, capture_output=True)
    try:
        yield folder / "src"
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def environment(source: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(source)}


class Side:
    """A process that has one side's code and one model loaded, and times ``detect`` when asked."""

    def __init__(self, source: Path, model: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, model], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment(source),
        )  # fmt: skip
        used = self._answer()
        if not Path(used).is_relative_to(source):
            raise RuntimeError(f"the code of {source} was asked for, and {used} ran")

    def seconds(self, photo: Path, verdict: bool) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([str(photo), verdict]) + "\n")
        self.process.stdin.flush()
        return float(self._answer())

    def end(self) -> None:
        self.process.communicate()

    def _answer(self) -> str:
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline().strip()):
            raise RuntimeError(f"a side ended with exit status {self.process.wait()}")
        return line


def compared(before: list[float], now: list[float]) -> dict[str, float]:
    """Medians of both, and the ratio of the medians."""
    one, other = statistics.median(before), statistics.median(now)
    return {"before": one, "now": other, "ratio": other / one}


def detection(sources: list[Path], photos: list[Path], rounds: int, models: list[str]) -> dict[str, dict[str, float]]:
    """Milliseconds of ``detect`` by model, and with the verdict where there is one; sides take turns photo by photo."""
    rows = {}
    for model in models:
        sides = [Side(source, model) for source in sources]
        for verdict in (False, True) if MODELS[model].capabilities.verdicts else (False,):
            times: list[list[float]] = [[], []]
            for round_number in range(-2, rounds):  # the first two warm up
                for photo in photos:
                    for side, found in zip(sides, times, strict=True):
                        time.sleep(0.02)  # the other side's threads spin for a moment before they sleep
                        seconds = side.seconds(photo, verdict)
                        if round_number >= 0:
                            found.append(1000 * seconds)
            rows[f"{model}, verdict too" if verdict else model] = compared(*times)
        for side in sides:
            side.end()
    return rows


def scans(sources: list[Path], work: Path, photos: list[Path], counts: dict[str, int], rounds: int) -> dict[str, Any]:
    """Photos per second of whole scans by size and model; sides take turns, each scan is a fresh process."""
    rows = {}
    for size, count in counts.items() if rounds else ():
        folder = work / f"scan {size}"
        make_photos(photos, folder, SIZES[size], count)
        for model in (AS_GIVEN, *(name for name, shipped in MODELS.items() if shipped.capabilities.verdicts)):
            rates: list[list[float]] = [[], []]
            for i in range(rounds):
                for which, source in enumerate(sources):
                    table = work / f"{size}-{model}-{which}-{i}.parquet"
                    command = [*COMMAND, str(folder), "--out", str(table)]
                    command += [] if model == AS_GIVEN else ["--model", model]
                    started = time.perf_counter()
                    subprocess.run(command, check=True, capture_output=True, env=environment(source))
                    rates[which].append(count / (time.perf_counter() - started))
            rows[f"{size}, {model}"] = {"photos": count, **compared(*rates)}
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commit", required=True)
    parser.add_argument("--photos", type=Path, default=EXAMPLES, help="Folder of JPEG photos.")
    parser.add_argument("--rounds", type=int, default=40, help="Of detect, over all photos.")
    parser.add_argument("--scan-rounds", type=int, default=3, help="0 for no scans.")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), help="For detect.")
    options(parser)
    arguments = parser.parse_args()
    limit: int | None = arguments.limit
    paths = sorted(arguments.photos.glob("*.jpg"))[:limit]
    rounds, scan_rounds = (min(n, limit or n) for n in (arguments.rounds, arguments.scan_rounds))
    counts = {size: min(count, limit or count) for size, count in SCANNED.items()}
    with tempfile.TemporaryDirectory() as name, worktree(arguments.commit, Path(name) / "before") as before:
        work, sources = Path(name), [before, ROOT / "src"]
        make_photos(paths, work / "small", SMALL, len(paths))
        detect = detection(sources, sorted((work / "small").iterdir()), rounds, arguments.models)
        scan = scans(sources, work, paths, counts, scan_rounds)
    run = conditions(commit=arguments.commit, photos=len(paths), rounds=rounds, scan_rounds=scan_rounds)
    write_figures("against", {"run": run, "detect": detect, "scan": scan}, arguments.figures)


if __name__ == "__main__":
    main()
