"""From a training that began with the shipped weights to a folder that [`blurmap.load`][] takes.

Working size, calibration and verdict stay those that ship: a few dozen photos are too few to choose them on.
"""

import json
from pathlib import Path

from blurmap.evaluation.dataset import open_dataset
from blurmap.models import OWN_LICENCE
from blurmap.models.default import DefaultModel
from blurmap.models.weights import read_description
from blurmap.training.checkpoint import load_checkpoint
from blurmap.training.export import figures_on_val
from blurmap.training.export_default import float_package, int8_package

WEIGHTS = "weights"  # the folder in that of the run


def write_fine_tuned(checkpoint: Path, folder: Path, out: Path) -> Path:
    """Write ``default`` and ``default-int8`` of a checkpoint, with figures on the data's ``val``; returns the folder.

    There are no figures if ``val`` was trained on too.

    Parameters
    ----------
    checkpoint : Path
        ``default.pt`` of the run.
    folder : Path
        The labelled photos that it was trained on; those of ``val``, if there are any, are measured on.
    out : Path
        Folder to write to; files there are replaced.
    """
    data = open_dataset(folder)
    val_seen = json.loads(load_checkpoint(checkpoint)["settings"])["everything"]
    measured = not val_seen and any(photo.split == "val" for photo in data.photos.values())
    whole = float_package([checkpoint], training_data=OWN_LICENCE)
    whole.settings = read_description(whole.name)["settings"]
    for package in (whole, int8_package(whole, data)):
        package.settings = read_description(package.name)["settings"]
        if measured:
            package.val = figures_on_val(DefaultModel(package.name, package.folder()), data)
        package.save(out)
    return out
