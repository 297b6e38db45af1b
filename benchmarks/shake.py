"""Shaken photos: does the verdict see what a careful person sees at full size? Writes shake.json.

    python benchmarks/shake.py --sharp SHARP [--model default]

The 100 held-out sharp photos, brought to a long side of 1280 pixels and shaken by 3 to 8 of them: the mean of 7 to 11
shifted, slightly turned copies in linear light. Beside each its twin, the same photo not shaken. The verdict was fitted
on the same photos with other shakes, so the figures are those of seen photos.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from output import conditions, options, write_figures
from PIL import Image
from rich.progress import track

from blurmap.models import MODELS, load
from blurmap.photos.photo import read_photo
from blurmap.training.data.partial_blur import shaken, sharp_photos

SIDE = 1280  # pixels: what a careful person sees at full size only
LENGTHS = ((3, 4), (4, 6), (6, 8))  # pixels, taken in turn


def pair(photo: NDArray[np.uint8], length: float, random: np.random.Generator) -> tuple[NDArray[np.uint8], ...]:
    """The photo at 1280 pixels, shaken and not."""
    height, width = (round(n * SIDE / max(photo.shape)) for n in photo.shape[:2])
    large = Image.fromarray(photo).resize((width, height), Image.Resampling.BICUBIC)
    moved = shaken(np.asarray(large, np.float32) / np.float32(255), length, random)
    return (np.clip(moved, 0, 1) * 255 + 0.5).astype(np.uint8), np.asarray(large)


def shares(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares of photos by what is said of them; ``named``: the verdict is motion, or the reason names it or a shake."""
    named = [
        r["verdict"] == "motion" or any(word in (r["reason"] or "") for word in ("motion", "shaken")) for r in results
    ]
    verdicts = [r["verdict"] for r in results]
    return {
        "photos": len(results),
        **{verdict: verdicts.count(verdict) / len(results) for verdict in ("motion", "defocused")},
        "named": float(np.mean(named)),
        "good": float(np.mean([verdict in ("sharp", "selective") for verdict in verdicts])),
        "blurred": float(np.mean([r["blurred"] for r in results])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sharp", type=Path, required=True, help="Folder of sharp photos.")
    parser.add_argument(
        "--model", choices=[name for name in MODELS if MODELS[name].capabilities.verdicts], default="default"
    )
    options(parser)
    arguments = parser.parse_args()
    model = load(arguments.model)
    results: dict[str, list[dict[str, Any]]] = {f"shaken by {low} to {high} pixels": [] for low, high in LENGTHS}
    twins: list[dict[str, Any]] = []
    for i, path in enumerate(track(sharp_photos(arguments.sharp, held_out=True)[: arguments.limit], "photos")):
        random = np.random.default_rng([5, i])
        low, high = LENGTHS[i % len(LENGTHS)]
        moved, still = pair(read_photo(path), float(random.uniform(low, high)), random)
        results[f"shaken by {low} to {high} pixels"].append(model.detect(moved).record())
        twins.append(model.detect(still).record())
    rows = {label: found for label, found in results.items() if found}
    rows |= {"shaken, all": [result for found in results.values() for result in found], "not shaken": twins}
    figures = {label: shares(found) for label, found in rows.items()}
    write_figures("shake", {"run": conditions(model=arguments.model), "photos": figures}, arguments.figures)


if __name__ == "__main__":
    main()
