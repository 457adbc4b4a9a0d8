"""What silencing a channel is expected to cost a target, from a few gradients for all channels of a layer together.

Silenced alone, a channel costs the integral of the target's gradient by it times its values, from as they are down to
zero. By the midpoint rule that is the gradient where it is halved, times its values. Channels that hardly act on each
other are halved together: dealt out so that the ones that matter most, by their gradient where nothing is changed, are
in different groups.
"""

from __future__ import annotations

import numpy as np

from explain.gradients.attribution.way import Point, Way
from explain.gradients.network import target_scores

GROUPS = 8


def expected_costs(
    way: Way, point: Point, layer: str, groups: int = GROUPS, amounts=(0.5,), weights=(1.0,)
) -> np.ndarray:
    """`(channel,)`: by how much the target is expected to fall if that channel is set to zero everywhere.

    point: the picture's. groups: how many the channels are dealt out to; with as many as there are channels each is
    halved alone, with none the gradient is taken where nothing is changed.
    """
    values, slope = point.values[layer], point.gradients[layer]
    first = _by_channel(slope * values)
    if not groups:
        return first
    order = np.argsort(-np.abs(first), kind="stable")
    group = np.empty(len(order), int)
    group[order] = np.arange(len(order)) % groups
    count = min(groups, len(order))
    total = np.zeros(len(order))
    for amount, weight in zip(amounts, weights):
        scaled = np.where(group == np.arange(count)[:, None], np.float32(amount), np.float32(1))
        slopes = _gradients(way, point, layer, values * scaled.reshape(count, *[1] * (values.ndim - 1), -1))
        parts = (slopes * values).reshape(count, -1, values.shape[-1]).sum(axis=1, dtype=np.float64)
        total += weight * parts[group, np.arange(len(order))]
    return total


def _by_channel(passed: np.ndarray) -> np.ndarray:
    return passed.reshape(-1, passed.shape[-1]).sum(axis=0, dtype=np.float64)


def _gradients(way: Way, point: Point, layer: str, outputs: np.ndarray) -> np.ndarray:
    """The target's gradient by a layer's output at some outputs, run on from there; a batch at a time."""
    import tensorflow as tf

    network, target = way.network, way.target
    name, found = way.tensor(layer), []
    for start in range(0, len(outputs), network.batch):
        some = tf.constant(outputs[start : start + network.batch])
        pictures = tf.constant(np.repeat(point.picture[None], some.shape[0], axis=0))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(some)
            values = network.function.outputs(pictures, [target.layer], {name: some})
            scores = target_scores.score(target, values)
        found.append(tape.gradient(scores, some, unconnected_gradients="zero").numpy())
    return np.concatenate(found)
