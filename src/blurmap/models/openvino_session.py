"""A network in OpenVINO, with the few calls of an ONNX Runtime session that are made of one.

The package ``openvino`` reads ONNX itself and lives beside onnxruntime; ``onnxruntime-openvino`` installs another
``onnxruntime`` over the one that is there.
"""

import os
import threading
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

QUANTISED = b"DequantizeLinear"  # an operator of every 8-bit network


class OpenVinoSession:
    """A compiled network; safe to call from several threads, which take turns.

    Parameters
    ----------
    network : bytes
        An ONNX file's content.
    threads : int
        Cores that one call uses; 0 for all of them.
    precision : {"f32", "bf16"}
        Numbers it calculates with. OpenVINO's own choice would be bfloat16 where the processor has it: other answers.

    Raises
    ------
    ImportError
        If OpenVINO is not installed.
    ValueError
        If the network has 8-bit weights: OpenVINO's answers are far from ONNX Runtime's then.
    """

    def __init__(self, network: bytes, threads: int, precision: Literal["f32", "bf16"] = "f32") -> None:
        import openvino

        if QUANTISED in network:
            raise ValueError(
                "OpenVINO answers wrongly with 8-bit networks, those of default-int8 and paper: take the model "
                "'default', or another provider"
            )
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": precision,
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": threads or os.cpu_count() or 1,
            "ENABLE_CPU_PINNING": False,  # the processes of a scan would all sit on the first core
        }
        core = openvino.Core()
        self.compiled = core.compile_model(core.read_model(network), "CPU", settings)
        self.turn = threading.Lock()  # requests that are made and filled at the same time wait for each other for ever

    def get_inputs(self) -> list[SimpleNamespace]:
        """The inputs, each with its ``name``."""
        return [SimpleNamespace(name=port.any_name) for port in self.compiled.inputs]

    def get_providers(self) -> list[str]:
        return ["OpenVINO"]

    def run(self, names: None, inputs: dict[str, NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Every output for the inputs by name; ``names`` is there for ONNX Runtime's sake."""
        with self.turn:
            outputs = self.compiled.create_infer_request().infer(inputs)
            return [outputs[port] for port in self.compiled.outputs]
