"""What a network runs on: a provider of ONNX Runtime, and a number of cores."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

Provider = Literal["auto", "cpu", "cuda", "openvino", "coreml", "directml"]
# Names in ONNX Runtime, and the package that has it: one of them is installed at a time, all are called onnxruntime.
PROVIDERS = {
    "cpu": ("CPUExecutionProvider", "onnxruntime"),
    "cuda": ("CUDAExecutionProvider", "onnxruntime-gpu"),
    "openvino": ("OpenVINOExecutionProvider", "onnxruntime-openvino"),
    "coreml": ("CoreMLExecutionProvider", "onnxruntime, on macOS"),
    "directml": ("DmlExecutionProvider", "onnxruntime-directml"),
}
# Who installed one of these packages wants it. CoreML is in the ordinary one for macOS, where nobody chose it.
CHOSEN_BY_INSTALLING = ("cuda", "directml", "openvino")


@dataclass(frozen=True)
class Runtime:
    """What a network runs on.

    Attributes
    ----------
    provider : {"auto", "cpu", "cuda", "openvino", "coreml", "directml"}
        ``auto`` is the CUDA, DirectML or OpenVINO that is installed and starts, else the CPU.
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
        """An ``onnxruntime.InferenceSession`` of an ONNX file's content.

        Raises
        ------
        ImportError
            If the provider is not there or does not start; it says what to install.
        """
        import onnxruntime

        there = onnxruntime.get_available_providers()
        if self.provider == "auto":
            wanted = [name for name in CHOSEN_BY_INSTALLING if PROVIDERS[name][0] in there] + ["cpu"]
        else:
            wanted = [self.provider]
        for name in wanted:
            provider, package = PROVIDERS[name]
            if provider in there:
                session = onnxruntime.InferenceSession(network, self._options(name), providers=[provider])
                if session.get_providers()[0] == provider:  # else it did not start, and the CPU is in its place
                    return session
        raise ImportError(
            f"the provider {name} is not there, or does not start: pip install {package}, in place of the onnxruntime "
            "that is installed, and what it needs"
        )

    def _options(self, provider: str) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = self.threads
        if provider == "directml":  # it runs with neither
            options.enable_mem_pattern = False
            options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        return options


AUTO = Runtime()
