"""What the network of ``default`` costs on each runtime for the CPU, and how far the answers are apart.

    python benchmarks/providers.py [--runs 15]

Processor time of one core, which a busy machine changes least; all runtimes take turns on the example photos. Writes
providers.json.
"""

import argparse
import statistics
import time

import numpy as np
from output import EXAMPLES, conditions, options, write_figures

from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit_multiple
from blurmap.maps import Maps
from blurmap.models.default import DefaultModel
from blurmap.models.runtime import Provider, Runtime
from blurmap.photos.photo import open_photo

RUNTIMES: tuple[Provider, ...] = ("cpu", "openvino", "openvino-bf16")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    options(parser)
    arguments = parser.parse_args()
    models = {name: DefaultModel(runtime=Runtime(name, threads=1)) for name in RUNTIMES}
    photos = [Pyramid(open_photo(path)) for path in sorted(EXAMPLES.glob("*.jpg"))[: arguments.limit]]
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(arguments.runs):
        for photo in photos:
            pixels = photo.resized(fit_multiple(photo.shape, max(models["cpu"].settings.sides)))[None]
            for name, model in models.items():
                started = time.process_time()
                model.network(pixels)
                times[name].append(1000 * (time.process_time() - started))
    usual = [models["cpu"].maps(photo) for photo in photos]
    figures = {
        name: {"ms": statistics.median(times[name])} | apart([model.maps(photo) for photo in photos], usual)
        for name, model in models.items()
    }
    write_figures(
        "providers", {"runtimes": figures, "conditions": conditions(photos=len(photos), threads=1)}, arguments.figures
    )


def apart(maps: list[Maps], usual: list[Maps]) -> dict[str, float]:
    """Mean and largest difference of the probability, and the share of the pixels whose mask is the same."""
    pairs = list(zip(maps, usual, strict=True))
    differences = [np.abs(one.blurred - other.blurred) for one, other in pairs]
    return {
        "mean": float(np.mean([difference.mean() for difference in differences])),
        "largest": float(max(difference.max() for difference in differences)),
        "same_mask": float(np.mean([(one.mask == other.mask).mean() for one, other in pairs])),
    }


if __name__ == "__main__":
    main()
