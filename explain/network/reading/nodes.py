"""The nodes of an ONNX graph, and the values of those that are constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from models.onnx_mapped import mapped

MOST = 2**28  # numbers of an array that is worked out


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
    within = [name for attribute in node.attribute for graph in _graphs(attribute) for name in _taken(graph)]
    inputs = (*node.input, *(name for name in dict.fromkeys(within) if name not in node.input))
    return Node(node.op_type, inputs, tuple(node.output), attributes)


def _graphs(attribute) -> list:
    return [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]


def _taken(graph) -> list[str]:
    """What the nodes of a branch or loop take from outside of it."""
    known = {*(tensor.name for tensor in graph.initializer), *(value.name for value in graph.input)}
    taken = []
    for node in graph.node:
        within = [name for attribute in node.attribute for inner in _graphs(attribute) for name in _taken(inner)]
        taken += [name for name in (*node.input, *within) if name and name not in known]
        known.update(node.output)
    return taken + [value.name for value in graph.output if value.name not in known]


def fold(
    name: str,
    stored: dict[str, Any],
    producer: dict[str, Node],
    path: Path | None = None,
    known: dict[str, np.ndarray | None] | None = None,
    most: int = MOST,
) -> np.ndarray | None:
    """The value of a constant of the file, behind casts and changes of shape; None for what is not known here.

    stored: initializers. path: of the file, where those that lie beside it are wanted too; they are memory-mapped.
    known: values worked out so far, to be added to. most: numbers that any of them may have.
    """
    known = {} if known is None else known
    waiting, begun = [name], set()
    while waiting:
        top = waiting[-1]
        node = producer.get(top)
        if top in known:
            waiting.pop()
        elif top in stored:
            known[top] = array_of(stored[top], path)
        elif node is None:
            known[top] = None
        elif node.operator == "Constant":
            known[top] = _constant(node, path)
        elif node.operator not in FOLDED or node.output != top:
            known[top] = None
        else:
            missing = [inner for inner in node.inputs if inner and inner not in known]
            if missing and top not in begun:
                begun.add(top)
                waiting += missing
            else:
                known[top] = _folded(node, [known.get(inner) for inner in node.inputs if inner], most)
    return known[name]


def _folded(node: Node, arrays: list[np.ndarray | None], most: int) -> np.ndarray | None:
    """What a node makes of constants, None where it makes more numbers than are wanted, or nothing that makes sense."""
    if any(array is None for array in arrays):
        return None
    try:
        if node.operator == "ConstantOfShape":
            size = prod(int(length) for length in arrays[0].ravel())
        elif node.operator == "Concat":
            size = sum(array.size for array in arrays)
        else:
            size = prod(np.broadcast_shapes(*(array.shape for array in arrays))) if len(arrays) > 1 else 0
    except ValueError:
        size = 0  # of other shapes: not added up number by number
    if size > most:
        return None
    try:
        return FOLDED[node.operator](node, *arrays)
    except (ArithmeticError, IndexError, KeyError, TypeError, ValueError):
        return None


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


def _dequantized(node: Node, array: np.ndarray, scale: np.ndarray, zero: np.ndarray | None = None) -> np.ndarray | None:
    """Whole numbers brought back to their scale, one for all or one a channel. https://onnx.ai/onnx/operators/"""
    if node["block_size"]:
        return None
    if scale.size > 1:
        shape = [1] * array.ndim
        shape[1 if node["axis"] is None else node["axis"]] = scale.size
        scale, zero = scale.reshape(shape), None if zero is None else zero.reshape(shape)
    return (array.astype(np.float32) - (0 if zero is None else zero.astype(np.float32))) * scale


def _filled(node: Node, shape: np.ndarray) -> np.ndarray:
    value = np.zeros(1, np.float32) if node["value"] is None else array_of(node["value"], None)
    return np.full([int(length) for length in shape], value.reshape(()), value.dtype)


def _sliced(node: Node, array: np.ndarray, *rest: np.ndarray) -> np.ndarray:
    given = [node["starts"], node["ends"], node["axes"]] if node["starts"] is not None else list(rest)
    given += [None] * (4 - len(given))
    starts, ends, axes, steps = given
    cuts = [slice(None)] * array.ndim
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        step = 1 if steps is None else int(steps[at])
        cuts[at if axes is None else int(axes[at])] = slice(int(start), int(end), step)
    return array[tuple(cuts)]


FOLDED = {
    "Identity": lambda node, array: array,
    "Cast": _cast,
    "Transpose": lambda node, array: array.transpose(node["perm"]),
    "Reshape": _reshaped,
    "Unsqueeze": _unsqueezed,
    "Squeeze": _squeezed,
    "Slice": _sliced,
    "ConstantOfShape": _filled,
    "Concat": lambda node, *arrays: np.concatenate(arrays, node["axis"]),
    "DequantizeLinear": _dequantized,
    "Add": lambda node, a, b: a + b,
    "Sub": lambda node, a, b: a - b,
    "Mul": lambda node, a, b: a * b,
    "Div": lambda node, a, b: a / b if a.dtype.kind == "f" else a // b,
    "Pow": lambda node, a, b: a**b,
    "Sqrt": lambda node, a: np.sqrt(a),
    "Reciprocal": lambda node, a: 1 / a,
    "Neg": lambda node, a: -a,
}
