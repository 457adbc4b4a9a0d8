"""Links between neighbouring layers: how much of what passes through a channel has come through a channel before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explain.attribution.flow import Link
from explain.gradients.attribution.methods import OnStep
from explain.gradients.attribution.way import Point, Way

Shown = Mapping[str, Sequence[int]]  # the channels of each layer between which links are wanted


def links(
    way: Way,
    shares: Sequence[float],
    shown: Shown,
    neighbours: Mapping[str, Sequence[str]],
    on_step: OnStep | None = None,
) -> list[Link] | None:
    """The conductance through pairs of channels along a way; None where stopped.

    What passes through the end channel in a short step is the target's gradient by it times its change. The change is
    made up of the changes in the layers before, each times the end channel's gradient by it, and of that sum a link has
    the start channel's part, every other way than through the layers before left out. shares: the points of the way,
    from 0 to 1. neighbours: by layer, the layers before, see `explain.network.paths.neighbours`.
    **Ref.** K. Dhamdhere, M. Sundararajan, Q. Yan, How Important Is a Neuron?, ICLR 2019, section 3 and appendix,
    https://arxiv.org/abs/1805.12233: the chain rule that conductance obeys, with two layers
    """
    sums: dict[tuple[str, str], np.ndarray] = {}
    before: tuple[Point, dict] | None = None
    for number, point in enumerate(way.points(shares)):
        slopes = {end: _slopes(way, point, end, shown, starts) for end, starts in neighbours.items() if shown[end]}
        if before is not None:
            for end, by_start in slopes.items():
                for start, slope in by_start.items():
                    numbers = list(shown[start])
                    change = (point.values[start] - before[0].values[start])[..., numbers]
                    passed = (slope + before[1][end][start]) * change / 2
                    amounts = passed.reshape(len(shown[end]), -1, len(numbers)).sum(axis=1, dtype=np.float64)
                    sums[start, end] = sums.get((start, end), 0) + amounts
        before = point.apart(), slopes
        if on_step is not None and on_step(number + 1, len(shares)) is False:
            return None
    return [
        Link((start, int(a)), (end, int(b)), float(amounts[row, column]))
        for (start, end), amounts in sums.items()
        for row, b in enumerate(shown[end])
        for column, a in enumerate(shown[start])
    ]


def _slopes(way: Way, point: Point, end: str, shown: Shown, starts: Sequence[str]) -> dict[str, np.ndarray]:
    """By layer before, the gradient with respect to its shown channels of each end channel weighed by the target's
    gradient by that: `(end channel, ..., start channel)`. So many end channels at a time as there may be pictures."""
    starts, batch = [start for start in starts if shown[start]], way.network.batch
    parts = [
        _some_slopes(way, point, end, shown[end][first : first + batch], shown, starts)
        for first in range(0, len(shown[end]), batch)
    ]
    return {start: np.concatenate([part[start] for part in parts]) for start in starts}


def _some_slopes(
    way: Way, point: Point, end: str, ends: Sequence[int], shown: Shown, starts: Sequence[str]
) -> dict[str, np.ndarray]:
    import tensorflow as tf

    weights = np.zeros((len(ends), *point.gradients[end].shape), np.float32)
    for row, channel in enumerate(ends):
        weights[row, ..., channel] = point.gradients[end][..., channel]
    given = {start: tf.constant(np.repeat(point.values[start][None], len(ends), axis=0)) for start in starts}
    pictures = tf.constant(np.repeat(point.picture[None], len(ends), axis=0))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(given)
        name = way.tensor(end)
        values = way.network.function.outputs(pictures, [name], given)[name]
        weighed = tf.reduce_sum(values * weights)
    slopes = tape.gradient(weighed, given, unconnected_gradients="zero")
    return {start: slope.numpy()[..., list(shown[start])] for start, slope in slopes.items()}
