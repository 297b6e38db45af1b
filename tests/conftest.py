"""Photos and tiny networks that the tests make themselves: no test needs the data beside the project."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from blurmap.evaluation import dataset as cuhk

EXAMPLES = Path(__file__).parent.parent / "examples"
FEW = {  # four photos with motion blur and four with defocus to train on
    "train": cuhk.split_names("train")[:4] + cuhk.split_names("train")[-4:],
    "val": cuhk.split_names("val")[:2] + cuhk.split_names("val")[-2:],
    "sharp_val": cuhk.split_names("sharp_val")[:2],
}


def textured(h: int, w: int, seed: int = 0) -> NDArray[np.uint8]:
    """A photo-like picture: texture at several scales, all of it sharp."""
    random = np.random.default_rng(seed)
    total = sum(
        gaussian_filter(random.standard_normal((h, w, 3)), (s, s, 0)) * (s + 0.5) for s in (0.0, 1.5, 4.0, 12.0)
    )
    total = (total - total.min()) / np.ptp(total)
    return (total * 255).astype(np.uint8)


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    """220 x 300: sharp texture on the left, the same blurred by sigma 4 on the right."""
    pixels = textured(220, 300)
    blurred = gaussian_filter(pixels.astype(np.float32), (4, 4, 0))
    pixels[:, 150:] = blurred[:, 150:].astype(np.uint8)
    return pixels


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A data folder laid out like CUHK: every name of FEW is a small half-blurred photo."""
    data = tmp_path / "cuhk"
    (data / "image").mkdir(parents=True)
    (data / "gt").mkdir()
    for i, name in enumerate(FEW["train"] + FEW["val"]):
        pixels = textured(60, 80, i)
        blurred = gaussian_filter(pixels.astype(np.float32), (3, 3, 0)).astype(np.uint8)
        pixels[:, 40:] = blurred[:, 40:]
        Image.fromarray(pixels).save(data / "image" / f"{name}.jpg")
        mask = np.zeros((60, 80), np.uint8)
        mask[:, 40:] = 255
        Image.fromarray(mask).save(data / "gt" / f"{name}.png")
    return data
