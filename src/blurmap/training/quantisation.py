"""The int8 version of an exported network: static, QDQ; activations unsigned, which x86 multiplies fastest, weights
signed with a scale per channel. Of the weights' 8 bits 7 are used: processors without VNNI add pairs of products in 16
bits, and more would not fit.
"""

import contextlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Pixels and probabilities stay as they are, and attention over a few hundred places costs nothing.
ENDS = {"Sub", "Div", "Sigmoid", "Cast", "Transpose", "MatMul", "Softmax"}


def quantised(network: bytes, photos: Iterable[NDArray[np.uint8]]) -> bytes:
    """The int8 version of an exported network, as an ONNX file.

    Parameters
    ----------
    network : bytes
        ONNX file with the input ``pixels``.
    photos : iterable of H x W x 3 uint8
        The ranges of the activations are measured on them.
    """
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.calibrate import CalibrationDataReader
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Photos(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.inputs: Iterator[dict[str, Any]] = ({"pixels": photo[None]} for photo in photos)

        def get_next(self) -> dict[str, Any] | None:
            return next(self.inputs, None)

    with tempfile.TemporaryDirectory() as folder, quiet():
        given, prepared, result = (Path(folder) / f"{name}.onnx" for name in ("given", "prepared", "int8"))
        given.write_bytes(network)
        quant_pre_process(str(given), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(str(prepared)).graph
        left = [node.name for node in graph.node if node.op_type in ENDS]
        quantize_static(
            str(prepared), str(result), Photos(), quant_format=QuantFormat.QDQ, activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8, per_channel=True, reduce_range=True, nodes_to_exclude=left,
        )  # fmt: skip
        return result.read_bytes()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """ONNX Runtime warns by the root logger of what was done already; that is given back as it was."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
