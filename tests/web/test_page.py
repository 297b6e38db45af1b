"""The page of the web app in a browser: photos in, maps, loupe and downloads out."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

import blurmap
from tests.support import EXAMPLES
from tests.web.server import CAT, Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


def opened(browser: Any, server: Server, **options: Any) -> Iterator[Any]:
    page = browser.new_page(**options)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(server.url)
    yield page
    page.close()
    assert not [text for text in complaints if "400 (Bad Request)" not in text]


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    yield from opened(browser, server, viewport={"width": 1000, "height": 900})


def jpeg(size: tuple[int, int]) -> dict[str, Any]:
    """A file of a photo of that size, as a page is given it."""
    buffer = io.BytesIO()
    Image.open(EXAMPLES / "coffee.jpg").resize(size).save(buffer, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def article(page: Any, name: str) -> Any:
    page.wait_for_selector(f"article[aria-label='{name}'][aria-busy=false]")
    return page.locator(f"article[aria-label='{name}']")


def test_photos_are_a_list_with_thumbnails(page: Any) -> None:
    page.set_input_files("#file", [EXAMPLES / "cat.jpg", EXAMPLES / "coffee.jpg"])
    assert page.locator("article summary img").count() == 2  # at once
    cat, coffee = article(page, "cat.jpg"), article(page, "coffee.jpg")
    result = blurmap.detect(CAT)
    assert cat.locator("h2").inner_text().startswith(f"cat.jpg: {result.verdict}")
    assert result.reason in cat.inner_text()
    assert cat.locator("img.map").evaluate("e => e.naturalWidth") == 451
    assert cat.locator(".downloads").is_visible()
    assert not coffee.locator(".downloads").is_visible()
    coffee.locator("summary").click()
    assert coffee.locator(".downloads").is_visible()


def test_the_divider_by_keys_and_mouse(page: Any) -> None:
    """On a tall photo too the knob is where the divider is."""
    page.set_input_files("#file", jpeg((300, 900)))
    photo = article(page, "photo.jpg")
    cut = "e => getComputedStyle(e).clipPath"
    photo.locator(".slider").fill("20")
    assert photo.locator("img.map").evaluate(cut) == "inset(0px 0px 0px 20%)"
    page.evaluate("scrollTo(0, 0)")
    box = photo.locator(".compare").bounding_box()
    line = photo.locator(".divider").bounding_box()
    assert line["x"] + line["width"] / 2 == pytest.approx(box["x"] + 0.2 * box["width"], abs=0.6)
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    line = photo.locator(".divider").bounding_box()
    assert line["x"] + line["width"] / 2 == pytest.approx(box["x"] + 0.75 * box["width"], abs=1)
    page.keyboard.press("ArrowLeft")  # the slider has the focus
    assert float(photo.locator(".slider").input_value()) < 75


def test_the_divider_by_touch(browser: Any, server: Server) -> None:
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    for page in opened(browser, server, **options):
        page.set_input_files("#file", EXAMPLES / "coffee.jpg")
        photo = article(page, "coffee.jpg")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        photo.locator(".compare").scroll_into_view_if_needed()
        box = photo.locator(".compare").bounding_box()
        session = page.context.new_cdp_session(page)
        for kind, share in (("touchStart", 0.5), ("touchMove", 0.4), ("touchMove", 0.2), ("touchEnd", None)):
            points = [] if share is None else [{"x": box["x"] + share * box["width"], "y": box["y"] + 60}]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        assert float(photo.locator(".slider").input_value()) == pytest.approx(20, abs=1)


def test_the_loupe_shows_the_photos_own_pixels(page: Any) -> None:
    page.set_input_files("#file", jpeg((1200, 900)))
    photo = article(page, "photo.jpg")
    image = photo.locator(".loupe img")
    assert image.evaluate("e => [e.naturalWidth, e.offsetWidth]") == [1200, 1200]
    moved = "e => new DOMMatrix(getComputedStyle(e).transform).e"
    before = image.evaluate(moved)
    photo.locator(".loupe").focus()
    page.keyboard.press("ArrowRight")
    assert image.evaluate(moved) == pytest.approx(before - 40, abs=1)
    page.evaluate("scrollTo(0, 0)")
    box = photo.locator(".compare").bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + 2)
    assert image.evaluate(moved) == 0  # the corner that was clicked


def test_downloads_are_of_the_photos_own_size(page: Any) -> None:
    page.set_input_files("#file", jpeg((2000, 1500)))
    photo = article(page, "photo.jpg")
    assert photo.locator("img.map").evaluate("e => e.naturalWidth") == 1600
    with page.expect_download() as download:
        photo.get_by_text("Mask", exact=True).click()
    assert download.value.suggested_filename == "photo_mask.png"
    mask = Image.open(download.value.path())
    assert mask.size == (2000, 1500)
    result = blurmap.detect(jpeg((2000, 1500))["buffer"])
    assert ((np.asarray(mask) > 127) != result.mask).mean() < 1e-3


def test_dropped_and_pasted_photos_and_what_is_none(page: Any) -> None:
    send = """([kind, data, name]) => {
        const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name, {type: "image/jpeg"}));
        const event = kind === "drop" ? new DragEvent(kind, {dataTransfer: transfer, bubbles: true})
          : new ClipboardEvent(kind, {clipboardData: transfer, bubbles: true});
        document.body.dispatchEvent(event); }"""
    page.evaluate(send, ["drop", base64.b64encode(CAT).decode(), "dropped.jpg"])
    article(page, "dropped.jpg")
    page.evaluate(send, ["paste", base64.b64encode(CAT).decode(), "pasted.jpg"])
    article(page, "pasted.jpg")
    page.evaluate(send, ["drop", base64.b64encode(b"no photo").decode(), "<b>bad.jpg"])
    page.wait_for_selector("article [role=alert]")
    said = page.inner_text("article [role=alert]")
    assert said.startswith("<b>bad.jpg: ")
    assert "not an image" in said
    assert page.locator("article b").count() == 0


def test_a_server_that_is_gone_is_said_with_the_photos_name(browser: Any) -> None:
    with Server() as short:
        page = browser.new_page()
        page.goto(short.url)
    page.set_input_files("#file", EXAMPLES / "cat.jpg")
    page.wait_for_selector("article [role=alert]")
    assert page.inner_text("article [role=alert]").startswith("cat.jpg: the server does not answer")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_that_axe_finds(browser: Any, server: Server, scheme: str) -> None:
    for page in opened(browser, server, color_scheme=scheme):
        page.set_input_files("#file", [EXAMPLES / "cat.jpg"])
        article(page, "cat.jpg")
        found = Axe().run(page)
        assert not found.violations_count, found.generate_report()
