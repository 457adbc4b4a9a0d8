"""Links between neighbouring layers: how much of what a channel counts for hangs on a channel of the layer before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explain.attribution.flow import Link
from explain.gradients.attribution.methods import OnStep
from explain.gradients.attribution.way import Point, Way

Shown = Mapping[str, Sequence[int]]  # the channels of each layer between which links are wanted


def links(
    way: Way, point: Point, shown: Shown, neighbours: Mapping[str, Sequence[str]], on_step: OnStep | None = None
) -> list[Link] | None:
    """The links between the shown channels of neighbouring layers; None where stopped.

    point: the picture's. An end channel counts for gradient times activation, as `costs` tell it. A link is the part of
    that which the start channel's values bring by way of the end channel alone: the target's gradient by the end
    channel, carried back to the start channel and times its values. neighbours: by layer, the layers before, see
    `explain.network.paths.neighbours`; what lies between is passed through, every other way round left out.
    """
    found = []
    for number, (end, starts) in enumerate(neighbours.items(), start=1):
        for start, slopes in _slopes(way, point, end, shown, starts).items():
            values = point.values[start][..., list(shown[start])]
            amounts = (slopes * values).reshape(len(shown[end]), -1, values.shape[-1]).sum(axis=1, dtype=np.float64)
            found += [
                Link((start, int(a)), (end, int(b)), float(amounts[row, column]))
                for row, b in enumerate(shown[end])
                for column, a in enumerate(shown[start])
            ]
        if on_step is not None and on_step(number, len(neighbours)) is False:
            return None
    return found


def _slopes(way: Way, point: Point, end: str, shown: Shown, starts: Sequence[str]) -> dict[str, np.ndarray]:
    """By layer before, the gradient with respect to its shown channels of each end channel weighed by the target's
    gradient by that: `(end channel, ..., start channel)`."""
    import tensorflow as tf

    starts = [start for start in starts if shown[start]]
    by_end = []
    for channel in shown[end] if starts else ():
        weights = np.zeros_like(point.gradients[end])
        weights[..., channel] = point.gradients[end][..., channel]
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
