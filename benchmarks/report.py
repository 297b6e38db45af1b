"""Size of the report, and seconds to its first photos in Chromium, with thousands of photos; writes report.json.

    python benchmarks/report.py [--counts 5000 20000]

Rows and pictures are those of the example photos, over and over under other names; the photos themselves are not there.
Needs Playwright and a Chromium. Times are from the start of loading to the first cards with their pictures on the
screen, and until all of the page is read; the page is in the file cache.
"""

import argparse
import itertools
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from output import EXAMPLES, conditions, options, write_figures
from playwright.sync_api import sync_playwright

from blurmap.culling.report import write_report
from blurmap.models import load
from blurmap.photos.sources import file_source
from blurmap.scanning.inspection import Inspection, inspect
from blurmap.scanning.store import Store
from blurmap.scanning.table import write_table

BURST = 4  # photos, every other time
FIRST = """() => document.querySelector('.card .picture img') && [...document.querySelectorAll('.card .picture img')]
  .every(image => image.complete) && performance.now()"""


def made_up(count: int, table: Path) -> None:
    """A table of ``count`` photos and its store."""
    model = load("default")
    looks = [inspect(model, file_source(str(path))) for path in sorted(EXAMPLES.glob("*.jpg"))]
    rows, store = [], Store(table)
    for i, seen in zip(range(count), itertools.cycle(looks)):
        burst = {"burst": f"{i // BURST}", "rank": i % BURST + 1} if i // BURST % 2 else {}
        taken = f"2026-05-{i // 86400 + 1:02}T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}"
        rows.append(seen.row | {"path": f"/photos/trip/{i:05}.jpg", "taken": taken, "camera": "Example"} | burst)
        store.add([Inspection(rows[-1], seen.preview)])
    store.empty([row["path"] for row in rows])
    store.close()
    write_table(rows, table)


def measure(browser: Any, count: int, rounds: int) -> dict[str, float]:
    """Figures of a report with ``count`` photos."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "trip.jsonl"
        made_up(count, table)
        started = time.perf_counter()
        page_path, _ = write_report(table, Path(folder) / "trip.html")
        written = time.perf_counter() - started
        first, whole = [], []
        for _ in range(rounds):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(300_000)
            page.goto(page_path.as_uri(), wait_until="commit")
            first.append(page.wait_for_function(FIRST).json_value() / 1000)
            page.wait_for_load_state("load")
            whole.append(page.evaluate("performance.now()") / 1000)
            page.close()
        return {
            "mb": page_path.stat().st_size / 1e6,
            "written_s": written,
            "first_s": statistics.median(first),
            "whole_s": statistics.median(whole),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", nargs="+", type=int, default=[1000, 5000, 20000])
    parser.add_argument("--rounds", type=int, default=3)
    options(parser)
    arguments = parser.parse_args()
    counts = sorted({min(count, arguments.limit or count) for count in arguments.counts})
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        photos = {f"{count:,}": measure(browser, count, arguments.rounds) for count in counts}
        run = conditions(chromium=browser.version, rounds=arguments.rounds)
        browser.close()
    write_figures("report", {"run": run, "photos": photos}, arguments.figures)


if __name__ == "__main__":
    main()
