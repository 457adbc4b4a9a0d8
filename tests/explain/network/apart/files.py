"""ONNX files that a stranger might bring: small good ones, and one of each kind that must not harm anybody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 8
Nodes = Sequence[onnx.NodeProto]


def value(name: str, *shape) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def model(nodes: Nodes, stored: Sequence = (), inputs: Sequence | None = None, output: Sequence | None = None):
    """A network from a "picture" (1, 3, 8, 8) to "end", of which nothing is said, unless told otherwise."""
    graph = helper.make_graph(
        list(nodes),
        "network",
        [value("picture", "N", 3, SIDE, SIDE)] if inputs is None else inputs,
        [onnx.ValueInfoProto(name="end")] if output is None else output,
        list(stored),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def kernel(values: np.ndarray, name: str = "kernel"):
    return numpy_helper.from_array(np.asarray(values, np.float32), name)


def conv(values: np.ndarray | None = None, source: str = "picture", output: str = "map") -> tuple:
    """One convolution of 4 channels, 3 x 3, and its weights."""
    values = np.random.default_rng(0).normal(size=(4, 3, 3, 3)) if values is None else values
    return helper.make_node("Conv", [source, "kernel"], [output], pads=[1, 1, 1, 1]), kernel(values)


def good() -> onnx.ModelProto:
    """Classes from a convolution's mean: `means_of` says what it answers."""
    node, stored = conv()
    nodes = [
        node,
        helper.make_node("GlobalAveragePool", ["map"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["end"]),
    ]
    return model(nodes, [stored], output=[value("end", "N", 4)])


def of_any_size(times: int) -> onnx.ModelProto:
    """Enlarges a grey picture of any size by so much in both directions."""
    scales = numpy_helper.from_array(np.array([1, 1, times, times], np.float32), "scales")
    nodes = [
        helper.make_node("Relu", ["picture"], ["first"]),
        helper.make_node("Resize", ["first", "", "scales"], ["large"], mode="nearest"),
        helper.make_node("MaxPool", ["large"], ["end"], kernel_shape=[times, times], strides=[times, times]),
    ]
    return model(nodes, [scales], [value("picture", "N", 1, "h", "w")])


def without_picture() -> onnx.ModelProto:
    return model([helper.make_node("Relu", ["numbers"], ["end"])], inputs=[value("numbers", 1, 10)])


def three_inputs() -> onnx.ModelProto:
    inputs = [value(name, 1, 3, SIDE, SIDE) for name in ("first", "second", "third")]
    return model([helper.make_node("Sum", ["first", "second", "third"], ["end"])], inputs=inputs)


def custom_operator() -> onnx.ModelProto:
    made = model([helper.make_node("Steal", ["picture"], ["end"], domain="com.example")])
    made.opset_import.append(helper.make_opsetid("com.example", 1))
    return made


def external(location: str, length: int = 4 * 4 * 27) -> onnx.ModelProto:
    """Its weights lie at that place beside the file, or wherever that leads."""
    node, stored = conv()
    stored.ClearField("raw_data")
    stored.data_location = TensorProto.EXTERNAL
    for key, text in (("location", location), ("offset", "0"), ("length", str(length))):
        stored.external_data.add(key=key, value=text)
    return model([node, helper.make_node("Relu", ["map"], ["end"])], [stored])


def huge_constant() -> onnx.ModelProto:
    """20 GB of ones, added up into the picture."""
    stored = numpy_helper.from_array(np.array([5_000_000_000], np.int64), "size")
    one = numpy_helper.from_array(np.ones(1, np.float32))
    nodes = [
        helper.make_node("ConstantOfShape", ["size"], ["ones"], value=one),
        helper.make_node("ReduceSum", ["ones"], ["sum"], keepdims=0),
        helper.make_node("Add", ["picture", "sum"], ["end"]),
    ]
    return model(nodes, [stored])


def heavy(products: int = 60) -> onnx.ModelProto:
    """Matrices of 2,000 x 2,000 multiplied before the first picture is looked at, for many seconds."""
    size = numpy_helper.from_array(np.array([2000, 2000], np.int64), "size")
    small = numpy_helper.from_array(np.full(1, 1e-4, np.float32))
    nodes = [helper.make_node("ConstantOfShape", ["size"], ["p0"], value=small)]
    nodes += [helper.make_node("MatMul", [f"p{i}", "p0"], [f"p{i + 1}"]) for i in range(products)]
    nodes += [
        helper.make_node("ReduceMean", [f"p{products}"], ["mean"], keepdims=0),
        helper.make_node("Add", ["picture", "mean"], ["end"]),
    ]
    return model(nodes, [size])


def endless() -> onnx.ModelProto:
    """A loop whose condition always holds."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go_on"], ["still"]),
            helper.make_node("Relu", ["before"], ["after"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            value("before", 1, 3, SIDE, SIDE),
        ],
        [helper.make_tensor_value_info("still", TensorProto.BOOL, []), value("after", 1, 3, SIDE, SIDE)],
    )
    stored = numpy_helper.from_array(np.array(True), "yes")
    inputs = [value("picture", 1, 3, SIDE, SIDE)]
    return model([helper.make_node("Loop", ["", "yes", "picture"], ["end"], body=body)], [stored], inputs)


def many_nodes(count: int) -> onnx.ModelProto:
    names = ["picture", *(f"t{number}" for number in range(count - 1)), "end"]
    made = model([])
    for before, after in zip(names, names[1:], strict=False):
        node = made.graph.node.add()
        node.op_type = "Relu"
        node.input.append(before)
        node.output.append(after)
    return made


def not_a_number() -> onnx.ModelProto:
    node, stored = conv(np.full((4, 3, 3, 3), np.nan))
    return model([node, helper.make_node("Relu", ["map"], ["end"])], [stored])


def write(folder: Path, name: str, made: onnx.ModelProto | bytes) -> Path:
    path = folder / f"{name}.onnx"
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return path
