"""Weights files of every kind the exporter takes, all read as one mapping from a layer's name to its arrays."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from export.errors import SourceError
from export.fitting import InOrder, in_order
from export.keras_files import opening
from models import npz_weights, onnx_weights

KERAS = (".h5", ".hdf5", ".keras")


def opened(path: str | Path, skeleton, stack: contextlib.ExitStack) -> Mapping[str, list[np.ndarray]]:
    """The weights in a file: .npz with keys `<layer>/<i>`, an exported .onnx, or Keras's .h5, .hdf5 or .keras.

    skeleton: the Keras model they are for; Keras's files are fitted to it by order and shape, whatever their layers are
    called, and read layer by layer as they are asked for, until the stack is closed. Raises SourceError where the file
    is none of these.
    """
    path = Path(path)
    if not path.is_file():
        raise SourceError(f"There is no weights file at {path}.")
    if path.suffix in KERAS:
        return in_order(stack.enter_context(opening.opened(path)), skeleton)
    try:
        if path.suffix == ".npz":
            return npz_weights.read(path)
        if path.suffix == ".onnx":
            return onnx_weights.read(path)
    except onnx_weights.WeightsError as error:
        raise SourceError(str(error)) from error
    except Exception as error:  # zipfile and NumPy each raise their own for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceError(f"{path} cannot be read as weights of this network ({reason}).") from error
    raise SourceError(f"{path.name} is no kind of weights file known here: give a .h5, .keras, .npz or .onnx file.")


def checked(weights: Mapping[str, list[np.ndarray]], keras_model) -> Mapping[str, list[np.ndarray]]:
    """The same weights, once it is known that each layer has arrays of the right shapes. Raises SourceError if not."""
    for layer in keras_model.layers:
        if not layer.weights:
            continue
        wanted = [tuple(variable.shape) for variable in layer.weights]
        if layer.name not in weights:
            raise SourceError(f"The weights hold nothing for layer {layer.name!r} of {keras_model.name}.")
        if isinstance(weights, InOrder):
            shapes = weights.shapes(layer.name)
        else:
            shapes = [tuple(np.shape(array)) for array in weights[layer.name]]
        if shapes != wanted:
            raise SourceError(f"The weights of layer {layer.name!r} have the shapes {shapes}, not {wanted}.")
    return weights
