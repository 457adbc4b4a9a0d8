"""An ONNX file as the gradient worker needs it: nodes in order, weights, and what comes in.

Nothing here imports TensorFlow. ONNX: https://onnx.ai/onnx/intro/concepts.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np


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
    """The graph of an ONNX file as it is computed.

    nodes: in an order in which they can be computed. initializers: names of the arrays that are stored. opset: version
    of the standard. Raises FileError for a file that cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        model = self._load()
        self.opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)
        self.nodes = tuple(map(_node, model.graph.node))
        self.initializers = frozenset(tensor.name for tensor in model.graph.initializer)
        (self.input,) = [value.name for value in model.graph.input if value.name not in self.initializers]

    @cached_property
    def producers(self) -> dict[str, Node]:
        """The node that computes each tensor."""
        return {name: node for node in self.nodes for name in node.outputs if name}

    def arrays(self, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
        """Initializers by name, as they are stored; those that lie in a file beside this one are mapped, not read."""
        return {
            tensor.name: self._array(tensor)
            for tensor in self._load().graph.initializer
            if names is None or tensor.name in names
        }

    def weights_between(self, tensor: str, others: Collection[str]) -> list[str]:
        """Initializers that a tensor is computed with from other tensors, back to which it is followed.

        Numbers that are no weights, such as shapes, are left out.
        """
        stored, seen, to_see = set(), set(), [tensor]
        while to_see:
            name = to_see.pop()
            if name in self.initializers:
                stored.add(name)
            elif name not in seen and name in self.producers and (name == tensor or name not in others):
                seen.add(name)
                to_see += [given for given in self.producers[name].inputs if given]
        return sorted(name for name, array in self.arrays(stored).items() if array.dtype.kind == "f")

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
