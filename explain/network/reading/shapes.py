"""Every tensor's shape for a picture of one size: as ONNX works it out, or as one pass shows it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from explain.network.errors import NetworkError

Shapes = dict[str, tuple[int, ...]]

# what a network may want its picture as, by ONNX Runtime's names
TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
}


def inferred(model, picture: str, shape: list[int]) -> Shapes:
    """Shapes of all tensors for a picture of that shape, where ONNX can tell all of their lengths."""
    import onnx

    sized = onnx.ModelProto()
    sized.CopyFrom(model)
    for value in sized.graph.input:
        if value.name == picture:
            for dim, length in zip(value.type.tensor_type.shape.dim, shape, strict=True):
                dim.dim_value = length
    for node in sized.graph.node:
        if node.op_type == "Range":  # ONNX would write out its numbers, however many
            node.op_type = "RangeOfAnyLength"
    del sized.graph.value_info[:]
    for output in sized.graph.output:  # what is declared holds for any size; the lengths are to be worked out
        if output.type.tensor_type.HasField("shape"):
            output.type.tensor_type.ClearField("shape")
    known = onnx.shape_inference.infer_shapes(sized, data_prop=True).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in known.initializer}
    for value in (*known.input, *known.value_info, *known.output):
        if value.type.tensor_type.HasField("shape"):
            dims = value.type.tensor_type.shape.dim
            if all(dim.HasField("dim_value") for dim in dims):
                shapes[value.name] = tuple(dim.dim_value for dim in dims)
    return shapes


def measured(path: Path, picture: str, shape: list[int], names: Iterable[str]) -> Shapes:
    """Shapes of those tensors as ONNX Runtime computes them: ONNX does not follow all arithmetic with shapes.

    Raises NetworkError where the network does not run on a picture of that shape.
    """
    import onnx
    import onnxruntime

    model = onnx.load(path, load_external_data=False)
    names = sorted(set(names))
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.disable_prepacking", "1")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(path.parent))
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        (taken,) = session.get_inputs()
        values = session.run(names, {picture: np.zeros(shape, TYPES.get(taken.type, np.float32))})
    except Exception as error:  # ONNX Runtime's exceptions share no public base class
        size = " x ".join(map(str, shape))
        raise NetworkError(f"{path} does not run on a picture of shape {size}: say its size under 'input'.") from error
    return {
        name: value.shape for name, value in zip(names, values, strict=True) if isinstance(value, np.ndarray)
    }  # else it is a row of tensors, or none
