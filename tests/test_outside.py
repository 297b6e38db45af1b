"""The programs of docs/guides/runtimes.md that use the network without blurmap answer as blurmap does."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import blurmap

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "guides" / "runtimes.md").read_text(encoding="utf-8")
WEIGHTS, PHOTO = ROOT / "src" / "blurmap" / "models" / "weights", ROOT / "examples" / "cat.jpg"
MODULES = Path(os.environ.get("BLURMAP_NODE_MODULES", ROOT / "node_modules"))  # of npm


def told(language: str, command: list[str], file: Path) -> tuple[float, ...]:
    """The shares that the page's program in a language prints."""
    program = re.search(rf"```{language}\n(import .*?)```", PAGE, re.DOTALL)
    assert program
    file.write_text(program[1], encoding="utf-8")
    done = subprocess.run([*command, str(file), str(WEIGHTS), str(PHOTO)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(float(share) for share in re.findall(r"\d\.\d+", done.stdout))


def agree(shares: tuple[float, ...]) -> None:
    maps = blurmap.detect(PHOTO).maps
    assert 0.1 < maps.mask.mean() < 0.9
    assert shares == pytest.approx((maps.mask.mean(), 0.0), abs=0.02)


def test_python(tmp_path: Path) -> None:
    agree(told("python", [sys.executable], tmp_path / "program.py"))


@pytest.mark.skipif(not shutil.which("node") or not (MODULES / "sharp").is_dir(), reason="needs npm")
@pytest.mark.parametrize("runtime", ["onnxruntime-node", "onnxruntime-web"])
def test_javascript(tmp_path: Path, runtime: str) -> None:
    if not (MODULES / runtime).is_dir():
        pytest.skip(f"{runtime} is not installed")
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "node").write_text(f'#!/bin/sh\nsed -i s/onnxruntime-node/{runtime}/ "$1"\nexec node "$@"\n')
    agree(told("js", ["sh", str(tmp_path / "node")], tmp_path / "program.mjs"))
