"""Screenshots of the report and of the web page for the docs, from the example photos and the shipped weights.

    python benchmarks/screenshots.py --out docs/pictures

The example photos are made into bursts: each is there several times, moved a little, some of them out of focus or
shaken; then scanned as any photos are. Needs Playwright and a Chromium.
"""

import argparse
import io
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from output import EXAMPLES
from PIL import Image, ImageFilter
from playwright.sync_api import sync_playwright
from scipy.ndimage import convolve
from serve import wait_for

from blurmap.culling.report import write_report
from blurmap.files import write_image
from blurmap.scanning.results import scan
from blurmap.training.data.motion_kernels import motion_kernels

EXIF, TAKEN, FRACTION, CAMERA = 0x8769, 0x9003, 0x9291, 0x0110
VERSIONS = {"cat": (1.6, 0, "shake", 0.8), "coffee": (0, 1.2, "shake"), "astronaut": (0, 2.0, 0.9), "clock": (0, 0)}
WIDE, PHONE = (1440, 900), (390, 844)
Blur = float | str


def make_trip(folder: Path) -> None:
    """Bursts of the example photos, a second between the photos of one, minutes between bursts."""
    folder.mkdir()
    kernel = motion_kernels(1, seed=3)[0]
    number = 1
    for minute, (name, blurs) in enumerate(VERSIONS.items()):
        photo = Image.open(EXAMPLES / f"{name}.jpg").convert("RGB")
        for second, blur in enumerate(blurs):
            left, top = 3 * second, 2 * second
            part = photo.crop((left, top, photo.width - 12 + left, photo.height - 8 + top))
            blurred = shaken(part, kernel) if blur == "shake" else part.filter(ImageFilter.GaussianBlur(float(blur)))
            exif = Image.Exif()
            exif[CAMERA] = "Example"
            exif.get_ifd(EXIF).update({TAKEN: f"2026:05:01 10:{minute:02}:{second:02}", FRACTION: "00"})
            blurred.save(folder / f"IMG_{number:04}.jpg", quality=92, exif=exif)
            number += 1


def shaken(photo: Image.Image, kernel: Any) -> Image.Image:
    """The photo under a motion kernel."""
    pixels = np.asarray(photo, np.float32)
    weights = (kernel / kernel.sum()).astype(np.float32)
    moved = np.stack([convolve(pixels[..., i], weights, mode="nearest") for i in range(3)], axis=-1)
    return Image.fromarray(np.clip(moved + 0.5, 0, 255).astype(np.uint8))


def screenshot(page: Any) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def side_by_side(pictures: list[Image.Image]) -> Image.Image:
    gap = 24
    sheet = Image.new("RGB", (sum(p.width + gap for p in pictures) - gap, pictures[0].height), "white")
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width + gap
    return sheet


def of_report(new_page: Callable[..., Any], report: Path) -> dict[str, Image.Image]:
    """The report at a desk and on a phone."""
    page = new_page(WIDE)
    page.goto(report.as_uri())
    for key in ("Home", "k", "Home", "f"):  # the best of the first burst is kept, the others are rejected
        page.keyboard.press(key)
    page.locator("#toast").evaluate("e => { e.hidden = true; }")
    page.wait_for_timeout(300)
    shots = {"report": screenshot(page)}
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.keyboard.press("b")
    page.wait_for_timeout(1000)
    shots["report-large"] = screenshot(page)
    page.keyboard.press("c")
    page.keyboard.press("+")
    page.wait_for_timeout(1000)
    shots["report-compare"] = screenshot(page)
    phone = []
    for scheme in ("light", "dark"):
        page = new_page(PHONE, color_scheme=scheme, has_touch=True, is_mobile=True, device_scale_factor=2)
        page.goto(report.as_uri())
        page.locator(".card [data-choice=keep]").first.tap()
        page.locator("#toast").evaluate("e => { e.hidden = true; }")
        phone.append(screenshot(page))
        page.locator(".picture").nth(1).tap(position={"x": 70, "y": 100})
        page.wait_for_timeout(1000)
        phone.append(screenshot(page))
    shots["report-phone"] = side_by_side(phone[:2] + phone[2:3])
    return shots


def of_web_page(new_page: Callable[..., Any]) -> Image.Image:
    """The page of ``blurmap serve`` with the example photos."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from blurmap.cli import main; main()", "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}")
            page = new_page((1100, 1000))
            page.goto(f"http://127.0.0.1:{port}")
            page.set_input_files("#file", [EXAMPLES / f"{name}.jpg" for name in ("coffee", "cat", "clock")])
            page.wait_for_selector("article[aria-busy=false] >> nth=2")
            page.wait_for_timeout(500)
            return screenshot(page)
        finally:
            server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="Folder to write to; pictures there are replaced.")
    out = parser.parse_args().out
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        make_trip(Path(name) / "trip")
        scan(Path(name) / "trip", Path(name) / "trip.parquet")
        report, _ = write_report(Path(name) / "trip.parquet", Path(name) / "trip.html")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])

        def new_page(size: tuple[int, int], **more: Any) -> Any:
            page = browser.new_page(viewport={"width": size[0], "height": size[1]}, **more)
            page.set_default_timeout(300_000)
            return page

        for shot, picture in (of_report(new_page, report) | {"serve": of_web_page(new_page)}).items():
            write_image(np.asarray(picture), out / f"{shot}.jpg", overwrite=True)
        browser.close()


if __name__ == "__main__":
    main()
