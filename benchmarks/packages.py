"""Sizes of what is installed: builds sdist and wheel, installs the wheel with its core into an empty folder.

    python benchmarks/packages.py

Needs pip, and uv (extra ``dev``). Writes packages.json.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from output import ROOT, options, write_figures

MB = 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options(parser)
    arguments = parser.parse_args()
    uv = [sys.executable, "-m", "uv"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([*uv, "build", "-q", "--out-dir", str(folder / "dist"), str(ROOT)], check=True)
        wheel, sdist = next((folder / "dist").glob("*.whl")), next((folder / "dist").glob("*.tar.gz"))
        site = folder / "site"
        subprocess.run([*uv, "pip", "install", "-q", "--target", str(site), str(wheel)], check=True)
        installed = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
        down = folder / "download"
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "-d", str(down), str(wheel)], check=True)
        download = sum(path.stat().st_size for path in down.iterdir())
        figures = {"wheel_mb": wheel.stat().st_size / MB, "sdist_mb": sdist.stat().st_size / MB}
    write_figures(
        "packages", figures | {"download_mb": download / MB, "installed_mb": installed / MB}, arguments.figures
    )


if __name__ == "__main__":
    main()
