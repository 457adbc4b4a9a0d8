"""Weights put into a network of this project by their order and shapes, whatever their layers are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from export.errors import SourceError
from export.keras_files.filling import CONTAINERS, snake_case
from export.keras_files.opening import KerasFile, names
from export.networks import NETWORKS, Exportable
from models.card import Card

Shapes = list[tuple[int, ...]]


class InOrder(Mapping):
    """Arrays of a Keras file by the names of a network's layers, read as they are asked for."""

    def __init__(self, arrays: Mapping[str, Sequence]):
        self._arrays = arrays

    def __getitem__(self, layer: str) -> list[np.ndarray]:
        return [np.asarray(array[()], np.float32) for array in self._arrays[layer]]

    def shapes(self, layer: str) -> Shapes:
        return [tuple(array.shape) for array in self._arrays[layer]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def in_order(file: KerasFile, skeleton) -> InOrder:
    """The weights in a file as those of a network's layers. skeleton: its Keras model.

    Raises SourceError, which names the first layer that does not fit.
    """
    layers = [layer for layer in skeleton.layers if layer.weights]
    found = _older(file) if file.older else _newer(file, layers)
    for layer, arrays in zip(layers, found, strict=False):
        wanted = [tuple(variable.shape) for variable in layer.weights]
        shapes = [tuple(array.shape) for array in arrays]
        if shapes != wanted:
            raise SourceError(
                f"{file.path} does not fit {skeleton.name}: where layer {layer.name!r} has weights of the shapes"
                f" {wanted}, the file has {shapes}."
            )
    if len(found) != len(layers):
        raise SourceError(
            f"{file.path} does not fit {skeleton.name}: it has {len(found)} layers with weights, not {len(layers)}."
        )
    return InOrder({layer.name: arrays for layer, arrays in zip(layers, found, strict=True)})


def fitting(file: KerasFile) -> tuple[str, Exportable, InOrder]:
    """The network of this project that a file of weights alone fits. Raises SourceError where it fits none."""
    for name, network in NETWORKS.items():
        try:
            return name, network, in_order(file, network.skeleton())
        except SourceError:
            continue
    raise SourceError(
        f"{file.path} holds weights alone, which fit none of {', '.join(NETWORKS)} in order and shape: save the whole"
        " model, with model.save(...), and give that file."
    )


def _older(file: KerasFile) -> list[list]:
    groups = [file.arrays[name] for name in names(file.arrays, "layer_names") if name in file.arrays]
    layers = [[group[name] for name in names(group, "weight_names")] for group in groups]
    return [arrays for arrays in layers if arrays]


def _newer(file: KerasFile, layers: Sequence) -> list[list]:
    """Groups are named after classes there, and counted: each of the network's layers finds its own."""
    container = next((file.weights[name] for name in CONTAINERS if name in file.weights), {})
    used: dict[str, int] = {}
    found, taken = [], set()
    for layer in layers:
        kind = snake_case(type(layer).__name__)
        used[kind] = used.get(kind, -1) + 1
        name = f"{kind}_{used[kind]}" if used[kind] else kind
        if name in container:
            taken.add(name)
            found.append(_arrays(container[name]))
    left = [_arrays(container[name]) for name in container if name not in taken]
    return [*found, *(arrays for arrays in left if arrays)]


def _arrays(group) -> list:
    """All arrays of a layer: its own, then those of the layers within it, forward before backward."""
    own = group.get("vars", {})
    found = [own[key] for key in sorted(own, key=lambda key: int(key) if key.isdecimal() else 0)]
    inner = [key for key in group if key not in ("vars", "seed_generator")]
    for key in sorted(inner, key=lambda key: (key == "backward_layer", key)):
        found += _arrays(group[key])
    return found


def likeness(network) -> Card | None:
    """The card of the network of this project whose layers a whole model has, in order and shape; None for any other.

    network: as `export.keras_files.assembly` returns it.
    """
    leaves = {id(leaf.layer): leaf.layer for leaf in network.leaves}.values()
    own = [[tuple(variable.shape) for variable in layer.weights] for layer in leaves if layer.weights]
    own_ends = _ends(network.model.inputs[0], list(network.model.output.values())[-1])
    for known in NETWORKS.values():
        skeleton = known.skeleton()
        shapes = [[tuple(variable.shape) for variable in layer.weights] for layer in skeleton.layers if layer.weights]
        if shapes == own and _ends(skeleton.inputs[0], skeleton.outputs[0]) == own_ends:
            return known.card
    return None


def _ends(picture, output) -> tuple:
    return tuple(picture.shape), tuple(output.shape)
