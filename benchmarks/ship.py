"""Whether new weights may ship: compared with older ones photo by photo; writes docs/figures/ship.json.

    python benchmarks/ship.py OLD [OLD ...] NEW --data CUHK --truth MULTIFOCUS --moving MOVING --sharp SHARP
        --photos REAL

OLD and NEW are folders of weights, or models by name. Weights of ``paper`` are ``FOLDER/paper.json``, and what is said
of them goes to docs/figures/paper-ship.json. On every set the new weights are held against the best of the old ones.
They may ship if they are nowhere worse by more than a standard error of the mean difference, and somewhere better by
two. Old weights that were trained on CUHK's val are left out there; new ones are refused: the same training without
val is what can be judged.

What counts is an error, lower is better: on labelled sets the error of the mask, for things that move 1 - IoU of what
is blurred, on photos that are sharp or blurred all over the share that is called otherwise, and of the verdict (if the
model gives one) on real photos five for a false alarm and one for a miss. Photos of one scene count as one.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from output import conditions, options, refuse_seen, write_figures
from rich.console import Console
from rich.progress import track
from rich.table import Table

from blurmap.evaluation.dataset import Dataset, open_dataset, split_names
from blurmap.evaluation.scoring import trained_on
from blurmap.evaluation.verdicts import read_photos
from blurmap.models import Model, find, load
from blurmap.photos.photo import read_photo
from blurmap.result import BlurMap
from blurmap.training.data.partial_blur import sharp_photos
from blurmap.training.verdict_fit import FALSE_ALARM
from blurmap.verdict.judgement import GOOD

WORSE, BETTER = 1.0, 2.0  # standard errors
Loss = Callable[[BlurMap], float]
Photo = tuple[str, str, Any, Loss]  # set, scene, what detect takes, error of an answer


def mask_error(data: Dataset, name: str) -> Loss:
    truth, known = data.mask(name), data.known(name)
    return lambda result: float((result.mask != truth)[known].mean())


def unfound(data: Dataset, name: str) -> Loss:
    """1 - IoU of what is blurred: a small thing is no less than a large one."""
    truth, known = data.mask(name), data.known(name)

    def loss(result: BlurMap) -> float:
        both, either = (result.mask & truth)[known].sum(), (result.mask | truth)[known].sum()
        return float(1 - both / max(either, 1))

    return loss


def cost(good: bool) -> Loss:
    """Of the verdict on a photo that a person called good, or bad."""
    return lambda result: 0.0 if (result.verdict in GOOD) == good else FALSE_ALARM if good else 1.0


def labelled_photos(data: Dataset, error: Callable[[Dataset, str], Loss]) -> Iterator[Photo]:
    """Those of ``val``, by type; the two of a pair (``NAME_A``, ``NAME_B``) are one scene."""
    for name in data.names("val"):
        scene = name.removesuffix("_A").removesuffix("_B")
        yield f"{data.name}, {data.type(name)}", scene, data.photo(name), error(data, name)


def whole_photos(sharp: Path, photos: Path, verdicts: bool) -> Iterator[Photo]:
    """Photos that are sharp or blurred all over, and those with a verdict by eye, which not every model gives."""
    partly = set(split_names("sharp_val_partly"))
    for path in sharp_photos(sharp, held_out=True):
        if path.stem not in partly:
            yield "sharp photos", path.stem, read_photo(path), lambda result: float(result.mask.mean())
    for listed in read_photos(photos):
        scene, file = listed.group, str(listed.path)
        if verdicts:
            yield "real, verdict", scene, file, cost(listed.good)
        if listed.verdict == "sharp":
            yield "real, sharp", scene, file, lambda result: float(result.mask.mean())
        elif not listed.good:
            yield "real, blurred", scene, file, lambda result: float(1 - result.mask.mean())


def errors(model: Model, photos: list[Photo]) -> dict[str, dict[str, float]]:
    """Mean error by set and scene."""
    found: dict[str, dict[str, list[float]]] = {}
    result, last = None, None
    for title, scene, photo, loss in track(photos, model.weights[:12]):
        if photo is not last or result is None:  # several questions of one photo
            result, last = model.detect(photo), photo
        found.setdefault(title, {}).setdefault(scene, []).append(loss(result))
    return {title: {scene: float(np.mean(e)) for scene, e in scenes.items()} for title, scenes in found.items()}


def short(weights: str) -> str:
    """Name of a model, or of the folder of its weights."""
    path = Path(weights)
    return path.parent.name if path.suffix == ".json" else path.name


def best_of(rivals: dict[str, dict[str, float]]) -> str:
    """The one with the least mean error, of errors by scene."""
    return min(rivals, key=lambda folder: float(np.mean(list(rivals[folder].values()))))


def compared(old: dict[str, float], new: dict[str, float]) -> dict[str, float]:
    """Mean error of the old and the new weights on a set, mean difference and its standard error over scenes."""
    difference = np.array([new[scene] - old[scene] for scene in old])
    deviation = float(difference.std(ddof=1)) if len(difference) > 1 else 0.0
    return {
        "scenes": len(difference), "old": float(np.mean(list(old.values()))), "new": float(np.mean(list(new.values()))),
        "difference": float(difference.mean()), "standard_error": deviation / len(difference) ** 0.5,
    }  # fmt: skip


def judged(sets: dict[str, dict[str, Any]]) -> str:
    """``ships``, or why not."""
    worse = [name for name, row in sets.items() if row["difference"] > WORSE * row["standard_error"]]
    if worse:
        return f"does not ship: worse on {', '.join(worse)}"
    if not any(row["difference"] < -BETTER * row["standard_error"] for row in sets.values()):
        return "does not ship: nowhere better by two standard errors"
    return "ships"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+", metavar="WEIGHTS", help="folders of old weights, the last of new ones")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True, help="labelled photos whose masks follow from physics")
    parser.add_argument("--moving", type=Path, required=True, help="labelled photos with small things that move")
    parser.add_argument("--sharp", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    options(parser)
    arguments = parser.parse_args()
    *olds, new = arguments.weights
    if not olds:
        parser.error("give folders of old weights, and then of the new ones")
    people, truth, moving = (open_dataset(folder) for folder in (arguments.data, arguments.truth, arguments.moving))
    refuse_seen([new], people, "val")
    if all(trained_on(folder, people, "val") for folder in olds):
        parser.error("all old weights were trained on val: give some that were not")
    verdicts = find(new).capabilities.verdicts
    whole = list(whole_photos(arguments.sharp, arguments.photos, verdicts))[: arguments.limit]
    found = {}
    for folder in (*olds, new):
        sets = [labelled_photos(truth, mask_error), labelled_photos(moving, unfound)]
        if not trained_on(folder, people, "val"):
            sets.append(labelled_photos(people, mask_error))
        photos = [photo for labelled in sets for photo in list(labelled)[: arguments.limit]]
        found[folder] = errors(load(folder), photos + whole)
    rows: dict[str, dict[str, Any]] = {}
    for title, scenes in found[new].items():
        rivals = {folder: found[folder][title] for folder in olds if title in found[folder]}
        best = best_of(rivals)
        rows[title] = compared(rivals[best], scenes) | {"best_old": load(best).weights[:12]}
        for folder, errors_there in rivals.items():
            rows[title][f"error_{short(folder)}"] = float(np.mean(list(errors_there.values())))
    table = Table("set", "scenes", "best old", "new", "difference", "standard error")
    for title, row in rows.items():
        numbers = (f"{row[key]:.4f}" for key in ("old", "new", "difference", "standard_error"))
        table.add_row(title, str(row["scenes"]), *numbers)
    Console(width=120).print(table)
    print(judged(rows))
    kind, name = ("default", "ship") if verdicts else ("paper", "paper-ship")
    run = conditions(kind, new=load(new).weights[:12], old=[load(folder).weights[:12] for folder in olds])
    write_figures(name, {"run": run, "answer": judged(rows), "sets": rows}, arguments.figures)


if __name__ == "__main__":
    main()
