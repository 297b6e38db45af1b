"""Imports go one way: a layer takes from itself and from what lies below it. ARCHITECTURE.md shows the layers."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "blurmap"
# From the top; the layers of one row do not know each other.
ROWS = (
    ("cli", ),
    ("scan", "web", "training", "video"),
    ("evaluation", "effects", "side_by_side"),
    ("models", ),
    ("result", ),
    ("verdict", ),
    ("maps", ),
    ("imaging", "photo", "arrays", "camera_raw", "files", "showing", "errors"),
)  # fmt: skip
RANK = {layer: len(ROWS) - i for i, row in enumerate(ROWS) for layer in row}
# Photos come in by way of arrays and RAW files too; what goes wrong is said in the words of errors.
TOGETHER = {
    ("photo", "arrays"),
    ("photo", "camera_raw"),
    *((n, "errors") for n in ("photo", "arrays", "camera_raw", "files")),
}
API = "blurmap"  # the package itself: it hands out names of all layers, and takes none to start
FILES = sorted(path.relative_to(SOURCE.parent) for path in SOURCE.rglob("*.py"))


def module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    """The modules of blurmap that a file imports, those within functions too, those for type checkers alone not."""
    tree = ast.parse((SOURCE.parent / path).read_text())
    checked_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in checked_only:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == API)


def layer(name: str) -> str:
    """The first part of a module below the package; "" for the package and what it hands out."""
    inner = name.split(".")[1:2]
    return inner[0] if inner and inner[0] in RANK else ""


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_go_down(path: Path) -> None:
    here = layer(module(path))
    if not here:
        return
    for name in imports(path):
        there = layer(name)
        if not there and name.split(".")[1:] in ([], ["__version__"]):
            continue
        assert there, f"{path} imports {name}: name the module that holds it"
        down = there == here or RANK[there] < RANK[here] or (here, there) in TOGETHER
        assert down, f"{path} ({here}) imports {name} ({there}), which is not below it"


def test_every_module_has_a_layer() -> None:
    assert {layer(module(path)) for path in FILES if module(path) not in (API, f"{API}.__main__")} == set(RANK)


def test_models_do_not_know_each_other() -> None:
    paper = [path for path in FILES if path.parts[1:3] == ("models", "paper")]
    assert len(paper) > 3
    assert not [name for name in imports(Path("blurmap/models/default.py")) if ".paper" in name]
    assert not [name for path in paper for name in imports(path) if name.startswith("blurmap.models.default")]


def test_training_knows_no_application() -> None:
    training = [path for path in FILES if layer(module(path)) == "training"]
    assert len(training) > 10
    assert not [name for path in training for name in imports(path) if layer(name) in ("effects", "scan", "web", "cli")]


def test_detecting_needs_no_training() -> None:
    """What ships without PyTorch never imports what needs it, but for the commands that train."""
    for path in FILES:
        if layer(module(path)) in ("training", "cli"):
            continue
        tree = ast.parse((SOURCE.parent / path).read_text())
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "torch"], path
