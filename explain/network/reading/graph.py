"""The graph of an ONNX file: its nodes, what is constant in it, and every tensor's shape for one picture size."""

from __future__ import annotations

import itertools
import json
import math
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from explain.network.axes import Axes, of_picture
from explain.network.checks.sizes import check_made, check_sizes
from explain.network.errors import NetworkError
from explain.network.reading.nodes import Node, array_of, fold, nodes_of
from explain.network.reading.shapes import Shapes, inferred, measured

SMALL = 4096  # numbers; larger constants are weights, and their values are not looked at here
PROBES = ((96, 224), (160, 320))  # two picture sizes; a length that differs between them may vary
HEIGHTS = (48, 32, 64)  # tried where a network says it takes any height but runs on neither of those
NUMBERS = (1, 2, 3, 10, 11)  # onnx.TensorProto: single precision, bytes, half precision, double
MOST_IN_A_PICTURE = 2**26  # numbers in what the network takes at once
PASSED_ON = ("Identity", "Cast", "Unsqueeze", "Squeeze", "Reshape", "Transpose")
BATCH = 7  # pictures in the pass that is worked out, where the file leaves that open: no layer has 7 channels


class Graph:
    """A file's nodes in order, with look-ups. It holds no weights: those stay in the file.

    values: tensors computed from the picture's values, not from its size alone. consumers: the nodes that use a tensor
    for such values, shape arithmetic left out.
    """

    def __init__(self, model, path: Path, size: tuple[int | None, int | None] = (None, None), transposed: bool = False):
        """model: the onnx.ModelProto in the file at path. size: of the picture, for lengths that the file leaves open.
        transposed: whether the file wants its picture lying, columns where others have rows.

        Raises NetworkError for a network that does not take pictures, or none of that size.
        """
        _strip(model)
        graph = model.graph
        self.metadata: dict[str, str] = {entry.key: entry.value for entry in model.metadata_props}
        self.opset: int = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)
        self.nodes: list[Node] = nodes_of(graph)
        self.producer: dict[str, Node] = {name: node for node in self.nodes for name in node.outputs if name}
        self.position = {name: at for at, node in enumerate(self.nodes) for name in node.outputs if name}
        self._known: dict[str, np.ndarray | None] = {}
        self.stored: dict[str, Any] = {tensor.name: tensor for tensor in graph.initializer}
        self.input, self.declared = _picture(graph, self.stored)
        self.outputs: tuple[str, ...] = tuple(output.name for output in graph.output)
        self.constants: set[str] = set(self.stored)
        for node in self.nodes:
            if node.operator != "Shape" and all(name in self.constants for name in node.inputs if name):
                self.constants.update(node.outputs)
        self.values = self._values()
        self.consumers: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(filter(None, node.inputs)):
                if node.output in self.values:
                    self.consumers.setdefault(name, []).append(node)
        self.shapes: Shapes = {}
        self.channel_first = self._channel_first()
        self.input_axes: Axes = of_picture(self.channel_first, transposed)
        self.shapes, self._other_shapes = self._shapes(model, path, size)

    @property
    def batch(self) -> int | None:
        """How many pictures one pass takes, None where that is open."""
        return self.declared[0]

    @property
    def pictures(self) -> int:
        """How many pictures the shapes are of."""
        return self.batch or BATCH

    @cached_property
    def named(self) -> dict[str, None]:
        """The tensors that the file names as its layers, in order; empty where it names none that it computes."""
        try:
            named = json.loads(self.metadata.get("layers", "[]"))
        except (ValueError, RecursionError):
            return {}
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            return {}
        return {name: None for name in named if name in self.values and name != self.input}

    def constant(self, name: str) -> np.ndarray | None:
        """The value of a small constant, None for what depends on the picture and for weights."""
        if name not in self.constants or (self.shapes.get(name) and np.prod(self.shapes[name]) > SMALL):
            return None
        return fold(name, self.stored, self.producer, known=self._known, most=SMALL)

    def data_inputs(self, node: Node) -> list[str]:
        """The inputs that depend on the picture's values, shape arithmetic left out."""
        return [name for name in node.inputs if name and name not in self.constants and name in self.values]

    def is_zero(self, name: str) -> bool:
        """Whether a tensor is nothing but zeros, of whatever size."""
        if name in self.constants:
            value = self.constant(name)
            return value is not None and not np.any(value)
        node = self.producer.get(name)
        if node is None:
            return False
        if node.operator == "ConstantOfShape":
            value = node["value"]
            return value is None or not np.any(array_of(value, None))
        if node.operator == "Concat":
            return all(self.is_zero(part) for part in node.inputs)
        return node.operator in ("Expand", *PASSED_ON) and self.is_zero(node.inputs[0])

    def _values(self) -> set[str]:
        """Tensors computed from the picture's values, not from its size."""
        values = {self.input}
        for node in self.nodes:
            if node.operator not in ("Shape", "Size") and any(name in values for name in node.inputs):
                values.update(name for name in node.outputs if name)
        return values

    def _channel_first(self) -> bool:
        """How the file wants its picture: by what first needs to know, else by which axis has few channels."""
        name, order = self.input, (0, 1, 2, 3)
        first, last = self.declared[1], self.declared[-1]
        for _ in range(len(self.nodes)):
            after = self.consumers.get(name, [])
            wants = any(
                node.operator in ("Conv", "MaxPool", "AveragePool", "BatchNormalization", "GlobalAveragePool")
                for node in after
            )
            if wants and order[1] in (1, 3):
                return order[1] == 1
            if len(after) != 1 or after[0].operator == "Reshape":  # that may exchange axes where one has a length of 1
                break
            if after[0].operator == "Transpose":
                order = tuple(order[axis] for axis in after[0]["perm"] or (3, 2, 1, 0))
            name = after[0].output
        if (first in (1, 3)) != (last in (1, 3)):
            return first in (1, 3)
        return (first or math.inf) < (last or math.inf)

    def picture_shape(self) -> tuple[int | None, int | None, int | None]:
        """Height, width and channels of the picture as the file declares them, None where open."""
        return tuple(self.declared[self.input_axes.index(axis)] for axis in "HWC")

    def _shapes(self, model, path: Path, size) -> list[Shapes]:
        """For two sizes of the picture, equal ones where the size is known.

        Some files say that they take any number or any height of pictures, but run on one alone: then that is noted.
        """
        declared = list(self.declared)
        height, width, _ = self.picture_shape()
        heights = [height or size[0], *(HEIGHTS if height is None and size[0] is None else ())]
        problem = None
        for batch, tall in itertools.product(dict.fromkeys((declared[0], declared[0] or 1)), heights):
            self.declared = [batch, *declared[1:]]
            if height is None and size[0] is None and tall is not None:
                self.declared[self.input_axes.index("H")] = tall
            try:
                return self._two_shapes(model, path, tall, width or size[1])
            except NetworkError as error:
                problem = problem or error
        raise problem

    def _two_shapes(self, model, path: Path, height: int | None, width: int | None) -> list[Shapes]:
        channels = self.picture_shape()[2] or 3
        lengths = dict.fromkeys((height or tall, width or wide) for tall, wide in PROBES)
        made = [self._shapes_for(model, path, (*pair, channels)) for pair in lengths]
        return made if len(made) == 2 else made * 2

    def _shapes_for(self, model, path: Path, picture: tuple[int, int, int]) -> Shapes:
        full = self._full(*picture)
        shapes = inferred(model, self.input, full)
        for node in self.nodes:
            check_made(node, shapes, self.constant, path.name)
        check_sizes(shapes, path.name)
        if missing := (self.values | self.constants) - set(shapes):
            shapes |= measured(path, self.input, full, missing)
        return shapes

    def open(self, name: str) -> tuple[bool, ...]:
        """Of each axis of a tensor whether its length depends on a size of the picture that nothing says."""
        return tuple(a != b for a, b in zip(self.shapes[name], self._other_shapes[name], strict=True))

    def _full(self, height: int, width: int, channels: int) -> list[int]:
        lengths = {"N": self.pictures, "H": height, "W": width, "C": channels}
        return [lengths[axis] for axis in self.input_axes]


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
        given = ", ".join(f"{name[:40]} {tuple(shape)}" for name, shape in list(shapes.items())[:8]) or "none"
        raise NetworkError(f"A network that is explained takes one batch of pictures, with 4 axes; this takes {given}.")
    name, shape = pictures[0], shapes[pictures[0]]
    if inputs[0].type.tensor_type.elem_type not in NUMBERS:
        raise NetworkError(f"The network takes pictures of a type that is not known here, as {name[:40]!r} says.")
    if math.prod(length or 1 for length in shape) > MOST_IN_A_PICTURE:
        by = " x ".join(str(length or "any") for length in shape)
        raise NetworkError(f"The network takes a batch of {by} numbers, which is too large to be opened here.")
    return name, shape
