"""Whether the presets of ``blurmap check`` do what they are for; writes presets.json.

    python benchmarks/presets.py --sharp SHARP --real REAL [--photos 100] [--model default]

Real photos with verdicts by eye come first: they are what the promise of a preset is measured on. Then the held-out
sharp photos at a long side of 1000 pixels: as they are, out of focus and shaken; beside each a made-up printed page
that lies on it, likewise. The blur is of a width that the eye sees at 640 pixels, or wider. The verdict was fitted on
the same photos, the made-up ones with other blur, so the figures are those of seen photos.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from output import conditions, options, write_figures
from rich.progress import track

from blurmap.evaluation.dataset import split_names
from blurmap.evaluation.verdicts import judged, read_photos
from blurmap.imaging.resizing import fit, resize_photo
from blurmap.models import MODELS, load
from blurmap.photos.photo import read_photo
from blurmap.training.data.documents import document
from blurmap.training.data.motion_kernels import motion_kernels
from blurmap.training.data.partial_blur import sharp_photos
from blurmap.training.data.verdict_photos import versions
from blurmap.verdict.judgement import VERDICTS
from blurmap.verdict.rules import PRESETS, outcome

SIDE = 1000
SEED = 11  # others than those that the verdict was fitted on


def records(sharp: Path, count: int, name: str) -> dict[str, list[dict[str, Any]]]:
    """What the model says of every version, by kind of photo."""
    model, kernels = load(name), motion_kernels(300, pans=0.0, seed=SEED)
    found: dict[str, list[dict[str, Any]]] = {}
    partly = set(split_names("sharp_val_partly"))
    paths = [path for path in sharp_photos(sharp, held_out=True) if path.stem not in partly]
    for i, path in enumerate(track(paths[:: max(len(paths) // count, 1)][:count], "photos")):
        random = np.random.default_rng([SEED, i])
        photo = read_photo(path)
        photo = resize_photo(photo, fit(photo.shape, SIDE))
        for kind, picture in (("photo", photo), ("page", document(photo, random))):
            for truth, _, seen in versions(picture, (1.0,), kernels, random):
                found.setdefault(f"{kind}, {VERDICTS[truth]}", []).append(model.detect(seen).record())
    return found


def real_records(folder: Path, name: str) -> dict[str, list[dict[str, Any]]]:
    """What the model says of real photos: of receipts, which are pages, and of all others, good and bad."""
    found: dict[str, list[dict[str, Any]]] = {}
    for answer in judged(load(name), read_photos(folder), lambda photos: track(photos, "real photos")):
        if answer.record:
            what = "page" if answer.photo.kind == "receipt" else "photo"
            found.setdefault(f"real {what}, {'good' if answer.photo.good else 'bad'}", []).append(answer.record)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sharp", type=Path, required=True, help="Folder of sharp photos.")
    parser.add_argument("--real", type=Path, required=True, help="Folder of real photos with verdicts by eye.")
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument(
        "--model", choices=[name for name in MODELS if MODELS[name].capabilities.verdicts], default="default"
    )
    options(parser)
    arguments = parser.parse_args()
    count = min(arguments.photos, arguments.limit or arguments.photos)
    found = real_records(arguments.real, arguments.model) | records(arguments.sharp, count, arguments.model)
    rows: dict[str, Any] = {}
    for name, preset in PRESETS.items():
        for kind, said in found.items():
            outcomes = [outcome(record, preset)[0] for record in said]
            shares = {word: outcomes.count(word) / len(said) for word in ("pass", "warn", "reject")}
            rows[f"{name}: {kind}"] = {"photos": len(said), **shares}
    write_figures("presets", {"run": conditions(model=arguments.model), "presets": rows}, arguments.figures)


if __name__ == "__main__":
    main()
