"""A layer's weights out of the file, by role, in the order and shape that Keras keeps them in."""

from __future__ import annotations

import functools
import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakValueDictionary

import numpy as np

from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.layers import Stored
from explain.network.reading.nodes import Node, fold, nodes_of
from models.onnx_weights import KERAS_GATES, ONNX_GATES, WeightsError, reorder_gates

# The whole file is in memory meanwhile, twice: 55 MB for a file of 29, 142 for three at once.
_reading = threading.Lock()


class Reader(Protocol):
    """An opened network of which the weights of a layer can be had."""

    def weights(self, layer: str) -> dict[str, np.ndarray]: ...


# Who reads the files that are opened apart from the page (`Description.apart`); others never do.
readers: MutableMapping[Path, Reader] = WeakValueDictionary()


def network_weights(description: Description, layer_name: str) -> dict[str, np.ndarray]:
    """The weights of one layer by role, float32, in Keras's order and shape; empty for a layer without any.

    conv: kernel `(height, width, in a group, out)`, bias. dense: kernel `(in, out)`, bias. Where a normalisation is a
    part of either, or for a batch_norm: gamma, beta, mean, variance `(channel,)` and epsilon; a scale and a shift that
    follow. lstm: for each direction that is there, "forward" and "backward": forward_kernel `(feature, 4 units)`,
    forward_recurrent `(units, 4 units)` and forward_bias `(4 units,)`, gates in the order i f c o, both of ONNX's
    biases added up. Arrays of a large file that keeps them beside it are memory-mapped.
    Raises KeyError for an unknown layer and WeightsError for a file that cannot be read any more; NetworkError where
    the file is opened apart, and who reads it refuses or is gone.
    """
    layer = description.layer(layer_name)
    if not layer.weights:
        return {}
    if description.apart:
        reader = readers.get(description.path)
        if reader is None:
            raise NetworkError(f"{description.title} has been closed; open it again to see its weights.")
        return reader.weights(layer_name)
    with _reading:
        stored, producer = _constants(description.path)
        arrays = {role: _restored(description, where, stored, producer) for role, where in layer.weights.items()}
        del stored, producer
    if "gamma" in arrays:
        arrays["epsilon"] = np.asarray(layer.settings["epsilon"], np.float32)
    return arrays


def _constants(path: Path) -> tuple[dict[str, Any], dict[str, Node]]:
    import onnx

    try:
        graph = onnx.load(path, load_external_data=False).graph
    except Exception as error:  # protobuf raises its own DecodeError, which onnx does not re-export
        raise WeightsError(f"{path} can no longer be read as an ONNX file.") from error
    nodes = nodes_of(graph)
    return {tensor.name: tensor for tensor in graph.initializer}, {
        name: node for node in nodes for name in node.outputs
    }


def _restored(description: Description, where: Stored, stored, producer) -> np.ndarray:
    if not where.tensors:
        return np.zeros(where.shape, np.float32)
    arrays = []
    for name in where.tensors:
        array = fold(name, stored, producer, description.path)
        if array is None:
            raise WeightsError(f"The array {name!r} of {description.name} cannot be read from {description.path}.")
        for step, *values in where.steps:
            array = STEPS[step](array, *values)
        arrays.append(array)
    array = arrays[0] if len(arrays) == 1 else functools.reduce(np.add, arrays)
    return np.asarray(array, np.float32)


def _halves(array: np.ndarray) -> np.ndarray:
    first, second = np.split(array, 2)
    return first + second


STEPS = {
    "take": lambda array, index: array[index],
    "gates": lambda array: reorder_gates(array, ONNX_GATES, KERAS_GATES),
    "transpose": lambda array, axes: array.transpose(axes),
    "reshape": lambda array, shape: array.reshape(shape),
    "halves": _halves,
    "negative": lambda array: -array,
    "inverse": lambda array: 1 / array,
}
