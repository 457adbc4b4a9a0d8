"""Weights in, verified ONNX file out."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx

from export import graph, verify
from export.errors import ExportError
from export.networks import NETWORKS, Exportable, import_keras
from export.sources import checked, opened
from export.stores import Beside, Inside
from models.card import weights_beside


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def export(
    name: str,
    weights: str | Path | Mapping[str, list[np.ndarray]] | None = None,
    out: str | Path | None = None,
    tell: Callable[[str], None] = to_stderr,
) -> Path:
    """Writes `<name>.onnx` (for vgg16 also `<name>.onnx.data`, its weights) and returns its path.

    name: crnn, vgg16-cam or vgg16. weights: a file (see export.sources) or a mapping from a layer's name to its arrays
    in the order of `layer.get_weights()`; the network's own unless given. out: a folder; where the network's card looks
    for its file unless given. tell: takes one line of progress at a time.

    The file is written beside its place and verified against Keras before it takes it, so that a failure leaves what
    was there. Raises ExportError with one sentence: an unknown name, weights that can't be read or don't fit, or a
    layer that differs from Keras by more than verify.TOLERANCE.
    """
    if name not in NETWORKS:
        raise ExportError(f"There is no network called {name!r}; there are {', '.join(NETWORKS)}.")
    network = NETWORKS[name]
    out = Path(out) if out is not None else network.card.weights.parent
    keras = import_keras()
    try:
        with contextlib.ExitStack() as stack:
            source = network.default_weights() if weights is None else weights
            keras_model = network.skeleton()
            if not isinstance(source, Mapping):
                tell(f"{name}: weights from {source}")
                source = opened(source, keras_model, stack)
            checked(source, keras_model)
            out.mkdir(parents=True, exist_ok=True)
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=f".{name}-", dir=out))
            path = Path(folder) / f"{name}.onnx"
            written(path, network, keras_model, source, Inside(), tell)
            for file in sorted(Path(folder).iterdir(), reverse=True):  # the weights before the file that names them
                os.replace(file, out / file.name)
    finally:
        # Keras remembers variables without values and would fill them as soon as the next model is built.
        keras.utils.clear_session()
    return out / f"{name}.onnx"


def written(
    path: Path, network: Exportable, keras_model, weights: Mapping, inside, tell: Callable, facts: Mapping | None = None
) -> None:
    """Writes the file of a network that comes along, and compares it with Keras layer by layer.

    inside: the store for weights that lie in the file. facts: what else the file's metadata says, by key.
    """
    store = Beside(weights_beside(path)) if network.beside else inside
    try:
        model = graph.write(keras_model, network.card, _Told(weights, tell), store)
    finally:
        store.close()
    for key, value in (facts or {}).items():
        model.metadata_props.add(key=key, value=value)
    path.write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(path))
    _verify(path, network, keras_model, weights, store.rounded, tell)


def _verify(path: Path, network: Exportable, keras_model, weights: Mapping, rounded: Callable, tell: Callable) -> None:
    tell(f"{path.stem}: comparing each layer with Keras, largest difference as a part of the layer's largest value")
    differences = verify.differences(path, keras_model, weights, rounded, 1 if network.beside else 2)
    for layer, difference in differences.items():
        tell(f"  {layer:<16} {difference:.1e}")
    verify.check(differences)


class _Told(Mapping):
    """A mapping of weights that tells each layer as it is asked for."""

    def __init__(self, weights: Mapping, tell: Callable[[str], None]):
        self._weights, self._tell = weights, tell

    def __getitem__(self, layer: str) -> list[np.ndarray]:
        arrays = self._weights[layer]
        self._tell(f"  writing {layer:<16} {sum(array.nbytes for array in arrays) / 1e6:7.1f} MB")
        return arrays

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)
