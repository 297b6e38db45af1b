"""What tests share: photos and results that they make themselves. No test needs the data beside the project."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from blurmap import BlurMap
from blurmap.evaluation.dataset import split_names
from blurmap.imaging.pyramid import Pyramid
from blurmap.maps import Maps
from blurmap.models.weights import read_description, weights_folder

EXAMPLES = Path(__file__).parent.parent / "examples"
FEW = {  # four photos with motion blur and four with defocus to train on
    "train": split_names("train")[:4] + split_names("train")[-4:],
    "val": split_names("val")[:2] + split_names("val")[-2:],
    "sharp_val": split_names("sharp_val")[:2],
}


def textured(h: int, w: int, seed: int = 0) -> NDArray[np.uint8]:
    """A photo-like picture, h x w x 3 uint8: texture at several scales, all of it sharp."""
    random = np.random.default_rng(seed)
    total = sum(
        gaussian_filter(random.standard_normal((h, w, 3)), (s, s, 0)) * (s + 0.5) for s in (0.0, 1.5, 4.0, 12.0)
    )
    total = (total - total.min()) / np.ptp(total)
    return (total * 255).astype(np.uint8)


def soft(photo: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """The photo under a Gaussian, uint8."""
    return gaussian_filter(photo.astype(np.float32), (sigma, sigma, 0)).astype(np.uint8)


def detail(photo: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Gradient energy of the grey values, H x W float64: what blur takes away."""
    down, across = np.gradient(photo.mean(axis=2))
    return np.asarray(down**2 + across**2)


def pyramid(photo: NDArray[np.uint8]) -> Pyramid:
    return Pyramid(Image.fromarray(photo))


def blur_map(photo: NDArray[np.uint8], mask: NDArray[np.bool_], motion: NDArray[np.float32] | None = None) -> BlurMap:
    """A result whose mask is exactly this one, at the photo's own size, by a model called "test"."""
    return BlurMap(pyramid(photo), Maps(mask.astype(np.float32), motion), "test", "0" * 64)


def weights_copy(folder: Path, model: str) -> Path:
    """The shipped weights of a model, to be damaged or changed; returns the folder."""
    files = [entry["file"] for entry in read_description(model)["files"].values()]
    for name in (f"{model}.json", *files):
        shutil.copy(str(weights_folder() / name), folder / name)
    return folder


def write_labelled(data: Path) -> Path:
    """A set of labelled photos with its table: every name of ``FEW`` is a small photo whose right half is blurred."""
    (data / "image").mkdir(parents=True)
    (data / "gt").mkdir()
    mask = np.zeros((60, 80), np.uint8)
    mask[:, 40:] = 255
    rows = ["name,type,split"]
    for i, (name, split) in enumerate((name, part) for part in ("train", "val") for name in FEW[part]):
        pixels = textured(60, 80, i)
        pixels[:, 40:] = soft(pixels, 3)[:, 40:]
        Image.fromarray(pixels).save(data / "image" / f"{name}.jpg")
        Image.fromarray(mask).save(data / "gt" / f"{name}.png")
        rows.append(f"{name},{'motion' if name.startswith('motion') else 'defocus'},{split}")
    (data / "photos.csv").write_text("\n".join(rows) + "\n")
    return data


def program(place: str) -> ModuleType:
    """A program of the checkout that is no part of the package, such as ``scripts/figures.py``, as a module."""
    path = EXAMPLES.parent / place
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
