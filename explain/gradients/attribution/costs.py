"""What a target is expected to lose when one channel of a layer is silenced: set to zero in all places.

By gradient times activation, the first step of a Taylor series at the picture: one pass back serves all channels of all
layers. Two things make it better (`python -m tests.benchmarks flow`):

- Each ReLU is open or closed, so that the slope at one point is an accident; its mean over points around it is not
  (`steadied`).
- A recurrent layer's gates saturate, so that what a channel brings at every step at once is not what its slope says.
  Where such a layer alone takes what a layer puts out, each channel is silenced for it, one after the other, and the
  slope decides only from its outputs on (`through`).

**Ref.** P. Molchanov, S. Tyree, T. Karras, T. Aila, J. Kautz, Pruning Convolutional Neural Networks for Resource
Efficient Inference, ICLR 2017, https://arxiv.org/abs/1611.06440; D. Smilkov, N. Thorat, B. Kim, F. Viégas,
M. Wattenberg, SmoothGrad: removing noise by adding noise, 2017, https://arxiv.org/abs/1706.03825
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explain.gradients.attribution.methods import OnStep
from explain.gradients.attribution.way import Point, Way
from explain.network.description import Description
from explain.network.layers import WEIGHING

PAIRS, GAIN = 3, 0.05  # of passes with the channels louder and quieter; the standard deviation of how much
NUMBERS_AT_ONCE = 2**20  # of a layer's outputs, a silenced channel in each: 4 MB


def costs(way: Way, point: Point, on_step: OnStep | None = None) -> dict[str, np.ndarray] | None:
    """By layer of the way, `(channel,)`, by how much the target is expected to fall; None where stopped.

    point: the picture's, of a way with all layers that `recurrent_after` names for its own.
    """
    answer = {}
    for number, (layer, values) in enumerate(point.values.items(), start=1):
        taker = recurrent_after(way.network.function.description, layer)
        if taker in point.values:
            falls = through(way, point, layer, taker, range(values.shape[-1]))
            answer[layer] = falls.sum(axis=1)
        else:
            answer[layer] = by_slope(point, layer)
        if on_step is not None and on_step(number, len(point.values)) is False:
            return None
    return answer


def steadied(way: Way, point: Point, layer: str) -> Point:
    """The same point with the mean slopes of some passes in which the channels of a layer are a little louder or
    quieter, each by a share of its own.

    layer: one that everything passes, the first that weighs the picture; the slopes of those before it stay as they
    are. Always the same shares, in pairs of opposite ones.
    """
    shares = GAIN * np.random.default_rng(0).standard_normal((PAIRS, point.values[layer].shape[-1]))
    gains = 1 + np.concatenate([shares, -shares]).astype(np.float32)
    gains = gains.reshape(len(gains), *(1,) * (point.values[layer].ndim - 1), -1)
    total: dict[str, np.ndarray] = {}
    for slopes in way.changed(point, layer, point.values[layer] * gains):
        total = {name: total.get(name, 0) + slope for name, slope in slopes.items()}
    return replace(point, gradients={**point.gradients, **{name: slope / len(gains) for name, slope in total.items()}})


def by_slope(point: Point, layer: str) -> np.ndarray:
    """Gradient times activation of a layer, summed over the places, `(channel,)`."""
    values = point.values[layer]
    return (point.gradients[layer] * values).reshape(-1, values.shape[-1]).sum(axis=0, dtype=np.float64)


def recurrent_after(description: Description, layer: str) -> str | None:
    """The recurrent layer that alone takes what a layer puts out, unweighed; None where there is no such."""
    takers = [other for other in description.layers if layer in other.inputs]
    if len(takers) != 1 or len(takers[0].inputs) != 1:
        return None
    (taker,) = takers
    if taker.recurrent:
        return taker.name
    return None if taker.kind in WEIGHING else recurrent_after(description, taker.name)


def through(way: Way, point: Point, layer: str, taker: str, channels: Sequence[int]) -> np.ndarray:
    """With each of some channels of a layer silenced in turn: by how much each channel of the one layer that takes it
    falls, weighed by the target's gradient there and summed over the places, `(channel, channel of the taker)`."""
    import tensorflow as tf

    values, usual, slopes = point.values[layer], point.values[taker], point.gradients[taker]
    falls = np.zeros((len(channels), usual.shape[-1]))
    rows = [row for row, channel in enumerate(channels) if values[..., channel].any()]
    at_once = max(1, NUMBERS_AT_ONCE // values.size)
    for part in (rows[first : first + at_once] for first in range(0, len(rows), at_once)):
        silenced = np.repeat(values[None], len(part), axis=0)
        for number, row in enumerate(part):
            silenced[number, ..., channels[row]] = 0
        pictures = tf.constant(np.broadcast_to(point.picture, (len(part), *point.picture.shape)))
        name = way.tensor(taker)
        found = way.network.function.outputs(pictures, [name], {way.tensor(layer): tf.constant(silenced)})[name]
        fallen = ((usual - found.numpy()) * slopes).reshape(len(part), -1, usual.shape[-1])
        falls[part] = fallen.sum(axis=1, dtype=np.float64)
    return falls
