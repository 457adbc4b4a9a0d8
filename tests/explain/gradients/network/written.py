"""Small networks written as ONNX files, for tests of what runs them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Row = tuple[str, Sequence[str], str, Mapping[str, Any]]  # operator, inputs, output, attributes


def written(
    path: Path,
    rows: Sequence[Row],
    weights: Mapping[str, np.ndarray],
    shape: Sequence[int | str],
    outputs: Sequence[str],
    opset: int = 13,
    layers: Sequence[str] = (),
    **metadata: Any,
) -> Path:
    """Writes a network whose picture is called "input". shape: of the picture as the file has it, lengths that may vary
    as names. layers: those that the file names. metadata: anything that is written as JSON but plain text."""
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [name], **attributes) for kind, inputs, name, attributes in rows],
        "small",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    if layers:
        metadata["layers"] = list(layers)
    told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in metadata.items()}
    helper.set_model_props(model, told)
    onnx.save(model, path)
    return path


def conv(name: str, before: str, activation: str = "Relu", **attributes) -> list[Row]:
    """A convolution and its activation; the arrays are called `name/kernel` and `name/bias`."""
    sums = ("Conv", [before, f"{name}/kernel", f"{name}/bias"], f"{name}:sum", attributes)
    return [sums, (activation, [f"{name}:sum"], name, {})]


def averaged_classes(before: str, activation: str = "Softmax") -> list[Row]:
    """Global average, dense layer "predictions" with the arrays `predictions/kernel` and `predictions/bias`."""
    return [
        ("GlobalAveragePool", [before], "means", {}),
        ("Flatten", ["means"], "global_average", {}),
        ("MatMul", ["global_average", "predictions/kernel"], "product", {}),
        ("Add", ["product", "predictions/bias"], "logits", {}),
        (activation, ["logits"], "predictions", {}),
    ]
