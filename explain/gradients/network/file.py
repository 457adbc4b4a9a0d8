"""An ONNX file as the gradient worker needs it: nodes in order, weights, and what comes in.

Nothing here imports TensorFlow. ONNX: https://onnx.ai/onnx/intro/concepts.html
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

CHANNELS = (1, 3, 4)  # of a picture: grey, colour, colour with transparency
TO_CHANNEL_FIRST, TO_CHANNEL_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
# they hand on the order of their input's axes
KEEPING_ORDER = frozenset(
    [
        "Abs",
        "Add",
        "BatchNormalization",
        "Cast",
        "Clip",
        "Conv",
        "Div",
        "Dropout",
        "Elu",
        "Erf",
        "Exp",
        "Floor",
        "HardSigmoid",
        "HardSwish",
        "Identity",
        "LeakyRelu",
        "Mul",
        "Neg",
        "PRelu",
        "Pow",
        "Relu",
        "Sigmoid",
        "Softplus",
        "Sqrt",
        "Sub",
        "Tanh",
    ]
)


class FileError(ValueError):
    """The file cannot be run by TensorFlow; the message is one sentence for the reader."""


@dataclass(frozen=True, eq=False)
class Node:
    """One node of the graph. inputs: names, "" where an optional one is left out. attributes: plain Python values,
    NumPy arrays for tensors."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


class OnnxFile:
    """The graph of an ONNX file.

    nodes: in an order in which they can be computed. input: the picture's name; input_shape: `(batch, height, width,
    channel)`, None where a length may vary, whatever the order of the axes in the file. opset: version of the standard.
    channel_last: names of the tensors whose axes are `(batch, height, width, channel)` in the file itself.
    Raises FileError for a file that cannot be read or that takes other than one picture.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        model = self._load()
        graph = model.graph
        self.opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)
        self.metadata = {entry.key: entry.value for entry in model.metadata_props}
        self.nodes = tuple(map(_node, graph.node))
        self.initializers = {tensor.name for tensor in graph.initializer}
        self.outputs = tuple(output.name for output in graph.output)
        inputs = [value for value in graph.input if value.name not in self.initializers]
        shape = [_length(extent) for extent in inputs[0].type.tensor_type.shape.dim] if inputs else []
        if len(inputs) != 1 or len(shape) != 4:
            raise FileError(f"{self.path.name} does not take one picture, (batch, height, width, channel).")
        self.input = inputs[0].name
        self.takes_channel_last = self._takes_channel_last(shape)
        self.input_shape = tuple(shape if self.takes_channel_last else [shape[axis] for axis in TO_CHANNEL_LAST])

    @cached_property
    def producers(self) -> dict[str, Node]:
        """The node that computes each tensor."""
        return {name: node for node in self.nodes for name in node.outputs if name}

    @cached_property
    def logits(self) -> str:
        """The tensor before the softmax: what the metadata names, else the input of the softmax that ends the graph,
        else the last output."""
        if self.metadata.get("logits") in self.producers:
            return self.metadata["logits"]
        last = self.outputs[-1]
        while (node := self.producers.get(last)) and node.operator in ("Identity", "Softmax"):
            last = node.inputs[0]
            if node.operator == "Softmax":
                break
        return last

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Tensors that the file calls its layers, in order; its outputs where it does not say."""
        return tuple(json.loads(self.metadata["layers"])) if "layers" in self.metadata else self.outputs

    @cached_property
    def channel_last(self) -> frozenset[str]:
        found = {self.input} if self.takes_channel_last else set()
        for node in self.nodes:
            before = node.inputs and node.inputs[0] in found
            if node.operator == "Transpose" and tuple(node.attributes.get("perm", ())) == TO_CHANNEL_LAST:
                found |= set() if before else set(node.outputs)
            elif node.operator in KEEPING_ORDER - {"Conv"} and before:
                found |= set(node.outputs)
        return frozenset(found)

    def arrays(self, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
        """Initializers by name, as they are stored; those that lie in a file beside this one are mapped, not read."""
        return {
            tensor.name: self._array(tensor)
            for tensor in self._load().graph.initializer
            if names is None or tensor.name in names
        }

    def weights_of(self, layer: str) -> list[str]:
        """Initializers that a layer adds to those before it: what its tensor needs back to the tensors of other layers.

        Numbers that are no weights, such as shapes, are left out.
        """
        ends, found, seen, to_see = {*self.layers, self.input} - {layer}, [], set(), [layer]
        while to_see:
            name = to_see.pop()
            if name in self.initializers and name not in found:
                found.append(name)
            if name in seen or name in ends or name not in self.producers:
                continue
            seen.add(name)
            to_see += [given for given in self.producers[name].inputs if given]
        floats = {name for name, array in self.arrays(found).items() if array.dtype.kind == "f"}
        return sorted(floats)

    def _load(self):
        import onnx

        try:
            return onnx.load(self.path, load_external_data=False)
        except FileNotFoundError as error:
            raise FileError(f"There is no network at {self.path}.") from error
        except Exception as error:  # protobuf raises its own DecodeError, which onnx does not re-export
            raise FileError(f"{self.path.name} is not an ONNX file.") from error

    def _array(self, tensor) -> np.ndarray:
        import onnx

        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            return onnx.numpy_helper.to_array(tensor)
        place = {entry.key: entry.value for entry in tensor.external_data}
        if Path(place["location"]).name != place["location"]:
            raise FileError(f"{self.path.name} has weights in another folder; put them beside it.")
        try:
            # mode "c": written to in memory, never in the file; a plain map cannot be handed to TensorFlow
            return np.memmap(
                self.path.with_name(place["location"]),
                onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type),
                mode="c",
                offset=int(place.get("offset", 0)),
                shape=tuple(tensor.dims),
            )
        except (OSError, ValueError) as error:
            raise FileError(f"The weights beside {self.path.name} are missing or cut short.") from error

    def _takes_channel_last(self, shape: list[int | None]) -> bool:
        if (shape[1] in CHANNELS) != (shape[3] in CHANNELS):
            return shape[3] in CHANNELS
        name = self.input
        for node in self.nodes:  # both or neither could be the channels: what is done to the picture first?
            if name in node.inputs:
                if node.operator == "Transpose" and tuple(node.attributes.get("perm", ())) == TO_CHANNEL_FIRST:
                    return True
                if node.operator not in KEEPING_ORDER - {"Conv"}:
                    break
                name = node.outputs[0]
        return False


def _node(proto) -> Node:
    import onnx

    attributes = {}
    for attribute in proto.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode()
        elif isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.to_array(value)
        elif attribute.type == onnx.AttributeProto.STRINGS:
            value = [text.decode() for text in value]
        attributes[attribute.name] = value
    own = proto.domain not in ("", "ai.onnx")
    operator = f"{proto.domain}.{proto.op_type}" if own else proto.op_type
    return Node(operator, tuple(proto.input), tuple(proto.output), attributes)


def _length(extent) -> int | None:
    return extent.dim_value if extent.dim_value > 0 else None
