"""The fully convolutional pass equals cutting the photo into patches, one by one."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from blurmap.models.paper.patch_map import PATCH, patch_map
from blurmap.models.weights import Network
from blurmap.training.export import FromPixels, exported
from blurmap.training.networks.patch_network import PatchNetwork, patch_input
from tests.support import textured


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tuple[PatchNetwork, Network]:
    torch.manual_seed(0)
    network = PatchNetwork((8, 12, 16))
    network(patch_input(torch.randint(0, 256, (64, 30, 30, 3), dtype=torch.uint8)))  # batch-norm statistics
    folder: Path = tmp_path_factory.mktemp("weights")
    content = exported(FromPixels(network), 1)
    (folder / "p.onnx").write_bytes(content)
    entry = {"file": "p.onnx", "sha256": hashlib.sha256(content).hexdigest()}
    return network.eval(), Network(entry, folder)


@pytest.mark.slow
@pytest.mark.parametrize("stride", [8, 4])
@pytest.mark.parametrize("shape", [(94, 86), (62, 70)])
def test_one_pass_equals_single_patches(
    networks: tuple[PatchNetwork, Network], stride: int, shape: tuple[int, int]
) -> None:
    network, exported = networks
    photo = textured(*shape)
    assert (shape[0] - PATCH) % 8 == (shape[1] - PATCH) % 8 == 0  # no padding is needed
    corners = [
        (top, left) for top in range(0, shape[0] - PATCH + 1, stride) for left in range(0, shape[1] - PATCH + 1, stride)
    ]
    patches = np.stack([photo[top : top + PATCH, left : left + PATCH] for top, left in corners])
    with torch.no_grad():
        probabilities = network(patch_input(torch.from_numpy(patches))).sigmoid().flatten().tolist()
    total, count = np.zeros(shape), np.zeros(shape)
    for (top, left), probability in zip(corners, probabilities, strict=True):
        total[top : top + PATCH, left : left + PATCH] += probability
        count[top : top + PATCH, left : left + PATCH] += 1
    np.testing.assert_allclose(patch_map(exported, photo, stride), total / count, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (29, 31), (45, 333), (101, 77)])
@pytest.mark.parametrize("stride", [8, 4])
def test_every_pixel_of_any_size_has_a_probability(
    networks: tuple[PatchNetwork, Network], shape: tuple[int, int], stride: int
) -> None:
    probability = patch_map(networks[1], textured(*shape), stride)
    assert probability.shape == shape
    assert probability.dtype == np.float32
    assert np.isfinite(probability).all()
    assert 0 <= probability.min() <= probability.max() <= 1


def test_the_border_is_that_of_the_mirrored_photo(networks: tuple[PatchNetwork, Network]) -> None:
    photo: NDArray[np.uint8] = textured(50, 54)  # 20 and 24 past a patch: four rows are missing
    mirrored = np.pad(photo, ((0, 4), (0, 0), (0, 0)), "symmetric")
    np.testing.assert_allclose(patch_map(networks[1], photo), patch_map(networks[1], mirrored)[:50], atol=1e-6)
