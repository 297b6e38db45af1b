"""What a network runs on: a provider of ONNX Runtime or OpenVINO, and a number of cores."""

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, get_args

from blurmap.errors import in_words

Provider = Literal["auto", "cpu", "cuda", "openvino", "openvino-bf16", "coreml", "directml"]
# Names in ONNX Runtime, and the package that has it: one of them is installed at a time, all are called onnxruntime.
PROVIDERS = {
    "cpu": ("CPUExecutionProvider", "onnxruntime"),
    "cuda": ("CUDAExecutionProvider", "onnxruntime-gpu"),
    "coreml": ("CoreMLExecutionProvider", "onnxruntime"),
    "directml": ("DmlExecutionProvider", "onnxruntime-directml"),
}
# Who installed one of these in place of the ordinary package wants it. CoreML is in the ordinary one for macOS, and
# openvino comes along with other packages: nobody chose them.
CHOSEN_BY_INSTALLING = ("cuda", "directml")
NEEDS = {
    "cpu": "an onnxruntime that is whole: pip install --force-reinstall onnxruntime",
    "cuda": "an NVIDIA driver, and CUDA and cuDNN: pip install 'onnxruntime-gpu[cuda,cudnn]'",
    "coreml": "macOS",
    "directml": "Windows, and the driver of a GPU",
}
PAGE = "docs/guides/runtimes.md"


@dataclass(frozen=True)
class Runtime:
    """What a network runs on.

    Attributes
    ----------
    provider : {"auto", "cpu", "cuda", "openvino", "openvino-bf16", "coreml", "directml"}
        ``auto`` is the CUDA or DirectML that is installed and starts, else the CPU. ``openvino-bf16`` computes with
        16 bits where the processor has such numbers.
    threads : int
        Cores that one call uses; 0 for all of them.
    """

    provider: Provider = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        if self.provider not in get_args(Provider):
            raise ValueError(f"no provider {self.provider!r}; there is {', '.join(get_args(Provider))}")
        if self.threads < 0:
            raise ValueError(f"threads must be 0 (all cores) or more, not {self.threads}")

    def session(self, network: bytes) -> Any:
        """An ``onnxruntime.InferenceSession`` of an ONNX file's content, or what stands for one.

        Raises
        ------
        ImportError
            If the provider is not there or does not start; it says what to install.
        ValueError
            If the provider cannot run such a network; see ``blurmap.models.openvino_session.OpenVinoSession``.
        """
        if self.provider in ("openvino", "openvino-bf16"):
            return self._openvino_session(network)
        import onnxruntime

        there = onnxruntime.get_available_providers()
        if self.provider == "auto":
            wanted = [name for name in CHOSEN_BY_INSTALLING if PROVIDERS[name][0] in there] + ["cpu"]
        else:
            wanted = [self.provider]
        for name in wanted:
            provider, _ = PROVIDERS[name]
            if provider in there:
                if name == "cuda" and hasattr(onnxruntime, "preload_dlls"):
                    with redirect_stdout(sys.stderr):  # it prints what it misses
                        onnxruntime.preload_dlls()  # CUDA and cuDNN that pip installed
                session = onnxruntime.InferenceSession(network, self._options(name), providers=[provider])
                if session.get_providers()[0] == provider:  # else it did not start, and the CPU is in its place
                    return session
        raise ImportError(_mending(name, PROVIDERS[name][0] in there))

    def _openvino_session(self, network: bytes) -> Any:
        from blurmap.models.openvino_session import OpenVinoSession

        try:
            return OpenVinoSession(network, self.threads, "bf16" if self.provider == "openvino-bf16" else "f32")
        except (ImportError, RuntimeError) as error:
            raise ImportError(
                "the provider openvino is not there, or does not start: pip install 'blurmap[openvino]' "
                f"({in_words(error)})"
            ) from None

    def _options(self, provider: str) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = self.threads
        # threads that spin between two calls take the cores from the other network, and from every other program
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if provider == "directml":  # it runs with neither
            options.enable_mem_pattern = False
            options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        return options


def _mending(name: str, there: bool) -> str:
    """What is wrong with a provider, and what to do: it is not ``there``, or it did not start."""
    package, missing = PROVIDERS[name][1], f"the provider {name} is not there"
    if there:
        return f"the provider {name} is installed, but does not start: it needs {NEEDS[name]}; see {PAGE}"
    if package == "onnxruntime":
        return f"{missing}: it needs {NEEDS[name]}"
    if all(clash := [_installed(one) for one in ("onnxruntime", package)]):
        return (
            f"{missing}: onnxruntime {clash[0]} and {package} {clash[1]} are both installed, one written over the "
            f"other; pip uninstall -y onnxruntime {package}, then pip install {package}; see {PAGE}"
        )
    return f"{missing}: pip uninstall -y onnxruntime, then pip install {package}; see {PAGE}"


def _installed(package: str) -> str:
    """The version of a package that is installed, or nothing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


AUTO = Runtime()
