"""Labelled photos: a folder with ``image/NAME.jpg`` and ``gt/NAME.png``, and who they are.

A label is 255 for blurred, 0 for sharp, and exactly 128 where nobody knows: such a pixel is neither trained on nor
scored.

``photos.csv`` in the folder says each photo's ``name``, ``type`` (``defocus`` or ``motion``) and ``split``. Two public
sets are known without it or without its last column: the blur detection set of Shi, Xu and Jia ("Discriminative blur
detection features", CVPR 2014), called CUHK, and SZU-BD (published with "Deep Pyramid Network via Recurrent Distinction
Enhanced Modules for Fast Blur Detection"). Their split names ship with the package, so whoever has the full sets can
score the public test photos.
"""

import csv
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.maps import DEFOCUS, MOTION, SHARP, UNKNOWN

BlurType = Literal["defocus", "motion"]
CUHK_SPLITS = ("train", "val", "test_defocus", "test_motion")
SZU_SPLITS = ("szu_train", "szu_val")
CHOOSING = "choose"  # photos of CUHK's train, kept out of trainings that are compared with each other
SPLITS = (*CUHK_SPLITS, *SZU_SPLITS, CHOOSING, "sharp_val", "sharp_val_partly")
# The authors of CUHK inverted the masks of these two photos (sharp flowers labelled blurred).
INVERTED = frozenset({"out_of_focus0508", "out_of_focus0509"})
UNSURE = 128  # of a label
TABLE = "photos.csv"
ENDINGS = (".jpg", ".JPG", ".jpeg", ".png")


@dataclass(frozen=True)
class LabelledPhoto:
    """One photo of a set.

    Attributes
    ----------
    name : str
        Name of its files, without their endings.
    type : {"defocus", "motion"}
        The kind of all that is blurred in it.
    split : str
        ``train``, ``val``, or another word.
    """

    name: str
    type: BlurType
    split: str


@dataclass(frozen=True)
class Dataset:
    """A folder of labelled photos; make it with ``open_dataset``."""

    folder: Path
    photos: dict[str, LabelledPhoto]

    @property
    def name(self) -> str:
        return self.folder.resolve().name

    def names(self, split: str) -> list[str]:
        """The photos of a split, or those that a text file lists, one name per line.

        ``choose`` are 120 photos of CUHK's ``train``: 84 photos are too few to tell two trainings apart.

        Raises
        ------
        ValueError
            If there is neither.
        """
        if found := [photo.name for photo in self.photos.values() if photo.split == split]:
            return found
        if split == CHOOSING and (found := [name for name in split_names(CHOOSING) if name in self.photos]):
            return found
        if Path(split).is_file():
            return Path(split).read_text(encoding="utf-8").split()
        splits = sorted({photo.split for photo in self.photos.values()})
        raise ValueError(
            f"{self.folder} has no photos of the split {split!r}: give one of {', '.join(splits)}"
            " or the path of a list of names"
        )

    def type(self, name: str) -> BlurType:
        """Type of blur of a photo; for photos that no table knows, motion where the name begins so, as CUHK's do."""
        return self.photos[name].type if name in self.photos else _type_by_name(name)

    def photo(self, name: str) -> NDArray[np.uint8]:
        """The photo as H x W x 3 RGB uint8.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        for ending in ENDINGS:
            path = self.folder / "image" / f"{name}{ending}"
            if path.is_file():
                with Image.open(path) as image:
                    return np.asarray(image.convert("RGB"))
        raise FileNotFoundError(f"no photo {name} in {self.folder / 'image'}")

    def mask(self, name: str) -> NDArray[np.bool_]:
        """The labelled mask, H x W bool, True = blurred, with CUHK's two inverted masks put right.

        Where it is unknown (``known``) it means nothing.

        Raises
        ------
        FileNotFoundError
            If there is none.
        """
        mask: NDArray[np.bool_] = self._labels(name) > UNSURE
        return ~mask if name in INVERTED else mask

    def known(self, name: str) -> NDArray[np.bool_]:
        """Where the labels say anything, H x W bool; raises as ``mask``."""
        return self._labels(name) != UNSURE

    def kind(self, name: str) -> NDArray[np.uint8]:
        """Kind of each pixel by the labels, H x W uint8: 0 sharp, 1 defocus, 2 motion, 255 unknown."""
        kind = np.where(self.mask(name), MOTION if self.type(name) == "motion" else DEFOCUS, SHARP)
        return np.where(self.known(name), kind, UNKNOWN)

    def _labels(self, name: str) -> NDArray[np.uint8]:
        path = self.folder / "gt" / f"{name}.png"
        if not path.is_file():
            raise FileNotFoundError(f"no mask {name} in {self.folder / 'gt'}")
        with Image.open(path) as image:
            return np.asarray(image.convert("L"))


def open_dataset(folder: Path) -> Dataset:
    """The labelled photos of a folder; those without a table are taken for CUHK.

    Raises
    ------
    FileNotFoundError
        If the folder has no ``image/`` or no ``gt/``.
    ValueError
        If its table is not one.
    """
    for inner in ("image", "gt"):
        if not (folder / inner).is_dir():
            raise FileNotFoundError(
                f"{folder}: a set of labelled photos has the folders image/ and gt/; no {inner}/ here"
            )
    table = folder / TABLE
    if not table.is_file():
        photos = [LabelledPhoto(n, _type_by_name(n), split) for split in CUHK_SPLITS for n in split_names(split)]
        return Dataset(folder, {photo.name: photo for photo in photos})
    shipped = {name: split.removeprefix("szu_") for split in SZU_SPLITS for name in split_names(split)}
    by_name = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name, kind = row.get("name"), row.get("type")
            split = row.get("split") or shipped.get(name or "")
            if not name or kind not in get_args(BlurType) or not split:
                raise ValueError(f"{table}: a row needs name, type (defocus or motion) and split, not {row}")
            by_name[name] = LabelledPhoto(name, cast(BlurType, kind), split)
    if not by_name:
        raise ValueError(f"{table}: lists no photos")
    return Dataset(folder, by_name)


def split_names(split: str) -> list[str]:
    """Names of a split that ships with the package, one of ``SPLITS``.

    ``sharp_val`` are the sharp photos that are kept out of training, ``sharp_val_partly`` those of them that have soft
    or moving parts, as seen by eye.
    """
    return (resources.files("blurmap.evaluation") / "splits" / f"{split}.txt").read_text(encoding="utf-8").split()


def _type_by_name(name: str) -> BlurType:
    return "motion" if name.startswith("motion") else "defocus"
