"""The report in a real browser, as a photographer uses it: by keys, by mouse, and by touch on a phone."""

import csv
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from blurmap.culling.report import write_report
from blurmap.fields import COLUMNS, FIELDS, Row
from blurmap.scanning.inspection import Inspection
from blurmap.scanning.pictures import keep_picture, picture_path, pictures_folder
from blurmap.scanning.previews import make_preview
from blurmap.scanning.store import Store
from blurmap.scanning.table import write_table
from tests.mutation import DATA
from tests.scanning.test_outputs import command
from tests.support import blur_map, pyramid, soft, textured

# Name, burst, rank: a burst of three, one with a tie, and photos of no burst.
PHOTOS = (
    ("a1.jpg", "a", 2), ("a2.jpg", "a", 1), ("a3.jpg", "a", 3), ("b.jpg", None, None), ("c1.jpg", "c", 1),
    ("c2.jpg", "c", 1), ("c3.jpg", "c", 3), ("d.jpg", None, None), ("d.nef", None, None), ("<i>e & f.jpg", None, None),
)  # fmt: skip
EXIF, TAKEN, CAMERA, ORIENTATION = 0x8769, 0x9003, 0x0110, 0x0112
KINDS = ("sharp", "selective", "defocused", "motion")


def made_up(folder: Path, name: str, number: int) -> Inspection:
    """A row and a preview of a photo of 700 x 500 pixels, sharp on its left; the photo itself is there too."""
    pixels = soft(textured(500, 700, number // 3), 1)
    mask = pixels[..., 0] > 255
    mask[:, 350:] = True
    Image.fromarray(pixels).save(folder / name, "JPEG")
    result = blur_map(pixels, mask)
    row: Row = dict.fromkeys(COLUMNS) | {
        "path": str(folder / name), "bytes": 1000 + number, "format": "RAW" if name.endswith("nef") else "JPEG",
        "width": 700, "height": 500, "verdict": KINDS[number % 4], "confidence": 0.9, "reason": "sharp subject, left",
        "sharp_size": 100 * number, "model": "default", "blurred": 0.5, "soft": False,
    }  # fmt: skip
    return Inspection(row, make_preview(pyramid(pixels), result.maps, (0.5, 0.3)))


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of ``PHOTOS``, the last of which cannot be read."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "trip").mkdir()
    store, rows = Store(folder / "t.jsonl"), []
    for number, (name, burst, rank) in enumerate(PHOTOS):
        look = made_up(folder / "trip", name, number)
        times = {"taken": f"2026-05-01T10:00:0{number}", "camera": "Made Up X1"}
        look.row.update({"burst": burst, "rank": rank} | times)
        if name.startswith("<"):
            look = Inspection(look.row | {"verdict": None, "reason": None, "error": f"{name}: is damaged"})
        rows.append(look.row)
        store.add([look])
    store.empty([row["path"] for row in rows])
    store.close()
    write_table(rows, folder / "t.jsonl")
    return write_report(folder / "t.jsonl", folder / "t.html")[0]


def opened(browser: Any, path: Path, **options: Any) -> Iterator[Any]:
    """The page open from file://; any error on the console or request to elsewhere fails the test."""
    page = browser.new_page(**options)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else complaints.append(request.url),
    )
    page.goto(path.as_uri())
    yield page
    page.close()
    assert not complaints


@pytest.fixture
def desk(browser: Any, trip: Path) -> Iterator[Any]:
    yield from opened(browser, trip, viewport={"width": 1440, "height": 900})


@pytest.fixture
def phone(browser: Any, trip: Path) -> Iterator[Any]:
    yield from opened(
        browser, trip, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=3
    )


def names(page: Any) -> list[str]:
    """Of the cards, as they are laid out."""
    cards = page.locator(".card").evaluate_all(
        "cards => cards.map(c => [c.offsetTop, c.offsetLeft, c.querySelector('.name span').textContent])"
    )
    return [name for _, _, name in sorted(cards)]


def choices(page: Any) -> dict[str, str]:
    """Of the photos that are decided, by name."""
    return {Path(path).name: choice for path, choice in page.evaluate("blurmap.state.choices").items()}


def downloaded(page: Any, press: Any) -> str:
    with page.expect_download() as download:
        press()
    return Path(download.value.path()).read_text(encoding="utf-8")


def tab_to(page: Any, name: str) -> None:
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}")


def card(page: Any, name: str) -> Any:
    return page.locator(f".card[aria-label^='{name}']")


def test_all_by_keys(desk: Any) -> None:
    keys = desk.keyboard
    keys.press("Home")  # the broken one; then the stack of a
    keys.press("ArrowRight")
    keys.press("k")
    assert choices(desk) == {"a2.jpg": "keep", "a1.jpg": "reject", "a3.jpg": "reject"}
    keys.press("Enter")  # b, which has the focus now
    assert desk.locator("#large h2").inner_text() == "b.jpg"
    keys.press("x")  # and on to the best of c
    assert desk.locator("#large h2").inner_text() == "c1.jpg"
    keys.press("c")
    assert desk.locator("#compare figure").count() == 3
    keys.press("2")
    assert {name: choice for name, choice in choices(desk).items() if name[0] == "c"} == {
        "c1.jpg": "reject", "c2.jpg": "keep", "c3.jpg": "reject",
    }  # fmt: skip
    keys.press("Escape")
    keys.press("z")
    assert choices(desk) == {"a2.jpg": "keep", "a1.jpg": "reject", "a3.jpg": "reject", "b.jpg": "reject"}
    keys.press("Space")
    assert not desk.evaluate("document.querySelector('dialog[open]')")
    keys.press("f")  # unfolds c
    assert names(desk) == ["<i>e & f.jpg", "a2.jpg", "b.jpg", "c1.jpg", "c2.jpg", "c3.jpg", "d.jpg"]
    keys.press("s")
    keys.press("Shift+ArrowRight")
    assert desk.inner_text("#selected-count") == "2 selected"
    keys.press("k")
    assert choices(desk)["c1.jpg"] == choices(desk)["c2.jpg"] == "keep"
    assert "3 kept, 3 rejected, 3 undecided" in desk.inner_text("#status")
    tab_to(desk, "take")
    keys.press("Enter")
    tab_to(desk, "export-choices")
    taken = json.loads(downloaded(desk, lambda: keys.press("Enter")))
    assert {Path(entry["path"]).name: entry["choice"] for entry in taken["choices"]} == choices(desk)
    assert all(entry["bytes"] for entry in taken["choices"])


def test_all_by_mouse(desk: Any) -> None:
    card(desk, "b.jpg").locator("button", has_text="Reject").click()
    assert choices(desk) == {"b.jpg": "reject"}
    card(desk, "b.jpg").locator("button", has_text="Reject").click()  # takes it back
    assert choices(desk) == {}
    card(desk, "a2.jpg").locator(".picture").click(position={"x": 100, "y": 120})
    desk.wait_for_selector("#large .loupe img[src^='file:']")
    facts = desk.inner_text("#facts")
    for text in ("sharp subject, left", "Made Up X1", "2026-05-01 10:00:01", "best of its burst"):
        assert text in facts
    loupe = desk.locator("#large .loupe")
    before = desk.evaluate("blurmap.state.largeLoupe.seen")
    drag(desk, loupe, -60, 0)
    after = desk.evaluate("blurmap.state.largeLoupe.seen")
    assert after[0] - before[0] == pytest.approx(60 / 700, abs=0.01)
    desk.mouse.click(*at(desk.locator("#stage img").first, 0.99, 0.99))
    left, top, width, height = desk.evaluate("blurmap.state.largeLoupe.seen")
    assert left + width == pytest.approx(1)
    assert top + height == pytest.approx(1)
    desk.click("#large .show-blur")
    assert desk.locator("#stage .tint").evaluate("e => getComputedStyle(e).opacity") == "1"
    desk.click("#large-decide [data-choice=reject]")
    desk.click("#large .close")
    assert choices(desk) == {"a2.jpg": "reject"}
    desk.click("#best")  # a has a choice already, and is left alone; c has a tie
    assert choices(desk) == {"a2.jpg": "reject", "c1.jpg": "keep", "c2.jpg": "keep", "c3.jpg": "reject"}
    assert "1 burst: 2 kept, 1 rejected; 1 with choices of your own left alone" in desk.inner_text("#said")
    desk.click("#toast-undo")
    assert choices(desk) == {"a2.jpg": "reject"}
    for name in ("b.jpg", "d.jpg"):
        card(desk, name).hover()
        card(desk, name).locator("input").click()
    desk.click("#compare-selected")
    assert desk.locator("#compare figure").count() == 2
    desk.locator("#compare figure", has_text="d.jpg").locator("text=Only this").click()
    desk.click("#compare .close")
    assert choices(desk) == {"a2.jpg": "reject", "b.jpg": "reject", "d.jpg": "keep"}
    desk.click("#take")
    kept = downloaded(desk, lambda: desk.click("#export-keep")).splitlines()
    assert [Path(path).name for path in kept] == ["d.jpg", "d.nef"]  # both files of the shot


def at(locator: Any, across: float, down: float) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def drag(page: Any, locator: Any, dx: float, dy: float) -> None:
    x, y = at(locator, 0.5, 0.5)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=3)
    page.mouse.up()


def swipe(page: Any, locator: Any, dx: float, dy: float) -> None:
    """A finger, from the middle."""
    x, y = at(locator, 0.5, 0.5)
    session = page.context.new_cdp_session(page)
    for kind, share in (("touchStart", 0), ("touchMove", 0.5), ("touchMove", 1), ("touchEnd", 1)):
        points = [] if kind == "touchEnd" else [{"x": x + share * dx, "y": y + share * dy}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.detach()


def pinch(page: Any, x: float, y: float, *apart: float) -> None:
    """Two fingers, each so far from a place, and then as far as the next number says."""
    session = page.context.new_cdp_session(page)
    for number, away in enumerate(apart):
        points = [{"x": x - away, "y": y, "id": 0}, {"x": x + away, "y": y, "id": 1}]
        session.send(
            "Input.dispatchTouchEvent", {"type": "touchMove" if number else "touchStart", "touchPoints": points}
        )
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def tap(page: Any, locator: Any, effect: str) -> None:
    """Tap, until an expression is true: a machine that is busy may take a tap for a long press, which is none."""
    for _ in range(3):
        locator.tap()
        try:
            page.wait_for_function(effect, timeout=3000)
        except Exception as error:
            if "Timeout" not in str(error):
                raise
        else:
            return
    raise AssertionError(f"not so after three taps: {effect}")


def test_all_by_touch(phone: Any) -> None:
    decided = "Object.keys(blurmap.state.choices).length === "
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    tap(phone, card(phone, "b.jpg").locator("button", has_text="Keep"), decided + "1")
    phone.evaluate("scrollTo(0, 0)")
    tap(phone, card(phone, "a2.jpg").locator(".picture"), "document.getElementById('large').open")
    phone.wait_for_selector("#large .loupe img[src^='file:']")
    before = phone.evaluate("[blurmap.state.largeLoupe.seen, blurmap.state.zoom / devicePixelRatio]")
    swipe(phone, phone.locator("#large .loupe"), -30, 0)
    after = phone.evaluate("blurmap.state.largeLoupe.seen")
    assert after[0] - before[0][0] == pytest.approx(30 / before[1] / 700, abs=0.01)
    swipe(phone, phone.locator("#stage img").first, -120, 5)  # on to the next
    phone.wait_for_selector("#large h2:has-text('a1.jpg')")
    tap(phone, phone.locator("#large-decide [data-choice=reject]"), decided + "2")
    phone.wait_for_selector("#large h2:has-text('a3.jpg')")
    tap(phone, phone.locator("#large-compare"), "document.getElementById('compare').open")
    assert phone.locator("#compare figure").count() == 3
    before = phone.evaluate("blurmap.state.compared.map(({ loupe }) => loupe.seen[1])")
    swipe(phone, phone.locator("#compare .loupe").first, 0, -30)
    after = phone.evaluate("blurmap.state.compared.map(({ loupe }) => loupe.seen[1])")
    assert all(now > then for now, then in zip(after, before, strict=True))  # they move together
    tap(phone, phone.locator("#compare .close"), "!document.getElementById('compare').open")
    tap(phone, phone.locator("#large .close"), "!document.getElementById('large').open")
    tap(phone, card(phone, "d.jpg").locator("input"), "blurmap.state.selected.size === 1")
    tap(phone, phone.locator("#selection [data-choice=reject]"), decided + "3")
    assert choices(phone) == {"b.jpg": "keep", "a1.jpg": "reject", "d.jpg": "reject"}
    tap(phone, phone.locator("#undo"), decided + "2")
    tap(phone, phone.locator("#take"), "document.getElementById('taking').open")
    taken = json.loads(downloaded(phone, lambda: phone.locator("#export-choices").tap()))
    assert {Path(entry["path"]).name for entry in taken["choices"]} == {"b.jpg", "a1.jpg"}
    small = phone.locator("button:visible, select:visible").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"
    )
    assert not small


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_that_axe_finds(browser: Any, trip: Path, width: int, scheme: str) -> None:
    for page in opened(browser, trip, viewport={"width": width, "height": 844}, color_scheme=scheme):
        axe = Axe()
        card(page, "b.jpg").locator("button", has_text="Keep").click()
        page.keyboard.press("f")
        for open_it in (
            "undefined",
            "blurmap.change('open', blurmap.photos[1])",
            "blurmap.change('compare', blurmap.photos.slice(0, 3))",
        ):
            page.evaluate(f"() => {{ {open_it} }}")
            found = axe.run(page)
            assert not found.violations_count, found.generate_report()
        for name in ("compare", "large"):
            page.evaluate(f"document.getElementById('{name}').close()")
        for name in ("taking", "keys"):
            page.evaluate(f"document.getElementById('{name}').showModal()")
            found = axe.run(page)
            assert not found.violations_count, found.generate_report()
            page.evaluate(f"document.getElementById('{name}').close()")


def test_filters_and_order(desk: Any) -> None:
    desk.click("#fold")
    assert len(names(desk)) == 9
    assert "9 undecided" in desk.inner_text("#status")
    desk.select_option("#column", "sharp_size")
    assert names(desk) == [f"{name}.jpg" for name in ("a1", "a2", "a3", "b", "c1", "c2", "c3", "d")] + ["<i>e & f.jpg"]
    desk.click("#direction")
    assert names(desk)[0] == "<i>e & f.jpg"
    assert names(desk)[-1] == "a1.jpg"
    desk.click("[data-verdict=error]")  # only these
    assert names(desk) == ["<i>e & f.jpg"]
    assert desk.get_attribute("[data-verdict=error]", "aria-pressed") == "true"
    desk.click("[data-verdict=error]")  # all again
    assert len(names(desk)) == 9
    desk.fill("#search", "d.JPG")
    assert names(desk) == ["d.jpg"]
    desk.fill("#search", "")
    card(desk, "b.jpg").locator("button", has_text="Reject").click()
    desk.select_option("#chosen", "reject")
    assert names(desk) == ["b.jpg"]
    desk.select_option("#chosen", "keep")
    assert desk.is_visible("#nothing")
    desk.select_option("#chosen", "open")
    desk.evaluate("blurmap.change('open', blurmap.state.items[0].photo)")
    order = desk.evaluate("blurmap.state.items.map(item => item.photo.name)")
    for name in order[:3]:  # what is decided leaves the list, and the next one comes
        assert desk.locator("#large h2").inner_text() == name
        desk.keyboard.press("k")
    desk.keyboard.press("Escape")
    assert names(desk) == order[3:]


def test_choices_stay_and_travel(browser: Any, desk: Any, trip: Path, tmp_path: Path) -> None:
    """Through a page that is loaded again, and through a file into another browser."""
    card(desk, "a2.jpg").locator("button", has_text="Keep best").click()
    desk.reload()
    expected = {"a2.jpg": "keep", "a1.jpg": "reject", "a3.jpg": "reject"}
    assert choices(desk) == expected
    desk.click("#take")
    content = json.loads(downloaded(desk, lambda: desk.click("#export-choices")))
    table = downloaded(desk, lambda: desk.click("#export-table"))
    rows = {row["path"]: row for row in csv.DictReader(table.splitlines())}
    assert len(rows) == len(PHOTOS)
    second = rows[f"{trip.parent}/trip/a2.jpg"]
    assert list(second) == ["path", "choice", *(field.name for field in FIELDS if field.shown)]
    assert (second["choice"], second["verdict"], second["confidence"]) == ("keep", "selective", "0.9")
    assert second["soft"] == "false"
    content["choices"].append({"path": "/elsewhere.jpg", "choice": "keep"})
    (tmp_path / "choices.json").write_text(json.dumps(content))
    (tmp_path / "other.json").write_text("[1]")
    for other in opened(browser, trip):
        assert choices(other) == {}
        for name, said in (("other", "holds no choices"), ("choices", "3 choices loaded, 1 of photos that are not in")):
            other.click("#take")
            other.set_input_files("#load", tmp_path / f"{name}.json")
            other.wait_for_selector(f"#said:has-text('{said}')")
        assert choices(other) == expected


def test_choices_stay_when_photos_come_and_the_report_is_made_again(browser: Any, tmp_path: Path) -> None:
    row = dict.fromkeys(COLUMNS) | {"model": "default", "verdict": "sharp", "reason": "sharp all over", "error": "x"}
    page = browser.new_page()
    for names_now in (["b", "c"], ["a", "b", "c", "d"]):
        write_table([row | {"path": f"/nowhere/{name}.jpg"} for name in names_now], tmp_path / "t.jsonl")
        path, _ = write_report(tmp_path / "t.jsonl", tmp_path / "t.html", overwrite=True)
        page.goto(path.as_uri())
        if names_now[0] == "b":
            page.locator(".card").first.focus()
            page.keyboard.press("k")
        assert "1 kept, 0 rejected" in page.inner_text("#status")
        assert choices(page) == {"b.jpg": "keep"}
    page.close()


def test_without_the_photos_the_loupe_shows_the_crop(browser: Any, trip: Path, tmp_path: Path) -> None:
    """As on another machine, or on a phone."""
    text = trip.read_text(encoding="utf-8").replace("file:///", "file:///nowhere/")
    (tmp_path / "sent.html").write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto((tmp_path / "sent.html").as_uri())
    page.evaluate("blurmap.change('open', blurmap.photos[1])")
    assert "kept by the scan" in page.inner_text("#large .source")
    left, _, right, _ = page.evaluate("blurmap.cropOf(blurmap.photos[1]).box")
    seen = page.evaluate("blurmap.state.largeLoupe.seen")
    assert left / 700 <= seen[0] < seen[0] + seen[2] <= right / 700 + 1e-6
    shown = page.locator("#large .loupe img").evaluate("e => [e.naturalWidth, e.offsetWidth]")
    assert shown == [right - left, right - left]  # 100 %
    page.keyboard.press("+")
    assert page.locator("#large .loupe img").evaluate("e => e.offsetWidth") == 2 * (right - left)
    page.close()


def test_without_photos_and_crops_the_loupe_says_so(browser: Any, trip: Path, tmp_path: Path) -> None:
    """As of a report with --no-loupes on another machine."""
    text = trip.read_text(encoding="utf-8").replace("file:///", "file:///nowhere/").replace('id="crop', 'id="no')
    (tmp_path / "sent.html").write_text(text, encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "sent.html").as_uri())
    page.evaluate("blurmap.change('open', blurmap.photos[1])")
    page.wait_for_selector("#large .loupe:has-text('No pixels of it are in this page.')", timeout=10_000)
    page.close()


def test_the_blur_is_shown_on_hover_and_by_key(desk: Any) -> None:
    tint = card(desk, "b.jpg").locator(".tint")
    assert tint.evaluate("e => getComputedStyle(e).opacity") == "0"
    card(desk, "b.jpg").locator(".picture").hover()
    assert tint.evaluate("e => getComputedStyle(e).opacity") == "1"
    desk.mouse.move(0, 0)
    desk.keyboard.press("b")
    assert tint.evaluate("e => getComputedStyle(e).opacity") == "1"


def test_five_thousand_photos_scroll_with_few_elements(browser: Any, tmp_path: Path) -> None:
    base = {"model": "default", "verdict": "sharp", "reason": "sharp all over", "confidence": 0.9, "sharp_size": 800}
    rows = [dict.fromkeys(COLUMNS) | base | {"path": f"/nowhere/{i:04}.jpg", "burst": f"{i // 4}"} for i in range(5000)]
    write_table(rows, tmp_path / "t.jsonl")
    path, problems = write_report(tmp_path / "t.jsonl", tmp_path / "t.html")
    assert len(problems) == 5000
    for page in opened(browser, path, viewport={"width": 1200, "height": 800}):
        assert "5000 undecided" in page.inner_text("#status")
        page.keyboard.press("End")
        assert "4996.jpg" in names(page)
        page.click("#fold")
        page.keyboard.press("End")
        assert "4999.jpg" in names(page)
        assert len(names(page)) < 100


@pytest.mark.slow
def test_from_photos_to_a_kept_folder(browser: Any, tmp_path: Path) -> None:
    """Scan, report, choices, folders, and back: a burst, a RAW with its JPEG, a photo on its side, a broken one."""
    trip = tmp_path / "trip"
    trip.mkdir()
    for second in range(3):
        photo = soft(textured(240, 320, 5), 0.5 + second)
        exif = Image.Exif()
        exif[CAMERA] = "Made Up X1"
        exif[ORIENTATION] = 6  # taken upright
        exif.get_ifd(EXIF)[TAKEN] = f"2026:05:01 10:00:0{second}"
        Image.fromarray(photo).save(trip / f"burst{second}.jpg", exif=exif)
    Image.fromarray(textured(240, 320, 9)).save(trip / "shot.jpg")
    shutil.copy(DATA / "photo.dng", trip / "shot.dng")
    (trip / "broken.jpg").write_bytes(b"no photo")
    before = sorted(path.name for path in trip.iterdir())
    command("scan", trip, "--out", "t.csv", cwd=tmp_path)
    assert "5 photos: t.html will have about" in command("report", "t.csv", cwd=tmp_path).stdout
    for page in opened(browser, tmp_path / "t.html"):
        page.click("#best")
        page.evaluate("blurmap.change('open', blurmap.photos.find(photo => photo.name === 'burst0.jpg'))")
        page.wait_for_selector("#large .loupe img[src^='file:']")  # upright in the browser too
        assert page.evaluate("[blurmap.state.large.width, blurmap.state.large.height]") == [240, 320]
        page.keyboard.press("Escape")
        card(page, "shot.jpg").locator("button", has_text="Reject").click()
        page.click("#take")
        (tmp_path / "choices.json").write_text(downloaded(page, page.locator("#export-choices").click))
    done = command("apply", "choices.json", "--move", "sorted", "--yes", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "sorted/keep").iterdir()] == ["burst0.jpg"]
    assert sorted(path.name for path in (tmp_path / "sorted/reject").iterdir()) == [
        "burst1.jpg", "burst2.jpg", "shot.dng", "shot.jpg",
    ]  # fmt: skip
    assert [path.name for path in trip.iterdir()] == ["broken.jpg"]
    command("undo", next((tmp_path / "sorted").glob("undo*")), cwd=tmp_path)
    assert sorted(path.name for path in trip.iterdir()) == before


@pytest.mark.parametrize("inside", [False, True])
def test_what_browsers_do_not_show_is_shown_from_a_large_picture(browser: Any, tmp_path: Path, inside: bool) -> None:
    """A RAW from the folder beside the table, or from the page alone; without either the page says what it draws."""
    (tmp_path / "trip").mkdir()
    store, table = Store(tmp_path / "t.jsonl"), tmp_path / "t.jsonl"
    look = made_up(tmp_path / "trip", "a.nef", 1)
    look.row.update({"width": 3000, "height": 2143})
    store.add([look])
    store.empty([look.row["path"]])
    store.close()
    write_table([look.row], table)
    picture = picture_path(pictures_folder(table), look.row)
    assert keep_picture(pyramid(np.repeat(np.repeat(textured(500, 700), 3, 0), 3, 1)), picture) is None
    page_file, _ = write_report(table, tmp_path / "t.html", large=inside)
    if inside:
        shutil.rmtree(picture.parent)
    shown = "document.querySelector('#stage img').naturalWidth === "
    for page in opened(browser, page_file, viewport={"width": 1440, "height": 900}):
        page.evaluate("blurmap.change('open', blurmap.photos[0])")
        page.wait_for_function(shown + "2048")
        assert page.locator(".drawn-from").evaluate("e => e.hidden")
        page.mouse.move(*at(page.locator("#stage"), 0.5, 0.5))
        page.mouse.wheel(0, -800)
        page.wait_for_selector(".drawn-from:has-text('a picture of 2048 pixels')")
        page.mouse.wheel(0, 5000)
        page.wait_for_function("document.querySelector('.drawn-from').hidden")
        page.set_viewport_size({"width": 3840, "height": 2160})
        page.wait_for_selector(".drawn-from:has-text('a picture of 2048 pixels')")
    if not inside:
        shutil.rmtree(picture.parent)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(page_file.as_uri())
        page.evaluate("blurmap.change('open', blurmap.photos[0])")
        page.wait_for_selector(".drawn-from:has-text('folder of larger pictures is not beside')")
        page.close()


def test_a_thumbnail_says_that_it_is_one_and_why(browser: Any, trip: Path, tmp_path: Path) -> None:
    """Of a photo that is not at hand, with and without a loupe to look at; of a RAW taken upright, of no picture."""
    text = trip.read_text(encoding="utf-8").replace("file:///", "file:///nowhere/")
    (tmp_path / "sent.html").write_text(text, encoding="utf-8")
    (tmp_path / "bare.html").write_text(text.replace('id="crop', 'id="no'), encoding="utf-8")
    pixels = textured(700, 500)
    row = made_up(tmp_path, "tall.nef", 1).row | {"width": 500, "height": 700}
    with Store(tmp_path / "t.jsonl") as store:
        store.add([Inspection(row, make_preview(pyramid(pixels)))])
        store.empty([row["path"]])
    write_table([row], tmp_path / "t.jsonl")
    write_report(tmp_path / "t.jsonl", tmp_path / "tall.html")
    thumbnail, loupe = "A thumbnail of 256 pixels, drawn large: ", " The loupe shows how sharp the photo is."
    gone = "the photo is not at hand, or has changed."
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    for name, said in (
        ("sent", thumbnail + gone + loupe),
        ("bare", thumbnail + gone),
        ("tall", thumbnail + "no larger picture of it was kept." + loupe),
    ):
        page.goto((tmp_path / f"{name}.html").as_uri())
        page.evaluate("blurmap.change('open', blurmap.photos.find(photo => !photo.error))")
        page.wait_for_selector(f".drawn-from:text-is('{said}')")
    page.close()


def test_a_photo_at_hand_is_no_thumbnail(desk: Any) -> None:
    desk.evaluate("blurmap.change('open', blurmap.photos[1])")
    desk.wait_for_selector("#stage img[src^='file:']")
    desk.wait_for_function("document.querySelector('#stage img').naturalWidth === 700")
    desk.wait_for_function("document.querySelector('.drawn-from').hidden")


def test_best_is_the_best_of_the_burst_though_filters_hide_it(desk: Any) -> None:
    desk.fill("#search", "a1.jpg")
    desk.evaluate("blurmap.state.only.add('sharp').add('defocused')")  # a1 and a3, not a2, which is best
    desk.fill("#search", "a")
    desk.locator(".card.stack", has_text="a1.jpg").locator("button", has_text="Keep best").click()
    assert {name: choice for name, choice in choices(desk).items() if name[0] == "a"} == {
        "a2.jpg": "keep", "a1.jpg": "reject", "a3.jpg": "reject",
    }  # fmt: skip
    assert "1 hidden by the filters: best kept (a2.jpg)" in desk.inner_text("#said")


def test_two_tabs_and_a_reload(browser: Any, trip: Path) -> None:
    """What the other tab chose is taken along; undo and filters are there after a reload."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    desk, other = context.new_page(), context.new_page()
    for page in (desk, other):
        page.goto(trip.as_uri())
    card(desk, "b.jpg").locator("button", has_text="Keep").click()
    card(other, "d.jpg").locator("button", has_text="Reject").click()
    other.click("#take")
    kept = downloaded(other, lambda: other.click("#export-keep")).splitlines()
    assert [Path(path).name for path in kept] == ["b.jpg"]
    assert choices(other) == {"b.jpg": "keep", "d.jpg": "reject"}
    desk.wait_for_selector("#said:has-text('1 choice made in another tab')")
    other.close()
    desk.fill("#search", "b.jpg")
    desk.reload()
    assert desk.input_value("#search") == "b.jpg"
    assert names(desk) == ["b.jpg"]
    desk.click("#undo")
    assert choices(desk) == {"d.jpg": "reject"}
    context.close()


def test_back_closes_what_is_open(desk: Any) -> None:
    desk.evaluate("blurmap.change('open', blurmap.photos[1])")
    desk.evaluate("blurmap.change('compare', blurmap.photos.slice(0, 3))")
    desk.evaluate("history.back()")
    desk.wait_for_function("!document.getElementById('compare').open")
    assert desk.evaluate("document.getElementById('large').open")
    desk.evaluate("history.back()")
    desk.wait_for_function("!document.getElementById('large').open")
    assert desk.is_visible("#grid")


def test_eight_are_compared_in_pages_of_four(desk: Any) -> None:
    desk.evaluate("blurmap.change('compare', blurmap.photos.filter(photo => !photo.error))")
    assert desk.locator("#compare figure").count() == 4
    assert desk.inner_text("#compare-place") == "1 to 4 of 8"
    for _ in range(4):
        desk.keyboard.press("ArrowRight")
    assert desk.inner_text("#compare-place") == "5 to 8 of 8"
    desk.keyboard.press("1")
    assert sorted(choices(desk).values()) == ["keep", *["reject"] * 7]


def test_the_wheel_zooms_the_photo_about_the_pointer(desk: Any) -> None:
    desk.evaluate("blurmap.change('open', blurmap.photos[1])")
    desk.wait_for_selector("#large .loupe img[src^='file:']")
    picture = desk.locator("#stage > div")
    before, place = picture.bounding_box(), at(picture, 0.25, 0.5)
    desk.mouse.move(*place)
    desk.mouse.wheel(0, -500)
    desk.wait_for_function("document.querySelector('#stage > div').style.transform")
    after = picture.bounding_box()
    assert after["width"] > 2 * before["width"]
    assert (place[0] - after["x"]) / after["width"] == pytest.approx(0.25, abs=0.01)
    desk.mouse.wheel(0, 5000)
    desk.wait_for_function("!document.querySelector('#stage > div').style.transform")
    assert picture.bounding_box() == before


def test_a_pinch_zooms_the_photo(phone: Any) -> None:
    phone.evaluate("blurmap.change('open', blurmap.photos[1])")
    picture = phone.locator("#stage > div")
    before, (x, y) = picture.bounding_box(), at(picture, 0.5, 0.5)
    pinch(phone, x, y, 20, 40, 60)
    assert picture.bounding_box()["width"] == pytest.approx(3 * before["width"], rel=0.05)
    assert phone.inner_text("#large h2") == "a2.jpg"  # and was no swipe


def test_a_zoomed_photo_is_dragged_and_a_double_click_shows_its_pixels(desk: Any) -> None:
    """The loupe goes where the picture is clicked, zoomed or not, and stays where it is when the picture is dragged."""
    desk.set_viewport_size({"width": 900, "height": 400})  # the photo is shown at about half its size
    desk.evaluate("blurmap.change('open', blurmap.photos[1])")
    desk.wait_for_selector("#large .loupe img[src^='file:']")
    picture = desk.locator("#stage > div")
    fits = picture.bounding_box()
    desk.mouse.dblclick(*at(picture, 0.5, 0.5))
    large = picture.bounding_box()
    assert large["width"] == pytest.approx(max(700, 2 * fits["width"]), abs=1)
    seen = desk.evaluate("blurmap.state.largeLoupe.seen")
    drag(desk, desk.locator("#stage"), -50, -30)
    moved = picture.bounding_box()
    assert (moved["x"] - large["x"], moved["y"] - large["y"]) == pytest.approx((-50, -30), abs=1)
    assert desk.evaluate("blurmap.state.largeLoupe.seen") == seen
    drag(desk, desk.locator("#stage"), -5000, -5000)  # no further than its corner
    end = picture.bounding_box()
    assert end["x"] + end["width"] == pytest.approx(fits["x"] + fits["width"], abs=1)
    desk.mouse.click(*at(desk.locator("#stage"), 0.8, 0.8))
    left, top, width, height = desk.evaluate("blurmap.state.largeLoupe.seen")
    assert (left + width, top + height) == pytest.approx((1, 1))
    desk.mouse.dblclick(*at(desk.locator("#stage"), 0.5, 0.5))
    assert picture.bounding_box() == pytest.approx(fits)


def test_a_finger_moves_a_zoomed_photo_and_is_no_swipe(phone: Any) -> None:
    phone.evaluate("blurmap.change('open', blurmap.photos[1])")
    phone.wait_for_selector("#large .loupe img[src^='file:']")
    stage, picture = phone.locator("#stage"), phone.locator("#stage > div")
    x, y = at(stage, 0.5, 0.5)
    stage.evaluate("(e, [x, y]) => e.dispatchEvent(new MouseEvent('dblclick', { clientX: x, clientY: y }))", [x, y])
    before = picture.bounding_box()
    assert before["width"] > 390
    swipe(phone, stage, -100, 0)
    assert picture.bounding_box()["x"] == pytest.approx(before["x"] - 100, abs=2)
    assert phone.inner_text("#large h2") == "a2.jpg"


@pytest.mark.slow
def test_of_several_files_the_latest_choice_of_each_photo_counts(desk: Any, tmp_path: Path) -> None:
    """Of all files that are loaded, and of the page; what has no time, as files of before, counts as of now."""
    for name, button in (("b.jpg", "Keep"), ("d.jpg", "Reject")):
        card(desk, name).locator("button", has_text=button).click()
    desk.click("#take")
    entries = json.loads(downloaded(desk, lambda: desk.click("#export-choices")))["choices"]
    assert [Path(entry["path"]).name for entry in entries] == ["b.jpg", "d.jpg", "d.nef"]
    assert all(entry["chosen"] > "2026" for entry in entries)
    folder = Path(entries[0]["path"]).parent

    def load(*files: Mapping[str, tuple[str, str | None]]) -> dict[str, str]:
        paths = []
        for number, file in enumerate(files):
            some = [
                {"path": str(folder / f"{name}.jpg"), "choice": choice} | ({"chosen": chosen} if chosen else {})
                for name, (choice, chosen) in file.items()
            ]
            paths.append(tmp_path / f"{number}.json")
            paths[-1].write_text(json.dumps({"choices": some}))
        if not desk.evaluate("document.getElementById('taking').open"):
            desk.click("#take")
        desk.set_input_files("#load", paths)
        desk.wait_for_function("!document.getElementById('taking').open")
        return choices(desk)

    early, late, later = "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z"
    now = {"b.jpg": "keep", "d.jpg": "reject"}
    first = {"a1": ("keep", late), "a2": ("reject", early), "b": ("reject", early)}
    assert load(first, {"a1": ("reject", early), "a2": ("keep", late)}) == now | {"a1.jpg": "keep", "a2.jpg": "keep"}
    assert "2 choices loaded, 1 chosen later here, left alone" in desk.inner_text("#said")
    assert load({"a1": ("keep", later)})["a1.jpg"] == "keep"
    assert load({"a1": ("reject", "2021-06-01T00:00:00Z")})["a1.jpg"] == "keep"
    desk.reload()  # times are remembered
    assert load({"a1": ("reject", late), "a2": ("reject", later)}) == now | {"a1.jpg": "keep", "a2.jpg": "reject"}
    assert load({"b": ("reject", None)})["b.jpg"] == "reject"
    desk.evaluate("localStorage.setItem('blurmap:choice:' + blurmap.photos[0].path, 'keep')")  # by a version of before
    desk.reload()
    assert choices(desk)["a1.jpg"] == "keep"
    assert load({"a1": ("reject", early)})["a1.jpg"] == "reject"


def test_keep_best_of_bursts_says_what_filters_hide(desk: Any) -> None:
    desk.fill("#search", "c3.jpg")
    desk.click("#best")
    assert "2 bursts: 3 kept, 3 rejected, 5 of them hidden by the filters" in desk.inner_text("#said")
    assert choices(desk) == {
        "a2.jpg": "keep", "a1.jpg": "reject", "a3.jpg": "reject",
        "c1.jpg": "keep", "c2.jpg": "keep", "c3.jpg": "reject",
    }  # fmt: skip


@pytest.mark.slow
def test_cards_have_three_sizes_and_photos_an_order_of_time(browser: Any, trip: Path) -> None:
    text = trip.read_text(encoding="utf-8").replace("10:00:07", "09:00:07")  # d was taken first
    page_file = trip.with_name("times.html")
    page_file.write_text(text, encoding="utf-8")
    for page in opened(browser, page_file, viewport={"width": 1440, "height": 900}):
        page.click("#fold")
        assert page.inner_text("#column option[value=taken]") == "time"
        page.select_option("#column", "taken")
        assert names(page)[:3] == ["d.jpg", "a1.jpg", "a2.jpg"]
        sizes = []
        for size in ("small", "", "large"):
            page.select_option("#cards", size)
            box = card(page, "d.jpg").bounding_box()
            sizes.append((box["width"], box["height"], -page.evaluate("blurmap.state.columns")))
        assert sizes == sorted(sizes)
        assert all(len(set(some)) == 3 for some in zip(*sizes, strict=True))
        page.reload()
        assert page.input_value("#cards") == "large"
        assert card(page, "d.jpg").bounding_box()["height"] == sizes[-1][1]


def under(page: Any, across: float, down: float) -> list[float]:
    """The place of the photo that is at a place of the loupe, both as shares of the sides."""
    left, top, width, height = page.evaluate("blurmap.state.largeLoupe.seen")
    return [left + across * width, top + down * height]


def test_the_wheel_over_the_loupe_goes_to_the_next_size_about_the_pointer(desk: Any) -> None:
    desk.evaluate("blurmap.change('open', blurmap.photos[1])")
    desk.wait_for_selector("#large .loupe img[src^='file:']")
    loupe = desk.locator("#large .loupe")
    place, whole = under(desk, 0.6, 0.4), desk.locator("#stage > div").bounding_box()
    desk.mouse.move(*at(loupe, 0.6, 0.4))
    for size in (2, 4, 4):  # there is none above
        desk.mouse.wheel(0, -100)
        desk.wait_for_function(f"blurmap.state.zoom === {size}")
        assert under(desk, 0.6, 0.4) == pytest.approx(place, abs=0.01)
    desk.mouse.wheel(0, 100)
    desk.wait_for_function("blurmap.state.zoom === 2")
    assert desk.inner_text("#large .zooms [aria-pressed=true]") == "200 %"
    assert desk.locator("#stage > div").bounding_box() == whole


def test_two_fingers_on_the_loupe_pinch_and_do_not_drag(phone: Any) -> None:
    phone.evaluate("blurmap.change('open', blurmap.photos[1])")
    phone.wait_for_selector("#large .loupe img[src^='file:']")
    place = under(phone, 0.5, 0.5)
    pinch(phone, *at(phone.locator("#large .loupe"), 0.5, 0.5), 30, 40, 50)
    assert phone.evaluate("blurmap.state.zoom") == 4
    assert under(phone, 0.5, 0.5) == pytest.approx(place, abs=0.02)


@pytest.mark.slow
def test_back_leaves_the_page_once_nothing_is_open(browser: Any, trip: Path) -> None:
    """Whatever was opened and closed before by other means than Back."""
    page = browser.new_page()
    page.goto("about:blank")
    page.goto(trip.as_uri())
    for _ in range(2):
        page.evaluate("blurmap.change('open', blurmap.photos[1])")
        page.wait_for_function("history.state === 'open'")
        page.click("#large .close")
    page.evaluate("history.back()")
    page.wait_for_url("about:blank")
    page.close()
