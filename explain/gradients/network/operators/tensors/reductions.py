"""Operators over whole axes: means and sums, softmax. https://onnx.ai/onnx/operators/"""

from __future__ import annotations

from functools import partial

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import (
    Maps,
    in_file_order,
    known,
    last_axes,
    on_values,
    operator,
    rank,
)


def _reduce(function, data, axes=None, keepdims=1, noop_with_empty_axes=0):
    axes = known(axes)
    if axes is None or not axes.size:
        if noop_with_empty_axes:
            return data
        axes = range(rank(data))
    axes = [int(axis) % rank(data) for axis in axes]
    if not isinstance(data, Maps):
        return function(data, axes, keepdims=bool(keepdims))
    order = last_axes(data.rank)
    reduced = function(data.tensor, [order.index(axis) for axis in axes], keepdims=bool(keepdims))
    left = data.rank if keepdims else data.rank - len(axes)
    return Maps(reduced) if left > 2 and (keepdims or not {0, 1} & set(axes)) else _unmarked(reduced, data, axes, left)


def _unmarked(reduced, data: Maps, axes: list[int], left: int):
    """What is left of feature maps without their batch or channels, its axes in the order of the file."""
    order = [axis for axis in last_axes(data.rank) if axis not in axes] if left < data.rank else last_axes(data.rank)
    return tf.transpose(reduced, sorted(range(left), key=order.__getitem__)) if order != sorted(order) else reduced


def _length(data, axes, keepdims):
    return tf.sqrt(tf.reduce_sum(data * data, axes, keepdims=keepdims))


REDUCTIONS = {
    "Mean": lambda *given, **more: tf.reduce_mean(*given, **more),
    "Sum": lambda *given, **more: tf.reduce_sum(*given, **more),
    "Max": lambda *given, **more: tf.reduce_max(*given, **more),
    "Min": lambda *given, **more: tf.reduce_min(*given, **more),
    "Prod": lambda *given, **more: tf.reduce_prod(*given, **more),
    "L1": lambda data, axes, keepdims: tf.reduce_sum(tf.abs(data), axes, keepdims=keepdims),
    "L2": _length,
    "SumSquare": lambda data, axes, keepdims: tf.reduce_sum(data * data, axes, keepdims=keepdims),
    "LogSumExp": lambda *given, **more: tf.reduce_logsumexp(*given, **more),
}
for _name, _function in REDUCTIONS.items():
    operator(f"Reduce{_name}", layout=on_values)(
        lambda *values, _function=_function, **attributes: _reduce(_function, *values, **attributes)
    )


@operator("Softmax", since=13, layout=on_values)
def softmax(input, axis=-1):
    return _along(tf.nn.softmax, input, axis)


@operator("LogSoftmax", since=13, layout=on_values)
def log_softmax(input, axis=-1):
    return _along(tf.nn.log_softmax, input, axis)


def _along(function, value, axis: int):
    if isinstance(value, Maps):
        return Maps(function(value.tensor, axis=last_axes(value.rank).index(axis % value.rank)))
    return function(value, axis=axis)


def _of_rows(function, input, axis=1):
    """As it was up to opset 12: all axes from this one on are one row."""
    value = in_file_order(input)
    axis %= len(value.shape)
    rows = tf.reshape(value, [*([-1] if axis else [1]), _product(tf.shape(value)[axis:])])
    return tf.reshape(function(rows), tf.shape(value))


def _product(lengths):
    return tf.reduce_prod(lengths)


operator("Softmax", layout=on_values)(
    lambda *values, **more: _of_rows(partial(tf.nn.softmax, axis=-1), *values, **more)
)
operator("LogSoftmax", layout=on_values)(
    lambda *values, **more: _of_rows(partial(tf.nn.log_softmax, axis=-1), *values, **more)
)


@operator("ArgMax")
def argument_of_the_largest(data, axis=0, keepdims=1, select_last_index=0):
    if select_last_index:
        raise ValueError("An ArgMax that takes the last of several equal ones is not known here.")
    at = tf.argmax(data, axis, output_type=tf.int64)
    return tf.expand_dims(at, axis) if keepdims else at
