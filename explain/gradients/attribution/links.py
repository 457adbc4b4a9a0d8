"""Links between neighbouring layers: how much of what a channel counts for hangs on a channel of the layer before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explain.attribution.flow import Link
from explain.gradients.attribution.costs import by_slope, recurrent_after, through
from explain.gradients.attribution.methods import OnStep
from explain.gradients.attribution.way import Point, Way

Shown = Mapping[str, Sequence[int]]  # the channels of each layer between which links are wanted


def links(
    way: Way,
    point: Point,
    shown: Shown,
    neighbours: Mapping[str, Sequence[str]],
    costs: Mapping[str, np.ndarray],
    on_step: OnStep | None = None,
) -> list[Link] | None:
    """The links between the shown channels of neighbouring layers; None where stopped.

    point: the picture's. costs: by layer, see `explain.gradients.attribution.costs`. A link is the part of what the end
    channel counts for that the start channel's values bring by way of the end channel alone: the target's slope by the
    end channel, carried back to the start channel and times its values. neighbours: by layer, the layers before, see
    `explain.network.paths.neighbours`; what lies between is passed through, every other way round left out. To a
    recurrent layer the start channel is silenced instead, as for its costs.
    """
    found = []
    for number, (end, starts) in enumerate(neighbours.items(), start=1):
        for start, amounts in _amounts(way, point, end, shown, starts, costs).items():
            found += [
                Link((start, int(a)), (end, int(b)), float(amounts[row, column]))
                for row, b in enumerate(shown[end])
                for column, a in enumerate(shown[start])
            ]
        if on_step is not None and on_step(number, len(neighbours)) is False:
            return None
    return found


def _amounts(
    way: Way, point: Point, end: str, shown: Shown, starts: Sequence[str], costs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """By layer before, `(end channel, start channel)`, those that are shown."""
    starts = [start for start in starts if shown[start] and shown[end]]
    description = way.network.function.description
    silenced = [start for start in starts if recurrent_after(description, start) == end]
    amounts = {start: through(way, point, start, end, shown[start])[:, list(shown[end])].T for start in silenced}
    others = [start for start in starts if start not in silenced]
    for start, slopes in _slopes(way, point, end, shown, others, costs[end]).items():
        values = point.values[start][..., list(shown[start])]
        amounts[start] = (slopes * values).reshape(len(shown[end]), -1, values.shape[-1]).sum(axis=1, dtype=np.float64)
    return amounts


def _slopes(
    way: Way, point: Point, end: str, shown: Shown, starts: Sequence[str], costs: np.ndarray
) -> dict[str, np.ndarray]:
    """By layer before, the gradient with respect to its shown channels of each end channel weighed by the target's
    slope by that: `(end channel, ..., start channel)`. The slope is the gradient or, where the end channel's costs are
    not gradient times activation, the one from its silence up to its values (Shrikumar et al. 2017, DeepLIFT's
    multiplier, https://arxiv.org/abs/1704.02685)."""
    import tensorflow as tf

    first = by_slope(point, end)
    steeper = np.divide(costs, first, out=np.zeros_like(first), where=first != 0)
    by_end = []
    for channel in shown[end] if starts else ():
        weights = np.zeros_like(point.gradients[end])
        weights[..., channel] = point.gradients[end][..., channel] * steeper[channel]
        given = {way.tensor(start): tf.constant(point.values[start][None]) for start in starts}
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(given)
            name = way.tensor(end)
            values = way.network.function.outputs(tf.constant(point.picture[None]), [name], given)[name]
            weighed = tf.reduce_sum(values * weights)
        by_end.append(tape.gradient(weighed, given, unconnected_gradients="zero"))
    return {
        start: np.stack([slopes[way.tensor(start)].numpy()[0][..., list(shown[start])] for slopes in by_end])
        for start in starts
        if by_end
    }
