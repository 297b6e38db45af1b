"""What ``import blurmap`` gives, and that it costs nothing before it is used."""

import subprocess
import sys

import pytest

import blurmap

EXPORTED = [
    "BlurMap", "BlurStage", "BlurmapError", "PhotoError", "PhotoTooLarge", "TableError", "VideoError", "WeightsError",
    "cutout", "detect", "detect_many", "frames", "gallery", "load", "magnify", "scan",
]  # fmt: skip


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_exported_names() -> None:
    assert sorted(blurmap.__all__) == EXPORTED
    assert set(EXPORTED) <= set(dir(blurmap))
    for name in EXPORTED:
        assert callable(getattr(blurmap, name)), name
        assert getattr(blurmap, name).__doc__, name
    assert blurmap.__version__


@pytest.mark.slow
def test_all_names_are_there_in_a_fresh_interpreter_in_any_order() -> None:
    for names in (EXPORTED, EXPORTED[::-1]):
        assert python(f"import blurmap\nfor n in {names}: assert callable(getattr(blurmap, n)), n") == ""
    assert python("from blurmap import *; print(callable(detect), callable(scan), BlurMap.__name__)") == (
        "True True BlurMap"
    )


def test_errors_are_a_tree() -> None:
    assert issubclass(blurmap.PhotoTooLarge, blurmap.PhotoError)
    for error in (blurmap.PhotoError, blurmap.WeightsError, blurmap.TableError, blurmap.VideoError):
        assert error.__bases__ == (blurmap.BlurmapError,)


def test_unknown_names_are_refused() -> None:
    assert not hasattr(blurmap, "detct")


def test_importing_is_light() -> None:
    heavy = "('torch', 'onnxruntime', 'scipy', 'PIL', 'numpy', 'typer', 'rich')"
    assert python(f"import sys, blurmap; dir(blurmap); print([m for m in {heavy} if m in sys.modules])") == "[]"
    assert python("import sys, blurmap; blurmap.load(); print('torch' in sys.modules)") == "False"
