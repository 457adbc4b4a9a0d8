"""The graph of an ONNX file: its nodes, what is constant in it, and every tensor's shape for one picture size."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SMALL = 4096  # numbers; larger constants are weights, and their values are not looked at here
PROBES = ((96, 224), (160, 320))  # two picture sizes; a length that differs between them may vary
BATCH = 7  # pictures in the pass that is worked out, where the file leaves that open: no layer has 7 channels


class NetworkError(ValueError):
    """The network cannot be opened or cannot take this input; the message is one sentence for the reader."""


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


class Graph:
    """A file's nodes in order, with look-ups. It holds no weights: those stay in the file."""

    def __init__(self, model, size: tuple[int | None, int | None] = (None, None)):
        """model: an onnx.ModelProto. size: of the picture, for lengths that the file leaves open."""
        _strip(model)
        graph = model.graph
        self.metadata: dict[str, str] = {entry.key: entry.value for entry in model.metadata_props}
        self.opset: int = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)
        self.nodes: list[Node] = nodes_of(graph)
        self.producer: dict[str, Node] = {name: node for node in self.nodes for name in node.outputs if name}
        self.consumers: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(filter(None, node.inputs)):
                self.consumers.setdefault(name, []).append(node)
        self.stored: dict[str, Any] = {tensor.name: tensor for tensor in graph.initializer}
        self.input, self.declared = _picture(graph, self.stored)
        self.outputs: tuple[str, ...] = tuple(output.name for output in graph.output)
        self.constants: set[str] = set(self.stored)
        for node in self.nodes:
            if node.operator != "Shape" and all(name in self.constants for name in node.inputs if name):
                self.constants.update(node.outputs)
        self.channel_first = self._channel_first()
        self.shapes, self._other_shapes = self._shapes(model, size)

    @property
    def batch(self) -> int | None:
        """How many pictures one pass takes, None where that is open."""
        return self.declared[0]

    def constant(self, name: str) -> np.ndarray | None:
        """The value of a small constant, None for what depends on the picture and for weights."""
        if name not in self.constants or (self.shapes.get(name) and np.prod(self.shapes[name]) > SMALL):
            return None
        return fold(name, self.stored, self.producer)

    def data_inputs(self, node: Node) -> list[str]:
        """The inputs that depend on the picture's values, shape arithmetic left out."""
        return [name for name in node.inputs if name and name not in self.constants and name in self.values]

    @functools.cached_property
    def values(self) -> set[str]:
        """Tensors computed from the picture's values, not from its size."""
        values = {self.input}
        for node in self.nodes:
            if node.operator not in ("Shape", "Size") and any(name in values for name in node.inputs):
                values.update(name for name in node.outputs if name)
        return values

    def _channel_first(self) -> bool:
        """How the file wants its picture: by what first needs to know, else by which axis has few channels."""
        name = self.input
        for _ in range(len(self.nodes)):
            after = self.consumers.get(name, [])
            for node in after:
                if node.operator in ("Conv", "MaxPool", "AveragePool", "BatchNormalization", "GlobalAveragePool"):
                    return True
                if node.operator == "Transpose":
                    return list(node["perm"] or ()) != [0, 3, 1, 2]
            if len(after) != 1:
                break
            name = after[0].output
        return self.declared[1] in (1, 3, 4) and self.declared[-1] not in (1, 3, 4)

    def picture_shape(self) -> tuple[int | None, int | None, int | None]:
        """Height, width and channels of the picture as the file declares them, None where open."""
        _, *rest = self.declared
        return tuple(rest[1:] + rest[:1]) if self.channel_first else tuple(rest)

    def _shapes(self, model, size) -> list[dict[str, tuple[int, ...]]]:
        height, width, channels = self.picture_shape()
        height, width = height or size[0], width or size[1]
        lengths = [(height or tall, width or wide) for tall, wide in PROBES]
        made = [_inferred(model, self.input, self._full(*pair, channels or 3)) for pair in dict.fromkeys(lengths)]
        return made if len(made) == 2 else made * 2

    def open(self, name: str) -> tuple[bool, ...]:
        """Of each axis of a tensor whether its length depends on a size of the picture that nothing says."""
        return tuple(a != b for a, b in zip(self.shapes[name], self._other_shapes[name], strict=True))

    def _full(self, height: int, width: int, channels: int) -> list[int]:
        rest = [channels, height, width] if self.channel_first else [height, width, channels]
        return [self.batch or BATCH, *rest]


def fold(name: str, stored: dict[str, Any], producer: dict[str, Node], folder: Path | None = None) -> np.ndarray | None:
    """The value of a constant of the file, behind casts and changes of shape; None for what is not known here.

    stored: initializers. folder: where weights lie that are kept beside the file; these are memory-mapped.
    """
    if name in stored:
        return _array(stored[name], folder)
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
    return _array(node["value"], folder) if node["value"] is not None else None


def _array(tensor, folder: Path | None) -> np.ndarray | None:
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


def nodes_of(graph) -> list[Node]:
    """The nodes of an onnx.GraphProto."""
    return [_node(node) for node in graph.node]


def _node(node) -> Node:
    from onnx import helper

    attributes = {}
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        attributes[attribute.name] = value.decode() if isinstance(value, bytes) else value
    return Node(node.op_type, tuple(node.input), tuple(node.output), attributes)


def _strip(model) -> None:
    """Takes the values of large constants out of the model; their shapes stay."""
    held = (attribute.t for node in model.graph.node for attribute in node.attribute if attribute.HasField("t"))
    for tensor in itertools.chain(model.graph.initializer, held):
        if np.prod(tensor.dims, dtype=np.int64) > SMALL and not tensor.external_data:
            for values in ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
                tensor.ClearField(values)


def _picture(graph, stored) -> tuple[str, list[int | None]]:
    """Name and declared shape of the one input that is a picture."""
    inputs = [value for value in graph.input if value.name not in stored]
    shapes = {
        value.name: [dim.dim_value if dim.dim_value > 0 else None for dim in value.type.tensor_type.shape.dim]
        for value in inputs
    }
    pictures = [name for name, shape in shapes.items() if len(shape) == 4]
    if len(inputs) != 1 or len(pictures) != 1:
        given = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items()) or "none"
        raise NetworkError(f"A network that is explained takes one batch of pictures, with 4 axes; this takes {given}.")
    return pictures[0], shapes[pictures[0]]


def _inferred(model, picture: str, shape: list[int]) -> dict[str, tuple[int, ...]]:
    """Shapes of all tensors for a picture of that shape, where ONNX can tell all of their lengths."""
    import onnx

    sized = onnx.ModelProto()
    sized.CopyFrom(model)
    for value in sized.graph.input:
        if value.name == picture:
            for dim, length in zip(value.type.tensor_type.shape.dim, shape, strict=True):
                dim.dim_value = length
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
