"""What a network runs on: chosen, refused with what to install, and never silently another than asked for."""

from typing import Any

import numpy as np
import onnxruntime
import pytest

import blurmap
from blurmap.models.runtime import CHOSEN_BY_INSTALLING, PROVIDERS, Runtime
from tests.support import EXAMPLES


class Session:
    """Stands for ONNX Runtime's: it starts what is asked for, but for what ``broken`` names."""

    broken: tuple[str, ...] = ()

    def __init__(self, network: bytes, options: Any, providers: list[str]) -> None:
        self.options = options
        self.provider = "CPUExecutionProvider" if providers[0] in self.broken else providers[0]

    def get_providers(self) -> list[str]:
        return [self.provider, "CPUExecutionProvider"]


def install(monkeypatch: pytest.MonkeyPatch, *names: str, broken: tuple[str, ...] = ()) -> None:
    providers = [PROVIDERS[name][0] for name in (*names, "cpu")]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    monkeypatch.setattr(Session, "broken", tuple(PROVIDERS[name][0] for name in broken))
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)


@pytest.mark.parametrize(
    ("there", "broken", "chosen"),
    [
        ((), (), "cpu"),
        (("openvino",), (), "openvino"),
        (("openvino", "cuda"), (), "cuda"),
        (("cuda",), ("cuda",), "cpu"),  # onnxruntime-gpu on a machine without a GPU
        (("coreml",), (), "cpu"),  # in every onnxruntime for macOS
    ],
)
def test_auto_takes_what_was_installed_and_starts(
    there: tuple[str, ...], broken: tuple[str, ...], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, *there, broken=broken)
    assert Runtime().session(b"").get_providers()[0] == PROVIDERS[chosen][0]


@pytest.mark.parametrize("name", [*CHOSEN_BY_INSTALLING, "coreml"])
def test_what_is_asked_for_is_taken_or_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Runtime(name)  # type: ignore[arg-type]
    install(monkeypatch, *(set(PROVIDERS) - {"cpu"}))
    assert runtime.session(b"").get_providers()[0] == PROVIDERS[name][0]
    for there, broken in (((), ()), ((name,), (name,))):
        install(monkeypatch, *there, broken=broken)
        with pytest.raises(ImportError, match=f"the provider {name} .* pip install {PROVIDERS[name][1]}"):
            runtime.session(b"")


def test_wrong_choices_are_told() -> None:
    with pytest.raises(ValueError, match="no provider 'tpu'; there is auto, cpu, cuda"):
        blurmap.load(provider="tpu")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threads must be 0"):
        blurmap.load(threads=-1)


@pytest.mark.parametrize("model", ["default", "paper"])
def test_threads_and_provider_reach_the_networks(model: str) -> None:
    """The models are loaded once per choice, and say the same on any number of cores."""
    one = blurmap.load(model, provider="cpu", threads=1)
    assert one is blurmap.load(model, provider="cpu", threads=1)
    assert one is not blurmap.load(model, provider="cpu")
    photo = EXAMPLES / "cat.jpg"
    assert np.allclose(one.detect(photo).maps.blurred, blurmap.load(model).detect(photo).maps.blurred, atol=1e-4)
    network = getattr(one, "network", None) or one.patch_network  # type: ignore[attr-defined]
    assert network.session.get_session_options().intra_op_num_threads == 1
    assert network.session.get_providers() == ["CPUExecutionProvider"]
