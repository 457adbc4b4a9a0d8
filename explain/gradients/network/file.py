"""An ONNX file as the gradient worker needs it: nodes in order, weights, and what comes in.

Nothing here imports TensorFlow. ONNX: https://onnx.ai/onnx/intro/concepts.html
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from explain.network.reading.nodes import Node, node_of
from models.onnx_mapped import mapped
from models.onnx_weights import WeightsError


class FileError(ValueError):
    """The file cannot be run by TensorFlow; the message is one sentence for the reader."""


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
            return _single(onnx.numpy_helper.to_array(tensor))
        try:
            return _single(mapped(tensor, self.path))
        except WeightsError as error:
            raise FileError(str(error)) from error


def _single(array: np.ndarray) -> np.ndarray:
    """In single precision, whatever precision the file keeps its numbers in: one that is computed in halves, too."""
    single = array.dtype.kind == "f" and array.dtype != np.float32 or array.dtype.name == "bfloat16"
    return array.astype(np.float32) if single else array


def _node(proto) -> Node:
    """The node with its tensors as arrays, an operator of another domain under both its names."""
    import onnx

    node = node_of(proto)
    tensors = {name: value for name, value in node.attributes.items() if isinstance(value, onnx.TensorProto)}
    arrays = {name: _single(onnx.numpy_helper.to_array(value)) for name, value in tensors.items()}
    own = proto.domain not in ("", "ai.onnx")
    operator = f"{proto.domain}.{node.operator}" if own else node.operator
    return replace(node, operator=operator, attributes={**node.attributes, **arrays})
