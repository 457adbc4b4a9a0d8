"""Where in a picture the evidence for a class lies, from one pass and the last layers' weights alone.

Two kinds of endings allow it: global average pooling and one dense layer, of which the map is exact, and a map laid out
flat before dense layers with ReLUs between them, through which a class's gradient is a few products of matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from explain.attribution import cam, dense_gradient
from explain.network.description import Description
from explain.network.layers import Layer

PLAIN = {"kernel", "bias"}  # the weights of a dense layer with nothing else in it
LAID_OUT = ("flatten", "reshape")
Weights = Callable[[Description, str], Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class ClassMap:
    """layer: whose places the map has. values: `(height, width)`, signed. exact: its mean is the logit but for the
    bias; else it is Grad-CAM's."""

    layer: str
    values: np.ndarray
    exact: bool


@dataclass(frozen=True)
class _Ending:
    """dense: the last layers, in order. laid_out: the layer that lays the map out in a row, None after global average
    pooling. features: the map that they end."""

    dense: tuple[Layer, ...]
    laid_out: Layer | None
    features: Layer


def fits(description: Description) -> bool:
    """Whether a network's layers end in one of the two ways of this module."""
    return _ending(description) is not None


def class_map(
    description: Description, values: Mapping[str, np.ndarray], unit: int, weights: Weights
) -> ClassMap | None:
    """The map of a class; None for a network that ends otherwise than in the two ways of this module.

    values: each layer's output for the picture, without the batch. unit: the class. weights: of a layer by role, as
    `explain.network.weights.network_weights` reads them.
    """
    ending = _ending(description)
    if ending is None:
        return None
    features = values[ending.features.name]
    kernels = [weights(description, layer.name)["kernel"] for layer in ending.dense]
    if ending.laid_out is None:
        exact = cam.class_activation_map(features, kernels[0][:, unit])
        return ClassMap(ending.features.name, exact, True)
    hidden = [values[layer.name] for layer in ending.dense[:-1]]
    gradient = _as_map(dense_gradient.logit_gradient(kernels, hidden, unit), features, values[ending.laid_out.name])
    if gradient is None:
        return None
    return ClassMap(ending.features.name, cam.grad_cam(features, gradient), False)


def _ending(description: Description) -> _Ending | None:
    layer = description.output
    if layer.kind == "softmax":
        layer = _before(description, layer)
    dense: list[Layer] = []
    while layer is not None and _is_dense(layer, hidden=bool(dense)):
        dense.insert(0, layer)
        layer = _before(description, layer)
    laid_out = None
    if layer is not None and layer.kind in LAID_OUT:
        laid_out, layer = layer, _before(description, layer)
    if not dense or layer is None:
        return None
    if layer.kind == "global_average_pool":
        layer, laid_out = _before(description, layer), None
        if len(dense) > 1:  # the mean of a ReLU's gradient is no share of the logit
            return None
    elif laid_out is None:
        return None
    return _Ending(tuple(dense), laid_out, layer) if layer is not None and len(layer.shape) == 3 else None


def _is_dense(layer: Layer, hidden: bool) -> bool:
    """Whether a layer is products and a bias, and a ReLU where others follow, or whatever turns logits into
    probabilities where none does."""
    activations = ("relu",) if hidden else (None, "softmax")
    return layer.kind == "dense" and set(layer.weights) <= PLAIN and layer.activation in activations


def _before(description: Description, layer: Layer) -> Layer | None:
    before = description.inputs_of(layer.name)
    return before[0] if len(before) == 1 else None


def _as_map(gradient: np.ndarray, features: np.ndarray, row: np.ndarray) -> np.ndarray | None:
    """The gradient laid out as the map is, `(height, width, channel)`; None where the row is not the map laid out flat.

    row: the map as the network lays it out: place by place, or channel by channel in a file that keeps channels first.
    """
    height, width, channels = features.shape
    if row.size != features.size:
        return None
    if np.array_equal(features.ravel(), row.ravel()):
        return gradient.reshape(features.shape)
    if np.array_equal(features.transpose(2, 0, 1).ravel(), row.ravel()):
        return gradient.reshape(channels, height, width).transpose(1, 2, 0)
    return None
