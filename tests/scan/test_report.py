"""The report of a real scan in a real browser (where Chromium and Playwright are there), and its text everywhere."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from blurmap.errors import TableError
from blurmap.scan.ray import Parts
from blurmap.scan.report import write_report
from blurmap.scan.run import scan
from blurmap.scan.table import COLUMNS, read_table, write_table
from tests.conftest import EXAMPLES, textured

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "photos/more").mkdir(parents=True)
    for path in EXAMPLES.glob("*.jpg"):
        shutil.copy(path, folder / "photos")
    for i in range(8):
        Image.fromarray(textured(90, 120, i)).save(folder / f"photos/more/{i}.png")
    (folder / "photos/<b>odd & bad.jpg").write_bytes(b"no photo")
    scan(folder / "photos", folder / "r.parquet")
    return folder / "r.parquet"


def entries(page: Path) -> list[dict[str, Any]]:
    text = page.read_text(encoding="utf-8")
    found: list[dict[str, Any]] = json.loads(
        text.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    )
    return found


def test_the_page_holds_every_photo_and_nothing_from_elsewhere(scanned: Path, tmp_path: Path) -> None:
    page, problems = write_report(scanned, tmp_path / "r.html")
    assert not problems
    photos = entries(page)
    assert len(photos) == 13
    assert {photo["folder"] for photo in photos} == {".", "more"}
    assert sum("photo" in photo for photo in photos) == 12
    assert all(photo["tint"] for photo in photos if "photo" in photo)
    text = page.read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
    assert "<b>odd" not in text
    with pytest.raises(FileExistsError, match="--overwrite"):
        write_report(scanned, page)
    write_report(scanned, page, overwrite=True)


def test_without_previews_the_photos_are_read_again(scanned: Path, tmp_path: Path) -> None:
    rows = read_table(scanned)
    rows.append(dict.fromkeys(COLUMNS) | {"path": str(tmp_path / "gone.jpg"), "model": "default", "verdict": "sharp"})
    write_table(rows, tmp_path / "t.jsonl")
    page, problems = write_report(tmp_path / "t.jsonl", tmp_path / "t.html")
    assert len(problems) == 1
    assert "gone.jpg" in problems[0]
    photos = entries(page)
    assert sum("photo" in photo for photo in photos) == 12
    assert not any(photo.get("tint") for photo in photos)


def test_only_reports_are_replaced(scanned: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    (tmp_path / "photo.jpg").write_text("a photo")
    for name in ("mine.html", "photo.jpg", "new.txt"):
        with pytest.raises(TableError):
            write_report(scanned, tmp_path / name, overwrite=True)
    assert (tmp_path / "mine.html").read_text() == "<p>mine</p>"
    assert (tmp_path / "photo.jpg").read_text() == "a photo"
    assert not (tmp_path / "new.txt").exists()


def test_a_folder_of_parts_has_a_report(tmp_path: Path) -> None:
    parts = Parts(str(tmp_path / "parts"))
    row = dict.fromkeys(COLUMNS) | {"model": "default", "verdict": "sharp", "error": "gone"}
    for name in ("a.jpg", "b.jpg"):
        parts.write([row | {"path": f"/nowhere/{name}"}])
    path, _ = write_report(tmp_path / "parts", tmp_path / "parts.html")
    assert [photo["name"] for photo in sorted(entries(path), key=lambda p: str(p["name"]))] == ["a.jpg", "b.jpg"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(TableError, match="folder without parts"):
        write_report(tmp_path / "empty", tmp_path / "empty.html")


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_tables_of_older_versions_have_reports(tmp_path: Path, ending: str) -> None:
    table = tmp_path / f"old{ending}"
    old = {"path": "/nowhere/a.jpg", "verdict": "sharp", "model": "default", "error": "gone"}
    if ending == ".csv":
        table.write_text(",".join(old) + "\n" + ",".join(old.values()) + "\n")
    elif ending == ".jsonl":
        table.write_text(json.dumps(old) + "\n")
    else:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([old]), table)
    (photo,) = entries(write_report(table, tmp_path / "old.html")[0])
    assert photo["error"] == "gone"
    assert photo["sharp_size"] is None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as p:
        launched = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any, scanned: Path, tmp_path: Path) -> Iterator[Any]:
    """The report open from file://; any error on the console or request to elsewhere fails the test."""
    path, _ = write_report(scanned, tmp_path / "r.html")
    opened = browser.new_page(viewport={"width": 1200, "height": 800})
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else complaints.append(request.url),
    )
    opened.goto(path.as_uri())
    yield opened
    opened.close()
    assert not complaints


def names(page: Any) -> list[str]:
    cards = page.locator(".card").evaluate_all(
        "cards => cards.map(c => [c.offsetTop, c.offsetLeft, c.querySelector('.name').textContent])"
    )
    return [name for _, _, name in sorted(cards)]


def test_filters_and_order(page: Any) -> None:
    assert len(names(page)) == 13
    assert "13 of 13 shown" in page.inner_text("#status")
    page.select_option("#folder", "more")
    assert names(page) == [f"{i}.png" for i in range(8)]
    page.click("#direction")
    assert names(page) == [f"{i}.png" for i in reversed(range(8))]
    page.select_option("#folder", "")
    page.select_option("#column", "sharp_size")
    page.click("#direction")
    sizes = page.evaluate("shown.map(p => p.sharp_size)")
    assert sizes[-1] is None  # the broken one
    assert sizes[:-1] == sorted(sizes[:-1])
    page.click("[data-verdict=error]")
    assert len(names(page)) == 12
    assert page.get_attribute("[data-verdict=error]", "aria-pressed") == "false"


@pytest.mark.browser
def test_choices_stay_when_photos_come_and_the_report_is_made_again(browser: Any, tmp_path: Path) -> None:
    row = dict.fromkeys(COLUMNS) | {"model": "default", "verdict": "sharp", "reason": "sharp all over", "error": "x"}
    opened = browser.new_page()
    for names_now, said in ((["b", "c"], "1 kept, 0 rejected"), (["a", "b", "c", "d"], "1 kept, 0 rejected")):
        write_table([row | {"path": f"/nowhere/{name}.jpg"} for name in names_now], tmp_path / "t.jsonl")
        path, _ = write_report(tmp_path / "t.jsonl", tmp_path / "t.html", overwrite=True)
        opened.goto(path.as_uri())
        if names_now[0] == "b":
            opened.locator(".card").first.focus()
            opened.keyboard.press("k")
        assert said in opened.inner_text("#status")
        assert opened.evaluate("choices") == {"/nowhere/b.jpg": "keep"}
    opened.close()


def test_keys_choose_and_the_choice_is_exported(page: Any) -> None:
    page.locator(".card").first.focus()
    first, second, third = names(page)[:3]
    page.keyboard.press("k")  # and goes on to the next
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("k")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("u")  # undecided again
    assert "1 kept, 1 rejected" in page.inner_text("#status")
    with page.expect_download() as download:
        page.click("#export-keep")
    kept = Path(download.value.path()).read_text().splitlines()
    assert [Path(path).name for path in kept] == [first]
    page.reload()  # the choice is remembered
    assert "1 kept, 1 rejected" in page.inner_text("#status")
    page.select_option("#chosen", "reject")
    assert names(page) == [second]
    assert third not in names(page)


def test_the_blur_is_shown_on_hover_and_by_key(page: Any) -> None:
    tint = page.locator(".card:has(.tint) .tint").first
    assert tint.evaluate("e => getComputedStyle(e).opacity") == "0"
    page.locator(".card:has(.tint) .picture").first.hover()
    assert tint.evaluate("e => getComputedStyle(e).opacity") == "1"
    page.mouse.move(0, 0)
    page.keyboard.press("b")
    assert tint.evaluate("e => getComputedStyle(e).opacity") == "1"


def test_everything_has_a_name_and_contrast(page: Any) -> None:
    unnamed = page.evaluate(
        """[...document.querySelectorAll('button, select, [role=listitem], [role=img]')].filter(e =>
        !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length))).length"""
    )
    assert unnamed == 0
    ratios = page.evaluate(
        """(() => {
        const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(v => v / 255).map(v =>
          v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const back = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
          if (!c.startsWith('rgba(0, 0, 0, 0')) return c; } return 'rgb(255, 255, 255)'; };
        return [...document.querySelectorAll('.verdict, .name, .reason, #status, button, figcaption')].map(e => {
          const [x, y] = [light(getComputedStyle(e).color), light(back(e))].sort((a, b) => b - a);
          return (x + 0.05) / (y + 0.05); }); })()"""
    )
    assert min(ratios) >= 4.5  # WCAG 2.2, AA


def test_readable_on_a_phone(page: Any) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator(".card").first.evaluate("e => e.offsetWidth") > 160


def test_five_thousand_photos_scroll_with_few_elements(browser: Any, tmp_path: Path) -> None:
    base = {"model": "default", "verdict": "sharp", "reason": "sharp all over", "confidence": 0.9, "sharp_size": 800}
    rows = [dict.fromkeys(COLUMNS) | base | {"path": f"/nowhere/{i:04}.jpg"} for i in range(5000)]
    write_table(rows, tmp_path / "t.jsonl")
    path, problems = write_report(tmp_path / "t.jsonl", tmp_path / "t.html")
    assert len(problems) == 5000
    opened = browser.new_page(viewport={"width": 1200, "height": 800})
    opened.goto(path.as_uri())
    assert "5000 of 5000" in opened.inner_text("#status")
    opened.keyboard.press("End")
    assert "4999.jpg" in names(opened)
    assert len(names(opened)) < 100
    opened.close()
