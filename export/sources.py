"""Weights files of every kind the exporter takes, all read as one mapping from a layer's name to its arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from export.errors import SourceError
from models import npz_weights, onnx_weights


class LegacyH5(Mapping):
    """Keras's older .h5 layout, a group for each layer, read layer by layer as it is asked for.

    Both files that hold weights alone and whole models (group "model_weights") are read.
    """

    def __init__(self, path: Path):
        import h5py

        self._file = h5py.File(path, "r")
        self._root = self._file.get("model_weights", self._file)
        self._layers = [name for name in self._root if len(self._names(name))]

    def _names(self, layer: str) -> list[str]:
        names = self._root[layer].attrs.get("weight_names", ())
        return [name.decode() if isinstance(name, bytes) else str(name) for name in names]

    def __getitem__(self, layer: str) -> list[np.ndarray]:
        if layer not in self._layers:
            raise KeyError(layer)
        return [self._root[layer][name][()] for name in self._names(layer)]

    def shapes(self, layer: str) -> list[tuple[int, ...]]:
        return [self._root[layer][name].shape for name in self._names(layer)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)


def opened(path: str | Path, build) -> Mapping[str, list[np.ndarray]]:
    """The weights in a file: .npz with keys `<layer>/<i>`, an exported .onnx, or Keras's .h5, .weights.h5 or .keras.

    build: called without arguments for a Keras model to load the newer of Keras's files with; they can't be read by
    layer names alone. Raises SourceError where the file is none of these.
    """
    path = Path(path)
    if not path.is_file():
        raise SourceError(f"There is no weights file at {path}.")
    try:
        if path.suffix == ".npz":
            return npz_weights.read(path)
        if path.suffix == ".onnx":
            return onnx_weights.read(path)
        if path.suffix == ".h5" and _is_legacy(path):
            return LegacyH5(path)
        if path.suffix in (".h5", ".keras"):
            return _through_keras(path, build)
    except onnx_weights.WeightsError as error:
        raise SourceError(str(error)) from error
    except Exception as error:  # h5py, zipfile, NumPy and Keras each raise their own for a damaged file
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
        if isinstance(weights, LegacyH5):
            shapes = weights.shapes(layer.name)
        else:
            shapes = [tuple(np.shape(array)) for array in weights[layer.name]]
        if shapes != wanted:
            raise SourceError(f"The weights of layer {layer.name!r} have the shapes {shapes}, not {wanted}.")
    return weights


def _is_legacy(path: Path) -> bool:
    import h5py

    with h5py.File(path, "r") as file:
        return "layer_names" in file.get("model_weights", file).attrs


def _through_keras(path: Path, build) -> dict[str, list[np.ndarray]]:
    model = build()
    model.load_weights(path)
    return {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
