"""Modules become one script: those first that others need, each in a scope of its own, mistakes found when bundled."""

import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from blurmap.browser.bundle import bundled


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "low.js").write_text("let count = 0;\nexport function next() { return ++count; }\n")
    (tmp_path / "a" / "middle.js").write_text(
        'import { next } from "../b/low.js";\nconst count = 40;\nexport const two = () => count + next();\n'
    )
    (tmp_path / "a" / "top.js").write_text(
        'import { two } from "./middle.js";\nimport { next } from "../b/low.js";\nglobalThis.said = [two(), next()];\n'
    )
    return tmp_path


def test_each_module_once_and_in_a_scope_of_its_own(modules: Path) -> None:
    script = bundled("a/top.js")
    order = [script.index(f'modules["{name}"] =') for name in ("b/low.js", "a/middle.js", "a/top.js")]
    assert order == sorted(order)
    assert script.count("let count = 0") == 1
    assert "import " not in script
    assert "export " not in script
    if node := shutil.which("node"):
        done = subprocess.run(
            [node, "-e", script + "console.log(said.join())"], capture_output=True, text=True, check=True
        )
        assert done.stdout == "41,2\n"


def test_modules_that_import_each_other_and_names_that_are_not_there(modules: Path) -> None:
    (modules / "a" / "top.js").write_text('import { three } from "./middle.js";\n')
    with pytest.raises(ValueError, match=r"a/top\.js imports three from a/middle\.js, which exports no such name"):
        bundled("a/top.js")
    (modules / "b" / "low.js").write_text('import { two } from "../a/middle.js";\nexport const next = two;\n')
    with pytest.raises(ValueError, match=r"each other: a/middle\.js -> b/low\.js -> a/middle\.js"):
        bundled("a/middle.js")


def test_the_pages_scripts_are_scripts(tmp_path: Path) -> None:
    for entry in ("culling/desk/start.js", "web/page/page.js"):
        script = bundled(entry)
        assert script.count("export function") == script.count("export const") == 0
        if node := shutil.which("node"):
            (tmp_path / "page.js").write_text(script)
            subprocess.run([node, "--check", tmp_path / "page.js"], check=True)
