"""The blur detection set of Shi, Xu and Jia ("Discriminative blur detection features", CVPR 2014).

A data folder holds ``image/NAME.jpg`` and ``gt/NAME.png`` (255 = blurred). The public split names ship with the
package, so whoever has the full set can score the public test photos.
"""

from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SPLITS = ("train", "val", "test_defocus", "test_motion", "sharp_val", "sharp_val_partly", "szu_train", "szu_val")
# The authors' masks of these two photos are inverted (sharp flowers labelled blurred).
INVERTED = frozenset({"out_of_focus0508", "out_of_focus0509"})


def split_names(split: str) -> list[str]:
    """Photo names of a public split, or of a text file with one name per line.

    Parameters
    ----------
    split : str
        One of ``train``, ``val``, ``test_defocus``, ``test_motion``, ``sharp_val`` (sharp photos kept out of training),
        ``sharp_val_partly`` (those of them that have soft or moving parts, as seen by eye), or the path
        of a list of names.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if split in SPLITS:
        return (resources.files("blurmap.evaluation") / "splits" / f"{split}.txt").read_text().split()
    if Path(split).is_file():
        return Path(split).read_text().split()
    raise ValueError(f"unknown split {split!r}: give one of {', '.join(SPLITS)} or the path of a list of names")


def blur_type(name: str) -> str:
    """``"motion"`` or ``"defocus"``, from the photo's name."""
    return "motion" if name.startswith("motion") else "defocus"


def photo_path(data: Path, name: str) -> Path:
    """Path of the photo ``name``, whose ending may be ``.jpg`` or ``.JPG``."""
    for ending in (".jpg", ".JPG", ".png"):
        path = data / "image" / f"{name}{ending}"
        if path.is_file():
            return path
    raise FileNotFoundError(f"no photo {name} in {data / 'image'}")


def read_photo(data: Path, name: str) -> NDArray[np.uint8]:
    """The photo as H x W x 3 RGB uint8."""
    with Image.open(photo_path(data, name)) as image:
        return np.asarray(image.convert("RGB"))


def read_mask(data: Path, name: str) -> NDArray[np.bool_]:
    """The labelled mask as bool H x W, True = blurred, with the two inverted masks put right."""
    path = data / "gt" / f"{name}.png"
    if not path.is_file():
        raise FileNotFoundError(f"no mask {name} in {data / 'gt'}")
    with Image.open(path) as image:
        mask = np.asarray(image.convert("L")) > 127
    return ~mask if name in INVERTED else mask
