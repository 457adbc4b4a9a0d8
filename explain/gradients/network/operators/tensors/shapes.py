"""Operators that move numbers about: shapes, slices, joins, transposes. https://onnx.ai/onnx/operators/"""

from __future__ import annotations

import numpy as np

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import (
    Maps,
    channel_last,
    extents,
    in_file_order,
    known,
    known_in_part,
    last_axes,
    on_values,
    operator,
    rank,
)


@operator("Shape", layout=on_values)
def shape(data, start=0, end=None):
    lengths = extents(data.tensor if isinstance(data, Maps) else data)
    if isinstance(data, Maps):
        lengths = [lengths[0], lengths[-1], *lengths[1:-1]]
    lengths = lengths[start:end]
    if all(isinstance(length, int) for length in lengths):
        return np.array(lengths, np.int64)
    return tf.stack([tf.cast(length, tf.int64) for length in lengths])


@operator("Constant", layout=on_values)
def constant(value=None, value_float=None, value_floats=None, value_int=None, value_ints=None):
    for values, kind in ((value_float, np.float32), (value_floats, np.float32), (value_int, np.int64)):
        if values is not None:
            return np.array(values, kind)
    return np.array(value_ints, np.int64) if value is None else value


@operator("ConstantOfShape", layout=on_values)
def constant_of_shape(input, value=np.zeros(1, np.float32)):  # noqa: B008 - the standard's name and default
    return tf.fill(input, value.reshape(()))


@operator("Range")
def range_(start, limit, delta):
    return tf.range(start, limit, delta)


@operator("Transpose", layout=on_values)
def transpose(data, perm=None):
    axes = list(perm) if perm else list(reversed(range(rank(data))))
    if isinstance(data, Maps):
        order = last_axes(data.rank)
        turn = [order.index(axis) for axis in axes]  # of the tensor as it lies in memory
        return data.tensor if turn == sorted(turn) else tf.transpose(data.tensor, turn)
    to_first = [0, len(axes) - 1, *range(1, len(axes) - 1)]
    if len(axes) > 3 and axes == to_first:
        return Maps(data)
    return tf.transpose(data, axes)


@operator("Reshape")
def reshape(data, shape, allowzero=0):
    if allowzero:
        return tf.reshape(data, shape)
    parts, before = np.ravel(known_in_part(shape)), extents(data)
    wanted = []
    for axis, length in enumerate(parts):
        if length is None:
            length = tf.cast(shape[axis], tf.int32)
            if axis < len(before):
                length = tf.where(length == 0, before[axis], length)
            wanted.append(length)
        else:
            wanted.append(before[axis] if length == 0 else int(length))
    return tf.reshape(data, _with_one_unknown(wanted))


def _with_one_unknown(lengths: list) -> list:
    """-1 in place of a single length that is not known, so that all the others stay known."""
    unknown = [axis for axis, length in enumerate(lengths) if not isinstance(length, int)]
    if len(unknown) == 1 and -1 not in [length for length in lengths if isinstance(length, int)]:
        lengths[unknown[0]] = -1
    return lengths


@operator("Flatten")
def flatten(input, axis=1):
    lengths = input.shape
    axis = axis + len(lengths) if axis < 0 else axis
    if axis == 1 and None not in lengths[1:]:
        return tf.reshape(input, [-1, int(np.prod(lengths[1:]))])
    return tf.reshape(input, [tf.reduce_prod(tf.shape(input)[:axis]), tf.reduce_prod(tf.shape(input)[axis:])])


@operator("Squeeze")
def squeeze(data, axes=None):
    axes = known(axes)
    return tf.squeeze(data, None if axes is None else [int(axis) for axis in axes.ravel()])


@operator("Unsqueeze")
def unsqueeze(data, axes):
    axes = [int(axis) for axis in known(axes).ravel()]
    whole = len(data.shape) + len(axes)
    for axis in sorted(axis % whole for axis in axes):
        data = tf.expand_dims(data, axis)
    return data


@operator("Expand")
def expand(input, shape):
    return tf.broadcast_to(input, tf.broadcast_dynamic_shape(tf.shape(input), tf.cast(shape, tf.int32)))


@operator("Concat", layout=on_values)
def concat(*inputs, axis=1):
    if any(isinstance(value, Maps) for value in inputs):
        axis = last_axes(rank(inputs[0])).index(axis % rank(inputs[0]))
        return Maps(tf.concat([channel_last(value) for value in inputs], axis))
    tensors = [tf.convert_to_tensor(value) for value in inputs]
    if tensors[0].dtype.is_integer and all(tensor.shape.rank == 1 and None not in tensor.shape for tensor in tensors):
        return tf.stack([length for tensor in tensors for length in _each(tensor)])
    return tf.concat(tensors, axis)


def _each(row) -> list:
    """The numbers of a row one by one, so that those that are known stay known among others."""
    parts = zip(known_in_part(row), tf.unstack(row), strict=True)
    return [part if number is None else tf.constant(number, row.dtype) for number, part in parts]


@operator("Split", layout=on_values)
def split(input, split=None, axis=0, num_outputs=None):
    tensor, axis = input, axis % rank(input)
    if isinstance(input, Maps):
        tensor, axis = input.tensor, last_axes(input.rank).index(axis)
    lengths = known(split)
    if lengths is None:
        each = -(-int(tensor.shape[axis]) // num_outputs)  # the last may be shorter
        lengths = [min(each, int(tensor.shape[axis]) - start) for start in range(0, each * num_outputs, each)]
    parts = tf.split(tensor, [int(length) for length in lengths], axis)
    return tuple(map(Maps, parts)) if isinstance(input, Maps) else tuple(parts)


@operator("Slice")
def slice_(data, starts, ends, axes=None, steps=None):
    starts, ends = known(starts), known(ends)
    if starts is None or ends is None:
        raise ValueError("A Slice whose ends depend on the picture is not known here.")
    axes = np.arange(len(starts)) if known(axes) is None else known(axes)
    steps = np.ones(len(starts), int) if known(steps) is None else known(steps)
    cuts = [slice(None)] * len(data.shape)
    for axis, start, end, step in zip(axes.tolist(), starts.tolist(), ends.tolist(), steps.tolist(), strict=True):
        far = np.iinfo(np.int32).max
        if step < 0 and end < -far:
            end = None  # back to the first one
        cuts[axis] = slice(start, end if end is None else max(-far, min(end, far)), step)
    return _cut(data, cuts)


def _cut(data, cuts: list[slice]):
    """As NumPy cuts, which lets ends lie outside."""
    if isinstance(data, np.ndarray):
        return data[tuple(cuts)]
    picked = _known_lengths(data, cuts[0])
    if picked is not None:
        return picked
    fitted = []
    for length, cut in zip(data.shape, cuts, strict=True):
        fitted.append(cut if length is None or cut == slice(None) else _inside(cut, length))
    return data[tuple(fitted)]


def _inside(cut: slice, length: int) -> slice:
    start, end, step = cut.indices(length)
    return slice(start, None if end < 0 else end, step)


def _known_lengths(row, which) -> np.ndarray | None:
    """Of a row of whole numbers some by themselves, where these are known though others, such as the batch, are not."""
    if tf.executing_eagerly() or len(row.shape) != 1 or not tf.as_dtype(row.dtype).is_integer or row.shape[0] is None:
        return None
    picked = known_in_part(row)[which]
    return None if None in np.ravel(picked).tolist() else np.asarray(picked).astype(row.dtype.as_numpy_dtype)


@operator("Gather")
def gather(data, indices, axis=0):
    axis = axis % len(data.shape)
    at = known(indices)
    picked = None if at is None or isinstance(data, np.ndarray) else _known_lengths(data, at)
    if picked is not None:
        return picked
    if at is not None and at.ndim == 0:  # TensorFlow follows lengths through a slice, and not through its gather
        return data[(slice(None),) * axis + (int(at),)]
    indices = tf.cast(indices, tf.int32)
    indices = tf.where(indices < 0, indices + extents(data)[axis], indices)
    return tf.gather(data[None], indices, axis=axis + 1)[0]  # along the first axis its gradient would be sparse


@operator("Pad", layout=on_values)
def pad(data, pads, constant_value=None, axes=None, mode="constant", value=0.0):
    amounts, count = known(pads), rank(data)
    axes = np.arange(count) if known(axes) is None else known(axes) % count
    both = np.zeros((count, 2), int)
    both[axes] = amounts.reshape(2, -1).T
    tensor = in_file_order(data)
    if isinstance(data, Maps):
        tensor, both = data.tensor, both[last_axes(count)]
    cut = [slice(max(0, -before), -max(0, -after) or None) for before, after in both]
    tensor, both = tensor[tuple(cut)], np.maximum(both, 0)
    if mode == "constant":
        filling = value if constant_value is None else constant_value
        tensor = tf.pad(tensor, both, constant_values=tf.cast(tf.reshape(filling, []), tensor.dtype))
    else:
        for axis, amount in enumerate(both):
            if amount.any():
                places = np.pad(np.arange(int(tensor.shape[axis])), amount, mode)
                tensor = tf.gather(tensor, places, axis=axis)
    return Maps(tensor) if isinstance(data, Maps) else tensor
