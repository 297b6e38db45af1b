"""The documentation site: it builds, every link of it leads somewhere, and it needs no other host."""

import re
from pathlib import Path

import pytest

import blurmap

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


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
    python = (site / "api.html").read_text("utf-8")
    missing = [name for name in blurmap.__all__ if not re.search(rf'id="blurmap\.([\w.]+\.)?{name}"', python)]
    assert not missing
    assert "float32 in [0, 1]" in python


def test_links_out_of_docs_lead_to_the_file(site: Path) -> None:
    paper = (site / "paper.html").read_text("utf-8")
    assert 'href="source/src/blurmap/models/paper/mrf.py.html"' in paper
    assert "max-flow" in (site / "source" / "src" / "blurmap" / "models" / "paper" / "mrf.py.html").read_text("utf-8")


def test_loads_nothing_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r"""(?:<(?:script|img|iframe)[^>]*\ssrc|<link[^>]*\shref)\s*=\s*["']?(?:https?:)?//[^"'\s>]+""")
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    assert not {found for page in pages for found in loaded.findall(page.read_text("utf-8"))}


def test_a_link_to_nothing_ends_the_build(tmp_path: Path) -> None:
    site = pytest.importorskip("mkdocs.exceptions", reason="needs the extra 'docs'")
    import importlib.util

    spec = importlib.util.spec_from_file_location("site_hook", ROOT / "scripts" / "site.py")
    assert spec and spec.loader
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    text = "[right](photo.md) `[code](no.md)` [elsewhere](https://example.org/no.md) [wrong]({})"
    with pytest.raises(site.PluginError, match=r"docs/scan.md links to \.\./src/no.py"):
        list(hook._targets(text.format("../src/no.py").replace("photo.md", "speed.md"), "docs/scan.md"))
    assert list(hook._targets("[a](../src/blurmap/photo.py#L3) [b](speed.md)", "docs/scan.md")) == [
        "src/blurmap/photo.py", "docs/speed.md",
    ]  # fmt: skip
