"""Photos to train on."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from blurmap.training.data.patches import make_patches
from blurmap.training.recipes import PatchSettings
from tests.support import FEW, textured, write_labelled


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of labelled photos that no test changes, see ``tests.support.write_labelled``."""
    return write_labelled(tmp_path_factory.mktemp("sets") / "small")


@pytest.fixture(scope="session")
def sharp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sharp photos, the first two of them held out of training."""
    folder = tmp_path_factory.mktemp("sharp")
    for i, name in enumerate([*FEW["sharp_val"], "a", "b"]):
        Image.fromarray(textured(60, 80, i)).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="session")
def partial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that the first training fills with synthetic photos; the others take those."""
    return tmp_path_factory.mktemp("partial")


@pytest.fixture(scope="session")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``sharp/``: ten sharp photos; ``out/``: 1200 patches of them."""
    folder = tmp_path_factory.mktemp("patches")
    (folder / "sharp").mkdir()
    for i in range(10):
        Image.fromarray(textured(120, 140, i)).save(folder / "sharp" / f"p{i}.png")
    make_patches(folder / "sharp", folder / "out", PatchSettings(count=1200, kernels_per_photo=4), workers=1)
    return folder
