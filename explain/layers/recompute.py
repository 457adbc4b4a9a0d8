"""One unit's value worked out by hand: what it takes, what it weighs that with, and the sum, beside the network's own.

NumPy only, in double precision, straight from each layer's definition and not from the network's code:

    convolution            relu(sum of window x filter + bias), zeros beyond the edge where the padding is "same"
    max pooling            the largest of its window
    batch normalisation    gamma (x - mean) / sqrt(variance + epsilon) + beta, with the means kept from training (Ioffe
                           and Szegedy, "Batch Normalization", 2015, https://arxiv.org/abs/1502.03167)
    LSTM step              Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997,
                           https://doi.org/10.1162/neco.1997.9.8.1735, with the forget gate of Gers, Schmidhuber and
                           Cummins, "Learning to Forget", 2000, https://doi.org/10.1162/089976600300015015
    dense and softmax      softmax(x W + b)
    global average         the mean of a channel over all places

A place is (y, x) in a feature map; step t of a sequence is (0, t), and a flat layer has the one place (0, 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explain.layers.workings import (
    GATES,
    BatchNormalisation,
    Convolution,
    Copy,
    Dense,
    LstmStep,
    MaxPooling,
    Mean,
    Unit,
)
from explain.network.description import Description, describe
from explain.network.layers import Layer
from models.card import Card

EPSILON = 1e-3  # what Keras's BatchNormalization adds to the variance unless told otherwise
ARRAYS = {"conv": 2, "batch_norm": 4, "lstm": 6, "dense": 2}  # weights of a layer of each kind; none for the others


class RecomputeError(ValueError):
    """The unit does not exist or cannot be worked out; the message is one sentence for the reader."""


def recompute(
    network: Card | Description,
    name: str,
    channel: int,
    place: tuple[int, int],
    activations: Mapping[str, np.ndarray],
    weights: Sequence[np.ndarray] = (),
) -> Unit:
    """One unit of a layer worked out by hand from the layer's input and weights.

    activations: output of every layer for one picture, without the batch, and under the name of the card's input the
    picture as the network gets it. weights: of this layer, as Keras's `get_weights` orders them. The picture may have
    another size than the card's. Raises RecomputeError for a layer, channel or place that the network does not have,
    and for the input, which nothing is computed for.
    """
    layer, before = _layers(describe(network), name)
    if layer.kind not in _KINDS:
        raise RecomputeError(f"{name} is a layer of kind {layer.kind!r}, which is not worked out by hand.")
    if len(weights) != ARRAYS.get(layer.kind, 0):
        raise RecomputeError(
            f"{name} has {ARRAYS.get(layer.kind, 0)} arrays of weights, and {len(weights)} were given."
        )
    value = _value(layer, channel, place, np.asarray(activations[name]))
    return _KINDS[layer.kind](_Work(layer, channel, place, np.asarray(activations[before.name]), weights, value))


@dataclass(frozen=True)
class _Work:
    """What every kind needs. given: the layer's whole input."""

    layer: Layer
    channel: int
    place: tuple[int, int]
    given: np.ndarray
    arrays: Sequence[np.ndarray]
    by_runtime: float

    @property
    def common(self) -> dict:
        return {
            "layer": self.layer.name,
            "channel": self.channel,
            "place": self.place,
            "by_runtime": self.by_runtime,
        }


def _layers(card: Description, name: str) -> tuple[Layer, Layer]:
    """The layer and the one whose output it takes."""
    names = [layer.name for layer in card.layers]
    if name not in names[1:]:
        raise RecomputeError(f"{card.name} computes no layer called {name!r}; choose one of {', '.join(names[1:])}.")
    layer = card.layer(name)
    return layer, card.layer(layer.inputs[0])


def _value(layer: Layer, channel: int, place: tuple[int, int], output: np.ndarray) -> float:
    """What the network itself gave for the unit."""
    y, x = place
    shape = {3: output.shape[:2], 2: (1, output.shape[0])}.get(output.ndim, (1, 1))
    if not 0 <= channel < output.shape[-1]:
        raise RecomputeError(f"{layer.name} has channels 0 to {output.shape[-1] - 1}, so none of number {channel}.")
    if not (0 <= y < shape[0] and 0 <= x < shape[1]):
        raise RecomputeError(f"{layer.name} has {shape[0]} x {shape[1]} places, so none at row {y}, column {x}.")
    return float(output.reshape(*shape, -1)[y, x, channel])


def _window(work: _Work) -> tuple[tuple[int, int], np.ndarray, np.ndarray]:
    """Corner of the unit's window, its values with zeros beyond the edge, and where those are."""
    corner = []
    for axis in (0, 1):
        corner.append(work.place[axis] * work.layer.window.stride[axis] - work.layer.window.padding[axis][0])
    rows, columns = (start + np.arange(size) for start, size in zip(corner, work.layer.window.kernel, strict=True))
    height, width = work.given.shape[:2]
    outside = ((rows < 0) | (rows >= height))[:, None] | ((columns < 0) | (columns >= width))[None, :]
    values = work.given[np.clip(rows, 0, height - 1)[:, None], np.clip(columns, 0, width - 1)].astype(np.float64)
    return tuple(corner), np.where(outside[:, :, None], 0.0, values), outside


def _convolution(work: _Work) -> Convolution:
    kernel, bias = work.arrays
    corner, inputs, outside = _window(work)
    weights = kernel[..., work.channel].astype(np.float64)
    products = inputs * weights
    sums = products.sum((0, 1))
    before = float(sums.sum() + bias[work.channel])
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": sums}
    more = {"corner": corner, "outside": outside, "bias": float(bias[work.channel]), "before": before}
    return Convolution(**work.common, **sizes, **more, by_hand=max(before, 0.0))


def _pooling(work: _Work) -> MaxPooling:
    corner, inputs, _ = _window(work)
    inputs = inputs[:, :, work.channel]
    y, x = (int(index) for index in np.unravel_index(inputs.argmax(), inputs.shape))
    weights = np.zeros_like(inputs)
    weights[y, x] = 1
    products = inputs * weights
    value = float(inputs[y, x])
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": np.array([value])}
    more = {"corner": corner, "winner": (corner[0] + y, corner[1] + x), "bias": 0.0, "before": value}
    return MaxPooling(**work.common, **sizes, **more, by_hand=value)


def _batch_normalisation(work: _Work) -> BatchNormalisation:
    gamma, beta, mean, variance = (float(array[work.channel]) for array in work.arrays)
    given = float(work.given[(*work.place, work.channel)])
    value = gamma * (given - mean) / np.sqrt(variance + EPSILON) + beta
    weight = np.asarray(gamma / np.sqrt(variance + EPSILON))
    products = given * weight
    sizes = {"inputs": np.asarray(given), "weights": weight, "products": products, "sums": np.array([products])}
    more = {"gamma": gamma, "beta": beta, "mean": mean, "variance": variance, "epsilon": EPSILON}
    bias = float(beta - mean * weight)
    return BatchNormalisation(**work.common, **sizes, **more, bias=bias, before=float(value), by_hand=float(value))


def _copy(work: _Work) -> Copy:
    """A reshape keeps the row-major order of all numbers, so the place in that order leads to the source."""
    steps, features = work.layer.shape
    index = work.place[1] * features + work.channel
    y, x, channel = (int(i) for i in np.unravel_index(index, work.given.shape))
    value = float(work.given[y, x, channel])
    sizes = {"inputs": np.asarray(value), "weights": np.asarray(1.0), "products": np.asarray(value)}
    more = {"sums": np.array([value]), "bias": 0.0, "before": value, "source": (y, x), "source_channel": channel}
    return Copy(**work.common, **sizes, **more, by_hand=value)


def _lstm_step(work: _Work) -> LstmStep:
    units = work.layer.shape[-1] // 2
    backward = work.channel >= units
    kernel, recurrent, bias = (np.asarray(array, np.float64) for array in work.arrays[3 * backward : 3 * backward + 3])
    unit = work.channel - units * backward
    steps = np.asarray(work.given[::-1] if backward else work.given, np.float64)
    position = len(steps) - 1 - work.place[1] if backward else work.place[1]
    hidden, cell = _states(kernel, recurrent, bias, steps[:position])
    own = unit + units * np.arange(4)
    inputs = np.concatenate([steps[position], hidden])
    weights = np.concatenate([kernel[:, own], recurrent[:, own]]).T
    products = inputs * weights
    features = steps.shape[1]
    sums = np.stack([products[:, :features].sum(1), products[:, features:].sum(1)], axis=1)
    before = sums.sum(1) + bias[own]
    gates = _sigmoid(before)
    gates[GATES.index("candidate")] = np.tanh(before[GATES.index("candidate")])
    into, keep, candidate, out = gates
    memory = keep * cell[unit] + into * candidate
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": sums}
    more = {"features": features, "bias": bias[own], "before": before, "gates": gates, "unit": unit}
    states = {"cell_before": float(cell[unit]), "cell": float(memory), "by_hand": float(out * np.tanh(memory))}
    return LstmStep(**work.common, **sizes, **more, **states, direction="backward" if backward else "forward")


def _states(kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, steps: np.ndarray):
    """Hidden and cell state `(units,)` each after reading `steps` `(step, feature)` in order, from zero states."""
    hidden = cell = np.zeros(len(recurrent))
    for given in steps @ kernel + bias:
        into, keep, candidate, out = np.split(given + hidden @ recurrent, 4)
        cell = _sigmoid(keep) * cell + _sigmoid(into) * np.tanh(candidate)
        hidden = _sigmoid(out) * np.tanh(cell)
    return hidden, cell


def _sigmoid(x: np.ndarray) -> np.ndarray:
    # By way of tanh nothing overflows.
    return 0.5 * (1 + np.tanh(0.5 * x))


def _dense(work: _Work) -> Dense:
    kernel, bias = (np.asarray(array, np.float64) for array in work.arrays)
    inputs = np.asarray(work.given[work.place[1]] if work.given.ndim == 2 else work.given, np.float64)
    logits = inputs @ kernel + bias
    probabilities = np.exp(logits - logits.max())
    probabilities /= probabilities.sum()
    weights = kernel[:, work.channel]
    products = inputs * weights
    before = float(products.sum() + bias[work.channel])
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": products}
    more = {"bias": float(bias[work.channel]), "before": before, "logits": logits, "probabilities": probabilities}
    return Dense(**work.common, **sizes, **more, by_hand=float(probabilities[work.channel]))


def _mean(work: _Work) -> Mean:
    inputs = work.given[:, :, work.channel].astype(np.float64)
    weights = np.full(inputs.shape, 1 / inputs.size)
    products = inputs * weights
    value = float(products.sum())
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": np.array([value])}
    return Mean(**work.common, **sizes, bias=0.0, before=value, by_hand=value)


_KINDS = {
    "conv": _convolution,
    "max_pool": _pooling,
    "batch_norm": _batch_normalisation,
    "reshape": _copy,
    "lstm": _lstm_step,
    "dense": _dense,
    "global_average_pool": _mean,
}
