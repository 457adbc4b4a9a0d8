"""One unit's value worked out by hand: what it takes, what it weighs that with, and the sum, beside the network's own.

NumPy only, in double precision, straight from each layer's definition and not from the network's code:

    convolution            f(sum of window x filter + bias), zeros beyond the edge, f being what the layer ends in
    max, average pooling   the largest of its window, or the mean of it
    batch normalisation    gamma (x - mean) / sqrt(variance + epsilon) + beta, with the means kept from training (Ioffe
                           and Szegedy, "Batch Normalization", 2015, https://arxiv.org/abs/1502.03167)
    scaling                a x + b, one a and one b a channel
    LSTM step              Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997,
                           https://doi.org/10.1162/neco.1997.9.8.1735, with the forget gate of Gers, Schmidhuber and
                           Cummins, "Learning to Forget", 2000, https://doi.org/10.1162/089976600300015015
    dense                  f(x W + b)
    softmax                exp(x) / sum of exp(x) over the channels of its place
    global average         the mean of a channel over all places
    sum, product           of what several layers have at the same place; side by side: one of them, handed on
    reshape, flatten       a value handed on from another place

A place is (y, x) in a feature map; step t of a sequence is (0, t), and a flat layer has the one place (0, 0).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explain.layers.by_hand.by_kind import OF_KIND
from explain.layers.by_hand.task import RecomputeError, Task, laid_out
from explain.layers.workings import Unit
from explain.network.description import Description, describe
from explain.network.layers import Layer
from models.card import Card

__all__ = ["RecomputeError", "recompute"]


def recompute(
    network: Card | Description,
    name: str,
    channel: int,
    place: tuple[int, int],
    activations: Mapping[str, np.ndarray],
    weights: Mapping[str, np.ndarray] | None = None,
) -> Unit:
    """One unit of a layer worked out by hand from the layer's input and weights.

    activations: output of every layer for one picture, without the batch, and under the name of the network's input
    the picture as it gets it. weights: of this layer, by role, as `explain.network.weights` reads them. The picture may
    have another size than the network's usual one. Raises RecomputeError for a layer, channel or place that the network
    does not have, for the input, which nothing is computed for, and for a layer of a kind that is not worked out.
    """
    description = describe(network)
    if name not in description.layer_names:
        known = ", ".join(description.layer_names)
        raise RecomputeError(f"{description.name} computes no layer called {name!r}; choose one of {known}.")
    layer = description.layer(name)
    if layer.kind not in OF_KIND:
        raise RecomputeError(f"{name} is a layer of kind {layer.kind!r}, which is not worked out by hand.")
    weights = weights or {}
    if missing := [role for role in layer.weights if role not in weights]:
        raise RecomputeError(f"{name} needs its weights, and {', '.join(missing)} were not given.")
    taken = {before: np.asarray(activations[before]) for before in layer.inputs}
    by_runtime = _value(layer, channel, place, np.asarray(activations[name]))
    return OF_KIND[layer.kind](Task(layer, channel, tuple(place), taken, weights, by_runtime))


def _value(layer: Layer, channel: int, place: tuple[int, int], output: np.ndarray) -> float:
    """What the network itself gave for the unit."""
    y, x = place
    values = laid_out(output)
    height, width, channels = values.shape
    if not 0 <= channel < channels:
        raise RecomputeError(f"{layer.name} has channels 0 to {channels - 1}, so none of number {channel}.")
    if not (0 <= y < height and 0 <= x < width):
        raise RecomputeError(f"{layer.name} has {height} x {width} places, so none at row {y}, column {x}.")
    return float(values[y, x, channel])
