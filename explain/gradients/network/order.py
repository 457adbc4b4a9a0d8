"""The order of a tensor's axes: from that of the file to the batch first and the channels last, and back.

What the axes are is told by `explain.network.axes`.
"""

from __future__ import annotations

import numpy as np

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import Maps, Value, extents
from explain.network.axes import LYING, MAP, Axes, plain, unfold

EXCHANGED = (0, 2, 1, 3)  # rows and columns


def to_plain(value: Value, axes: Axes, count):
    """The tensor `(batch, height, width, channel)`, `(batch, step, feature)` or `(batch, unit)`; where that
    is not known, with the batch first, and as it is where not even that is. count: pictures in the batch."""
    if isinstance(value, Maps):
        return tf.transpose(value.tensor, EXCHANGED) if axes == LYING else value.tensor
    if len(axes) != len(value.shape):
        return value
    names, lengths = unfold(axes, extents(value), count)
    order = _order(_with_batch(names, count))
    if order is None:
        return value
    if len(names) != len(axes):
        value = tf.reshape(value, lengths)
    if len(order) > len(names):
        value = value[None]
    return value if list(order) == sorted(order) else tf.transpose(value, order)


def to_file(tensor, axes: Axes, count) -> Value:
    """The way back."""
    if axes in (MAP, LYING):
        return Maps(tensor if axes == MAP else tf.transpose(tensor, EXCHANGED))
    names = tuple("".join(axes))
    order = _order(_with_batch(names, count))
    if order is None or len(order) != len(tensor.shape):
        return tensor
    if list(order) != sorted(order):
        tensor = tf.transpose(tensor, np.argsort(order))
    if len(order) > len(names):
        tensor = tensor[0]
    if len(names) == len(axes):
        return tensor
    lengths = iter(extents(tensor))
    return tf.reshape(tensor, [next(lengths) if len(axis) == 1 else next(lengths) * next(lengths) for axis in axes])


def _order(names: Axes) -> tuple[int, ...] | None:
    """What to transpose by; where some axes are unknown, the batch alone is brought to the front."""
    if (order := plain(names)) is not None or names.count("N") != 1:
        return order
    return (names.index("N"), *(axis for axis, name in enumerate(names) if name != "N"))


def _with_batch(names: Axes, count) -> Axes:
    """A tensor without an axis for the batch is of one picture."""
    return ("N", *names) if "N" not in names and isinstance(count, int) and count == 1 else names
