"""The nodes of an ONNX graph, and the values of those that are constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


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
    return [_node(node) for node in graph.node]


def _node(node) -> Node:
    from onnx import helper

    attributes = {}
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        if isinstance(value, list):
            value = [part.decode() if isinstance(part, bytes) else part for part in value]
        attributes[attribute.name] = value.decode() if isinstance(value, bytes) else value
    return Node(node.op_type, tuple(node.input), tuple(node.output), attributes)


def fold(name: str, stored: dict[str, Any], producer: dict[str, Node], folder: Path | None = None) -> np.ndarray | None:
    """The value of a constant of the file, behind casts and changes of shape; None for what is not known here.

    stored: initializers. folder: where weights lie that are kept beside the file; these are memory-mapped.
    """
    if name in stored:
        return array_of(stored[name], folder)
    node = producer.get(name)
    if node is None:
        return None
    if node.operator == "Constant":
        return _constant(node, folder)
    arrays = [fold(inner, stored, producer, folder) for inner in node.inputs if inner]
    if node.operator not in FOLDED or any(array is None for array in arrays):
        return None
    return FOLDED[node.operator](node, *arrays)


def _constant(node: Node, folder: Path | None) -> np.ndarray | None:
    for key, kind in (("value_float", np.float32), ("value_floats", np.float32), ("value_ints", np.int64)):
        if node[key] is not None:
            return np.asarray(node[key], kind)
    if node["value_int"] is not None:
        return np.asarray(node["value_int"], np.int64)
    return array_of(node["value"], folder) if node["value"] is not None else None


def array_of(tensor, folder: Path | None) -> np.ndarray | None:
    """A TensorProto's value; None where it was left in the file, or lies outside the folder."""
    from onnx import helper, numpy_helper

    place = {entry.key: entry.value for entry in tensor.external_data}
    if not place:
        try:
            return numpy_helper.to_array(tensor)
        except ValueError:  # its values were left in the file
            return None
    if folder is None or Path(place["location"]).name != place["location"]:
        return None
    kind = helper.tensor_dtype_to_np_dtype(tensor.data_type).newbyteorder("<")
    return np.memmap(
        folder / place["location"], kind, mode="r", offset=int(place.get("offset", 0)), shape=tuple(tensor.dims)
    ).view(np.ndarray)


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
