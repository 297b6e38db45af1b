"""Runs the notebooks of examples/ beside copies of its photos and keeps what they show; ``--check`` keeps nothing."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parent.parent / "examples"
SECONDS = 300  # that a cell may take


def executed(path: Path) -> Any:
    """The notebook with fresh outputs; raises nbclient's CellExecutionError where a cell fails."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder:
        for photo in EXAMPLES.glob("*.jpg"):
            shutil.copy(photo, folder)
        NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": folder}}).execute()
        text = nbformat.writes(notebook).replace(f"{Path(folder).resolve()}/", "")  # type: ignore[no-untyped-call]
    notebook = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", ()):
                output.data.pop("image/png", None)  # the same again, and large
    return notebook


def main() -> None:
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        notebook = executed(path)
        if sys.argv[1:] != ["--check"]:
            nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
