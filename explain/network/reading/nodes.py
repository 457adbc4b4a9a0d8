"""The nodes of an ONNX graph, and the values of those that are constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.onnx_mapped import mapped


@dataclass(frozen=True, eq=False)
class Node:
    """One operator. outputs: the tensors it makes; the first is the one that counts."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    @property
    def output(self) -> str:
        return self.outputs[0]

    def __getitem__(self, name: str):
        return self.attributes.get(name)


def nodes_of(graph) -> list[Node]:
    """The nodes of an onnx.GraphProto."""
    return [node_of(node) for node in graph.node]


def node_of(node) -> Node:
    """A node of an onnx.NodeProto; its attributes as plain values, tensors as they are."""
    from onnx import helper

    attributes = {}
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        if isinstance(value, list):
            value = [part.decode() if isinstance(part, bytes) else part for part in value]
        attributes[attribute.name] = value.decode() if isinstance(value, bytes) else value
    return Node(node.op_type, tuple(node.input), tuple(node.output), attributes)


def fold(name: str, stored: dict[str, Any], producer: dict[str, Node], path: Path | None = None) -> np.ndarray | None:
    """The value of a constant of the file, behind casts and changes of shape; None for what is not known here.

    stored: initializers. path: of the file, where those that lie beside it are wanted too; they are memory-mapped.
    """
    if name in stored:
        return array_of(stored[name], path)
    node = producer.get(name)
    if node is None:
        return None
    if node.operator == "Constant":
        return _constant(node, path)
    arrays = [fold(inner, stored, producer, path) for inner in node.inputs if inner]
    if node.operator not in FOLDED or any(array is None for array in arrays):
        return None
    return FOLDED[node.operator](node, *arrays)


def _constant(node: Node, path: Path | None) -> np.ndarray | None:
    for key, kind in (("value_float", np.float32), ("value_floats", np.float32), ("value_ints", np.int64)):
        if node[key] is not None:
            return np.asarray(node[key], kind)
    if node["value_int"] is not None:
        return np.asarray(node["value_int"], np.int64)
    return array_of(node["value"], path) if node["value"] is not None else None


def array_of(tensor, path: Path | None) -> np.ndarray | None:
    """A TensorProto's value; None where it was left in the file, or lies beside it and no path says where that is."""
    from onnx import numpy_helper

    if not tensor.external_data:
        try:
            return numpy_helper.to_array(tensor)
        except ValueError:  # its values were left in the file
            return None
    return None if path is None else mapped(tensor, path).view(np.ndarray)


def _axes(node: Node, rest: Sequence[np.ndarray]) -> tuple[int, ...]:
    given = node["axes"] if node["axes"] is not None else (rest[0] if rest else ())
    return tuple(int(axis) for axis in np.atleast_1d(given))


def _unsqueezed(node: Node, array: np.ndarray, *rest: np.ndarray) -> np.ndarray:
    return np.expand_dims(array, _axes(node, rest))


def _squeezed(node: Node, array: np.ndarray, *rest: np.ndarray) -> np.ndarray:
    return np.squeeze(array, _axes(node, rest) or None)


def _cast(node: Node, array: np.ndarray) -> np.ndarray:
    from onnx import helper

    return array.astype(helper.tensor_dtype_to_np_dtype(node["to"]))


def _reshaped(node: Node, array: np.ndarray, shape: np.ndarray) -> np.ndarray:
    return array.reshape([array.shape[i] if length == 0 else int(length) for i, length in enumerate(shape)])


FOLDED = {
    "Identity": lambda node, array: array,
    "Cast": _cast,
    "Transpose": lambda node, array: array.transpose(node["perm"]),
    "Reshape": _reshaped,
    "Unsqueeze": _unsqueezed,
    "Squeeze": _squeezed,
    "Concat": lambda node, *arrays: np.concatenate(arrays, node["axis"]),
    "Add": lambda node, a, b: a + b,
    "Sub": lambda node, a, b: a - b,
    "Mul": lambda node, a, b: a * b,
    "Div": lambda node, a, b: a / b if a.dtype.kind == "f" else a // b,
    "Sqrt": lambda node, a: np.sqrt(a),
    "Neg": lambda node, a: -a,
}
