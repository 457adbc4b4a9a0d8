"""The weights of an exported network, brought back to the arrays Keras keeps.

The exported ONNX file is the only place where such a network's weights are stored. Its metadata says under "weights",
for every layer and in the order of `layer.get_weights()`, which initializer holds an array and what was done to it:

    direction   which of the stacked directions of a bidirectional LSTM it is (first axis of ONNX's W, R and B)
    first       how many leading rows belong to it (ONNX's B holds the input bias and an unused recurrent bias)
    gates       the order in which the rows of an LSTM array hold the gates; Keras keeps i f c o (ONNX writes i o f c)
    transpose   the permutation of axes that leads back to Keras

They are undone in this order. Arrays stored in half precision come back as float32.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

KERAS_GATES = "ifco"  # input, forget, cell, output: keras.layers.LSTM
ONNX_GATES = "iofc"  # the LSTM operator of the ONNX specification


class WeightsError(ValueError):
    """The file holds no weights that this project can read; the message is one sentence for the reader."""


def read(path: str | Path, layers: Collection[str] | None = None) -> dict[str, list[np.ndarray]]:
    """Weights of every layer that has some, float32, in the order and shape of Keras's `layer.get_weights()`.

    path: a file written by `python -m export`. layers: the only ones to read. Raises WeightsError for any other file,
    and for a layer that has no weights there.
    """
    model, recipes = _open(Path(path))
    for layer in layers or ():
        if layer not in recipes:
            raise WeightsError(f"{path} has no weights for layer {layer!r}; it has some for {', '.join(recipes)}.")
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    return {
        layer: [_restore(stored[recipe["initializer"]], recipe, Path(path).parent) for recipe in arrays]
        for layer, arrays in recipes.items()
        if layers is None or layer in layers
    }


def fill(model, weights: Mapping[str, list[np.ndarray]]) -> None:
    """Gives every layer of a Keras model that has weights those of its name, as `read` returns them."""
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(weights[layer.name])


def _open(path: Path):
    import onnx

    if not path.is_file():
        raise WeightsError(f"There is no weights file at {path}; write one with `python -m export`.")
    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf raises its own DecodeError, which onnx does not re-export
        raise WeightsError(f"{path} is not an ONNX file; write one with `python -m export`.") from error
    recipes = {entry.key: entry.value for entry in model.metadata_props}.get("weights")
    if recipes is None:
        raise WeightsError(f"{path} was not written by `python -m export`: it does not say which weights it holds.")
    return model, json.loads(recipes)


def _restore(tensor, recipe: dict, folder: Path) -> np.ndarray:
    from onnx import numpy_helper

    array = numpy_helper.to_array(tensor, base_dir=str(folder)).astype(np.float32, copy=False)
    if "direction" in recipe:
        array = array[recipe["direction"]]
    if "first" in recipe:
        array = array[: recipe["first"]]
    if "gates" in recipe:
        array = reorder_gates(array, recipe["gates"], KERAS_GATES)
    if "transpose" in recipe:
        array = array.transpose(recipe["transpose"])
    return np.ascontiguousarray(array)


def reorder_gates(rows: np.ndarray, order: str, wanted: str) -> np.ndarray:
    """Rows (4 * units, ...) whose four blocks hold the gates in the order `order`, put in the order `wanted`."""
    blocks = dict(zip(order, np.split(rows, len(order)), strict=True))
    return np.concatenate([blocks[gate] for gate in wanted])
