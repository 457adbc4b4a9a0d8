"""How a file is opened as a session of ONNX Runtime, and what that takes of memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import onnxruntime

if TYPE_CHECKING:
    import onnx

LEAST_OF_FLOATS = 4  # bytes: a CPU computes halves in single precision, and their weights are turned when it is opened


def open_session(source: str | bytes, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    """A session on the CPU that holds no copy of its file. source: a path, or a whole file as bytes.

    `onnxruntime.InferenceSession` keeps such bytes for as long as it lives, all weights once more, to open them again
    with other devices; there are none here. Raises what ONNX Runtime raises where it cannot open the file.
    """
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    session.disable_fallback()  # nothing is left to open anew
    session._model_bytes = None
    return session


def held_bytes(model: onnx.ModelProto) -> int:
    """What a session holds of a file's weights: more than the file has where these are in half precision."""
    return sum(_held(tensor) for tensor in model.graph.initializer)


def _held(tensor: onnx.TensorProto) -> int:
    from onnx import TensorProto, helper

    each = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    if tensor.data_type in (TensorProto.FLOAT16, TensorProto.BFLOAT16):
        each = LEAST_OF_FLOATS
    return math.prod(tensor.dims) * each
