"""How an operator's tensors lie in memory, and the table of operators.

ONNX computes feature maps channel-first, `(batch, channel, height, width)`; TensorFlow on a processor computes them
channel-last. So feature maps are kept channel-last from operator to operator, marked as `Maps`, and turned round only
where an operator needs the order that the file means. A transpose in the file that only changes between the two costs
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from explain.gradients.lazy import tf


@dataclass(frozen=True, eq=False)
class Maps:
    """Feature maps that are `(batch, channel, *places)` to ONNX, as a tensor `(batch, *places, channel)`."""

    tensor: Any

    @property
    def rank(self) -> int:
        return len(self.tensor.shape)


Value = Any  # Maps, a tensor in the order of the file, or a NumPy array of numbers known beforehand
Operation = Callable[[Sequence[Value], dict[str, Any]], Any]

OPERATORS: dict[str, dict[int, Operation]] = {}  # by name, then by the opset from which on it is meant this way


def rank(value: Value) -> int:
    return value.rank if isinstance(value, Maps) else len(value.shape)


def last_axes(rank: int) -> list[int]:
    """Which of ONNX's axes each axis of a channel-last tensor is."""
    return [0, *range(2, rank), 1]


def in_file_order(value: Value):
    """The tensor with its axes in the order of the file."""
    if not isinstance(value, Maps):
        return value
    return tf.transpose(value.tensor, [0, value.rank - 1, *range(1, value.rank - 1)])


def channel_last(value: Value):
    """Feature maps as a tensor `(batch, *places, channel)`; of two axes or fewer, as they are."""
    if isinstance(value, Maps):
        return value.tensor
    return tf.transpose(value, last_axes(rank(value))) if rank(value) > 2 else value


def maps(tensor) -> Value:
    return Maps(tensor) if len(tensor.shape) > 2 else tensor


# How an operator's function is called, whatever the layout of its inputs.


def as_in_file(function: Callable) -> Operation:
    """The function takes and returns tensors with their axes in the order of the file."""
    return lambda values, attributes: function(*map(in_file_order, values), **attributes)


def on_maps(function: Callable) -> Operation:
    """The function takes feature maps channel-last, the other inputs as they are, and returns feature maps."""

    def call(values, attributes):
        first, *others = values
        return maps(function(channel_last(first), *map(in_file_order, others), **attributes))

    return call


def elementwise(function: Callable) -> Operation:
    """The function works on each number by itself, or on pairs of numbers at one place, broadcast."""

    def call(values, attributes):
        ranks = [0 if value is None else rank(value) for value in values]
        if not any(isinstance(value, Maps) and value.rank == max(ranks) for value in values):
            return function(*map(in_file_order, values), **attributes)
        return Maps(function(*(_aligned(value, max(ranks)) for value in values), **attributes))

    return call


def _aligned(value: Value, axes: int):
    if value is None or rank(value) == 0:
        return value
    if isinstance(value, Maps) and value.rank == axes:
        return value.tensor
    value = in_file_order(value)
    value = value[(np.newaxis,) * (axes - rank(value)) + (...,)]  # broadcasting adds axes in front
    turn = np.transpose if isinstance(value, np.ndarray) else tf.transpose
    return turn(value, last_axes(axes))


def on_values(function: Callable) -> Operation:
    """The function looks after the layout itself: it takes and returns values."""
    return lambda values, attributes: function(*values, **attributes)


def operator(*names: str, since: int = 1, layout: Callable = as_in_file) -> Callable:
    """Enters a function in the table. Its parameters bear the names that the ONNX standard gives to the operator's
    inputs and attributes; an attribute that became an input in a later opset is one parameter."""

    def enter(function: Callable) -> Callable:
        for name in names:
            OPERATORS.setdefault(name, {})[since] = layout(function)
        return function

    return enter


def known(value) -> np.ndarray | None:
    """The numbers of a value where they are known while the function is built, else None."""
    if value is None or isinstance(value, np.ndarray | int | float):
        return None if value is None else np.asarray(value)
    found = tf.get_static_value(value)
    return None if found is None else np.asarray(found)


def known_in_part(value) -> np.ndarray:
    """The numbers of a row of them, None for each that is known only when the function runs."""
    found = value if isinstance(value, np.ndarray) else tf.get_static_value(value, partial=True)
    return np.full(value.shape, None) if found is None else np.asarray(found)


def extents(tensor) -> list:
    """The length of each axis: a number where it is known, else a scalar tensor."""
    lengths = list(tensor.shape)
    if None in lengths:
        dynamic = tf.shape(tensor)
        lengths = [dynamic[axis] if length is None else length for axis, length in enumerate(lengths)]
    return lengths
