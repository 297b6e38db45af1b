"""What a network runs on: chosen, refused with what to install, and never silently another than asked for."""

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnxruntime
import pytest

import blurmap
from blurmap.models import runtime
from blurmap.models.runtime import CHOSEN_BY_INSTALLING, NEEDS, PROVIDERS, Runtime
from tests.support import EXAMPLES


class Session:
    """Stands for ONNX Runtime's: it starts what is asked for, but for what ``broken`` names."""

    broken: tuple[str, ...] = ()

    def __init__(self, network: bytes, options: Any, providers: list[str]) -> None:
        self.options = options
        self.provider = "CPUExecutionProvider" if providers[0] in self.broken else providers[0]

    def get_providers(self) -> list[str]:
        return [self.provider, "CPUExecutionProvider"]


def test_threads_do_not_spin_between_calls() -> None:
    """They would take the cores from the other network, and from every other program."""
    options = Runtime()._options("cpu")
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def install(monkeypatch: pytest.MonkeyPatch, *names: str, broken: tuple[str, ...] = ()) -> None:
    providers = [PROVIDERS[name][0] for name in (*names, "cpu")]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    monkeypatch.setattr(Session, "broken", tuple(PROVIDERS[name][0] for name in broken))
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)


@pytest.mark.parametrize(
    ("there", "broken", "chosen"),
    [
        ((), (), "cpu"),
        (("directml",), (), "directml"),
        (("directml", "cuda"), (), "cuda"),
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
    asked = Runtime(name)  # type: ignore[arg-type]
    install(monkeypatch, *(set(PROVIDERS) - {"cpu"}))
    assert asked.session(b"").get_providers()[0] == PROVIDERS[name][0]
    install(monkeypatch, name, broken=(name,))
    with pytest.raises(
        ImportError, match=f"the provider {name} is installed, but does not start: it needs .*{NEEDS[name][:9]}"
    ):
        asked.session(b"")
    install(monkeypatch)
    told = "it needs macOS" if name == "coreml" else f"uninstall -y onnxruntime, then pip install {PROVIDERS[name][1]}"
    with pytest.raises(ImportError, match=f"the provider {name} is not there: .*{told}"):
        asked.session(b"")


def test_two_packages_over_each_other_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip installs both without a word; whichever came last is what runs."""
    install(monkeypatch)
    versions = {"onnxruntime": "1.32.0", "onnxruntime-gpu": "1.31.1"}
    monkeypatch.setattr(runtime, "version", versions.__getitem__)
    told = "onnxruntime 1.32.0 and onnxruntime-gpu 1.31.1 are both installed.* uninstall -y onnxruntime onnxruntime-gpu"
    with pytest.raises(ImportError, match=told):
        Runtime("cuda").session(b"")


def test_what_cuda_misses_is_not_printed_to_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There a mask or JSON may be on its way."""
    install(monkeypatch, "cuda", broken=("cuda",))
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: print("no libcublas"), raising=False)
    assert Runtime().session(b"").get_providers()[0] == PROVIDERS["cpu"][0]
    assert capsys.readouterr() == ("", "no libcublas\n")


def test_without_openvino_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ImportError, match=r"provider openvino is not there.* pip install 'blurmap\[openvino\]'"):
        blurmap.load(provider="openvino", threads=7)


@pytest.mark.slow
def test_openvino_answers_as_onnx_runtime_does() -> None:
    """At any size, from several threads at once; ``auto`` does not take it, though it is installed."""
    pytest.importorskip("openvino")
    there, usual = blurmap.load(provider="openvino", threads=1), blurmap.load()
    assert there.network.session.get_providers() == ["OpenVINO"]  # type: ignore[attr-defined]
    assert "OpenVINO" not in str(usual.network.session.get_providers())  # type: ignore[attr-defined]
    photos = sorted(EXAMPLES.glob("*.jpg"))
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(pool.map(there.detect, photos), map(usual.detect, photos), strict=True):
            assert np.abs(one.maps.blurred - other.maps.blurred).max() < 1e-3
            assert one.maps.motion is not None
            assert other.maps.motion is not None
            assert np.abs(one.maps.motion - other.maps.motion).max() < 1e-3
            assert (one.verdict, one.reason) == (other.verdict, other.reason)


def test_openvino_with_16_bits_answers_nearly_as_it_does() -> None:
    """The same verdict and all but the same mask; the same map where the processor has no such numbers."""
    openvino = pytest.importorskip("openvino")
    photo, exact = EXAMPLES / "cat.jpg", blurmap.load(provider="openvino", threads=1)
    one, other = (model.detect(photo) for model in (blurmap.load(provider="openvino-bf16", threads=1), exact))
    difference = np.abs(one.maps.blurred - other.maps.blurred)
    assert difference.mean() < 0.02
    assert (difference.max() > 1e-4) == ("BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    assert (one.maps.mask == other.maps.mask).mean() > 0.98
    assert one.verdict == other.verdict


@pytest.mark.parametrize("model", ["default-int8", "paper"])
def test_openvino_is_refused_for_what_it_gets_wrong(model: str) -> None:
    pytest.importorskip("openvino")
    with pytest.raises(ValueError, match=r"OpenVINO answers wrongly with 8-bit networks.* take the model 'default'"):
        blurmap.load(model, provider="openvino")


def test_wrong_choices_are_told() -> None:
    with pytest.raises(ValueError, match="no provider 'tpu'; there is auto, cpu, cuda"):
        blurmap.load(provider="tpu")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threads must be 0"):
        blurmap.load(threads=-1)


@pytest.mark.slow
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
