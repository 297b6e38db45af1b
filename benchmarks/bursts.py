"""Bursts made from held-out sharp photos: are they found, is the best ranked first? Writes bursts.json.

    python benchmarks/bursts.py --sharp SHARP

Each photo makes a burst of each kind (``burst_photos.py``): six versions, two of them not blurred, the others more and
more, each with a view, exposure, grain and JPEG of its own. What the scan keeps of them goes through ``mark_bursts``:
photos half a second apart, without a pause between bursts. Beside it, the usual scores of the whole photo on the same
bursts, and other likenesses on the same pairs, each at the threshold that suits it best.
"""

import argparse
import itertools
import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from burst_photos import STRENGTHS, burst, reframed
from numpy.typing import NDArray
from output import conditions, options, write_figures
from PIL import Image
from rich.progress import track
from scipy.fft import dctn
from scipy.ndimage import laplace, sobel

from blurmap.bursts.bursts import mark_bursts
from blurmap.bursts.likeness import ALIKE, likeness
from blurmap.bursts.ranking import MARGIN
from blurmap.bursts.traces import Trace, make_trace
from blurmap.fields import COLUMNS, Row
from blurmap.imaging.pyramid import Pyramid
from blurmap.models import load
from blurmap.photos.photo import read_photo
from blurmap.training.data.partial_blur import sharp_photos

LARGEST = 640  # pixels, long side: larger photos are reduced, which makes them sharper
MANY = 20_000
OURS = "blurmap"
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """What is known of one made photo: ``place`` is the truth, 0 for the sharpest; scores are higher for sharper."""

    trace: Trace
    place: int
    scores: dict[str, float]
    small: Floats


def seen_of(photo: NDArray[np.uint8], place: int, model: str) -> Seen:
    seen = Pyramid(Image.fromarray(photo))
    trace = make_trace(seen, load(model, threads=1).maps(seen))  # type: ignore[attr-defined]
    grey = np.asarray(seen.image.convert("L"), np.float32)
    scores = {
        "variance of the Laplacian": float(laplace(grey).var()),
        "Tenengrad": float((sobel(grey, 0) ** 2 + sobel(grey, 1) ** 2).mean()),
    }
    small = np.asarray(seen.image.convert("L").resize((32, 32), Image.Resampling.BOX), np.float32)
    return Seen(trace, place, scores, small)


def made(i: int, path: Path, model: str) -> dict[str, list[Seen]]:
    """A photo's bursts by kind, and two photos of other moments at the same place, under "reframed"."""
    photo = read_photo(path)
    if max(photo.shape) > LARGEST:
        scale = LARGEST / max(photo.shape)
        size = round(photo.shape[1] * scale), round(photo.shape[0] * scale)
        photo = np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.LANCZOS))
    found = {}
    for k, kind in enumerate(STRENGTHS):
        versions = burst(photo, kind, np.random.default_rng([7, i, k]))
        found[kind] = [seen_of(version.photo, version.place, model) for version in versions]
    random = np.random.default_rng([7, i, len(STRENGTHS)])
    return found | {"reframed": [seen_of(view, 0, model) for view in reframed(photo, random)]}


def in_time(moments: list[list[Seen]]) -> list[list[Row]]:
    """Rows of the photos with ``burst`` and ``rank``, taken half a second apart, one moment after the other."""
    begin = datetime(2026, 11, 25, 9)
    traces: dict[str, Trace] = {}
    rows: list[list[Row]] = []
    for moment in moments:
        rows.append([])
        for seen in moment:
            path = f"{len(traces):06}"
            taken = (begin + timedelta(seconds=len(traces) / 2)).isoformat(timespec="milliseconds")
            rows[-1].append(dict.fromkeys(COLUMNS) | {"path": path, "taken": taken, "camera": "a camera"})
            traces[path] = seen.trace
    mark_bursts(itertools.chain.from_iterable(rows), traces.get)
    return rows


def grouping(moments: list[list[Seen]], rows: list[list[Row]]) -> dict[str, float]:
    """Shares of neighbours in time of one moment that were parted, and of two that were put together."""
    parted = [a["burst"] is None or a["burst"] != b["burst"] for burst in rows for a, b in itertools.pairwise(burst)]
    together = [
        before[-1]["burst"] is not None and before[-1]["burst"] == after[0]["burst"]
        for before, after in itertools.pairwise(rows)
    ]
    return {
        "parted": float(np.mean(parted)), "parted_of": len(parted),
        "together": float(np.mean(together)), "together_of": len(together),
    }  # fmt: skip


def rank_figures(bursts: list[tuple[list[int], list[float]]]) -> dict[str, float]:
    """Of true places and given ranks: best first, order, twins said to be equal, others wrongly said to be."""
    best = [all(place == 0 for place, r in zip(*b, strict=True) if r == min(b[1])) for b in bursts]
    orders, twins, equal = [], [], []
    for places, given in bursts:
        pairs = list(itertools.combinations(range(len(places)), 2))
        unlike = [(i, j) for i, j in pairs if places[i] != places[j]]
        orders.append(np.mean([np.sign(given[i] - given[j]) * np.sign(places[i] - places[j]) for i, j in unlike]))
        twins += [given[i] == given[j] for i, j in pairs if places[i] == places[j]]
        equal += [given[i] == given[j] for i, j in unlike]
    figures = {"best": best, "order": orders, "twins": twins, "equal": equal}
    return {name: float(np.mean(values)) for name, values in figures.items()}


def ranking(moments: dict[str, list[list[Seen]]], rows: dict[str, list[list[Row]]]) -> dict[str, Any]:
    """Figures by score: over all bursts, and by kind."""
    given: dict[str, dict[str, list[tuple[list[int], list[float]]]]] = {}
    for kind, bursts in moments.items():
        for burst_, told in zip(bursts, rows[kind], strict=True):
            places = [seen.place for seen in burst_]
            names = [row["burst"] for row in told]
            main = max(set(names), key=names.count)
            ranks = [row["rank"] if row["burst"] == main and main else len(told) + 1 for row in told]
            given.setdefault(OURS, {}).setdefault(kind, []).append((places, ranks))
            for score in burst_[0].scores:
                by_score = [-seen.scores[score] for seen in burst_]
                given.setdefault(score, {}).setdefault(kind, []).append((places, by_score))
    return {
        score: rank_figures(list(itertools.chain.from_iterable(by_kind.values())))
        | {kind: rank_figures(bursts) for kind, bursts in by_kind.items()}
        for score, by_kind in given.items()
    }


def unit(values: Floats) -> Floats:
    values = values - values.mean()
    return values / max(float(np.linalg.norm(values)), 1e-6)


def difference_hash(small: Floats) -> NDArray[np.bool_]:
    tiny = np.asarray(Image.fromarray(small).resize((9, 8), Image.Resampling.BOX))
    return tiny[:, 1:] > tiny[:, :-1]


def perceptual_hash(small: Floats) -> NDArray[np.bool_]:
    low = dctn(small)[:8, :8]
    return np.asarray(low > np.median(low))


LIKENESSES: dict[str, Callable[[Seen, Seen], float]] = {
    "difference hash, 64 bits": lambda a, b: float((difference_hash(a.small) == difference_hash(b.small)).mean()),
    "perceptual hash, 64 bits": lambda a, b: float((perceptual_hash(a.small) == perceptual_hash(b.small)).mean()),
    "32 x 32 pixels, correlation": lambda a, b: float((unit(a.small) * unit(b.small)).sum()),
    "48 x 48 pixels, band, best shift": lambda a, b: likeness(a.trace.copy, b.trace.copy).value,
}


def likenesses(moments: list[list[Seen]]) -> dict[str, dict[str, float]]:
    """Shares of pairs that each likeness gets wrong at the threshold with the least sum of both."""
    same = [pair for moment in moments if len(moment) > 1 for pair in itertools.pairwise(moment)]
    unlike = [(before[-1], after[0]) for before, after in itertools.pairwise(moments)]
    found = {}
    for name, value in LIKENESSES.items():
        near, far = (np.array([value(*pair) for pair in pairs]) for pairs in (same, unlike))
        cuts = np.unique(np.concatenate([near, far]))
        errors = [(near < cut).mean() + (far >= cut).mean() for cut in cuts]
        cut = cuts[int(np.argmin(errors))]
        parted, together = float((near < cut).mean()), float((far >= cut).mean())
        found[name] = {"parted": parted, "together": together, "threshold": float(cut)}
    return found


def many(moments: list[list[Seen]], count: int) -> dict[str, float]:
    """Seconds and MB that bursts among ``count`` photos take, whose traces are made from those of ``moments``."""
    traces = [seen.trace for moment in moments for seen in moment]
    begin = datetime(2026, 11, 25, 9)
    rows = [
        dict.fromkeys(COLUMNS) | {"path": str(i), "taken": (begin + timedelta(seconds=i / 2)).isoformat()}
        for i in range(count)
    ]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    mark_bursts(rows, lambda path: traces[int(path) % len(traces)])
    seconds = time.perf_counter() - started
    return {
        "photos": count, "seconds": seconds,
        "grown_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sharp", type=Path, required=True, help="Folder of sharp photos.")
    parser.add_argument("--model", default="default")
    parser.add_argument("--trained-on", action="store_true", help="Of photos that are for training: to choose on.")
    options(parser)
    arguments = parser.parse_args()
    paths = sharp_photos(arguments.sharp, held_out=not arguments.trained_on)[: arguments.limit]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        looks = pool.map(partial(made, model=arguments.model), range(len(paths)), paths)
        photos = list(track(looks, "photos", total=len(paths)))
    moments = {kind: [photo[kind] for photo in photos] for kind in STRENGTHS}
    rows = {kind: in_time(bursts) for kind, bursts in moments.items()}
    turned = [[seen] for photo in photos for seen in photo["reframed"]]
    everything = [moment for bursts in moments.values() for moment in bursts]
    found = grouping(everything, [row for told in rows.values() for row in told])
    figures = {
        "run": conditions(
            model=arguments.model, photos=len(photos), bursts=len(everything), margin=MARGIN, alike=ALIKE
        ),
        "ranking": ranking(moments, rows),
        "grouping": found | {"turned": grouping(turned, in_time(turned))["together"]},
        "likeness": likenesses(everything + turned),
        "many": many(everything, arguments.limit or MANY),
    }
    write_figures("bursts", figures, arguments.figures)


if __name__ == "__main__":
    main()
