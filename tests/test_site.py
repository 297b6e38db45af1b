"""The documentation site: it builds, every link of it leads somewhere, and it needs no other host."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import blurmap
from tests.support import program

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


WIDE = (
    "index", "reference/api", "reference/http", "commands/scan", "guides/for-photographers", "reference/model-card",
    "lab/paper",
)  # fmt: skip


def build(out: Path, docs: Path | None = None) -> Path:
    """The site in a folder, as ``mkdocs build --strict`` makes it."""
    mkdocs = pytest.importorskip("mkdocs.commands.build", reason="needs the extra 'docs'")
    from mkdocs.config import load_config

    config = load_config(
        str(ROOT / "mkdocs.yml"), site_dir=str(out), strict=True, **({"docs_dir": str(docs)} if docs else {})
    )
    mkdocs.build(config)
    return out


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("site"))


def test_start_page_commands_and_python(site: Path) -> None:
    assert "Where is a photograph blurred" in (site / "index.html").read_text("utf-8")
    assert "--min-sharp-size" in (site / "commands" / "check.html").read_text("utf-8")
    assert "blurmap train patches" in (site / "commands" / "train.html").read_text("utf-8")
    python = (site / "reference" / "api.html").read_text("utf-8")
    missing = [name for name in blurmap.__all__ if not re.search(rf'id="blurmap\.([\w.]+\.)?{name}"', python)]
    assert not missing
    assert "float32 in [0, 1]" in python
    assert not re.search(r":(func|class|meth|data|mod|attr):", python)  # roles of another tool
    http = (site / "reference" / "http.html").read_text("utf-8")
    assert "POST /v1/detect" in http
    assert all(f"<code>{name}</code>" in http for name in ("sharp_size", "max_side"))


def test_links_out_of_docs_lead_to_the_file(site: Path) -> None:
    paper = (site / "lab" / "paper.html").read_text("utf-8")
    assert 'href="../source/src/blurmap/models/paper/mrf.py.html"' in paper
    assert "max-flow" in (site / "source" / "src" / "blurmap" / "models" / "paper" / "mrf.py.html").read_text("utf-8")


def test_loads_nothing_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r"""(?:<(?:script|img|iframe)[^>]*\ssrc|<link[^>]*\shref)\s*=\s*["']?(?:https?:)?//[^"'\s>]+""")
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    assert not {found for page in pages for found in loaded.findall(page.read_text("utf-8"))}


def test_marks_of_figures_do_not_part_sentences(site: Path) -> None:
    text = re.sub(r"\s+", " ", (site / "lab" / "paper.html").read_text("utf-8"))
    assert re.search(r"connected parts, of \d+\.\d labelled ones per photo", text)


def test_in_a_browser_from_a_folder_search_finds_and_nothing_else_is_asked(site: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    wide = {}
    for name in (
        "index",
        "reference/api",
        "reference/http",
        "commands/scan",
        "guides/for-photographers",
        "reference/model-card",
        "lab/paper",
    ):
        page.goto((site / f"{name}.html").as_uri())
        wide[name] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert not any(wide.values()), wide
    page.wait_for_function("document.querySelector('[data-md-component=search-query]')")
    page.wait_for_timeout(500)
    page.keyboard.press("/")
    page.keyboard.type("loupe at 100 %")
    page.wait_for_selector(".md-search-result__item")
    found = page.locator(".md-search-result__link").evaluate_all("links => links.map(link => link.href)")
    assert any("/scan.html" in link for link in found)
    assert not any("/source/" in link for link in found)  # sources are no answer
    page.close()
    assert asked
    assert {url.split(":")[0] for url in asked} <= {"file", "data", "blob"}, asked


def test_a_wrong_link_or_anchor_fails_the_strict_build(tmp_path: Path) -> None:
    exceptions = pytest.importorskip("mkdocs.exceptions", reason="needs the extra 'docs'")
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "docs", docs)
    page = docs / "lab" / "speed.md"
    text = page.read_text(encoding="utf-8")
    build(tmp_path / "right", docs)
    for wrong in ("../guides/scan.md#no-such-place", "no-such-page.md", "../../src/no_such.py"):
        page.write_text(f"{text}\n[x]({wrong})\n", encoding="utf-8")
        with pytest.raises(exceptions.MkDocsException):
            build(tmp_path / "wrong", docs)


def test_a_link_to_nothing_ends_the_build(tmp_path: Path) -> None:
    site = pytest.importorskip("mkdocs.exceptions", reason="needs the extra 'docs'")
    hook = program("scripts/site.py")
    text = "[right](photo.md) `[code](no.md)` [elsewhere](https://example.org/no.md) [wrong]({})"
    with pytest.raises(site.PluginError, match=r"docs/lab/paper.md links to \.\./\.\./src/no.py"):
        list(hook._targets(text.format("../../src/no.py").replace("photo.md", "speed.md"), "docs/lab/paper.md"))
    assert list(hook._targets("[a](../../src/blurmap/photos/photo.py#L3) [b](speed.md)", "docs/lab/paper.md")) == [
        "src/blurmap/photos/photo.py", "docs/lab/speed.md",
    ]  # fmt: skip
