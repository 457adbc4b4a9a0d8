"""Operators that deal numbers out between channels and places, repeat or pick them. https://onnx.ai/onnx/operators/"""

from __future__ import annotations

import numpy as np

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import extents, known, operator


@operator("DepthToSpace")
def depth_to_space(input, blocksize, mode="DCR"):
    batch, channels, height, width = extents(input)
    inner = channels // blocksize**2
    if mode == "DCR":
        blocks, order = [batch, blocksize, blocksize, inner, height, width], [0, 3, 4, 1, 5, 2]
    else:
        blocks, order = [batch, inner, blocksize, blocksize, height, width], [0, 1, 4, 2, 5, 3]
    dealt = tf.transpose(tf.reshape(input, blocks), order)
    return tf.reshape(dealt, [batch, inner, height * blocksize, width * blocksize])


@operator("SpaceToDepth")
def space_to_depth(input, blocksize):
    batch, channels, height, width = extents(input)
    rows, columns = height // blocksize, width // blocksize
    blocks = tf.reshape(input, [batch, channels, rows, blocksize, columns, blocksize])
    return tf.reshape(tf.transpose(blocks, [0, 3, 5, 1, 2, 4]), [batch, channels * blocksize**2, rows, columns])


@operator("Tile")
def tile(input, repeats):
    return tf.tile(input, repeats)


@operator("GatherElements")
def gather_elements(data, indices, axis=0):
    axis = axis % len(data.shape)
    indices = tf.where(indices < 0, indices + tf.cast(extents(data)[axis], indices.dtype), indices)
    places = tf.meshgrid(*(tf.range(length, dtype=indices.dtype) for length in extents(indices)), indexing="ij")
    places[axis] = indices
    return tf.gather_nd(data, tf.stack(places, -1))


@operator("CumSum")
def cumulative_sum(x, axis, exclusive=0, reverse=0):
    return tf.cumsum(x, int(known(axis)), exclusive=bool(exclusive), reverse=bool(reverse))


@operator("Einsum")
def einsum(*Inputs, equation):
    return tf.einsum(equation.replace(" ", ""), *Inputs)


@operator("Size")
def size(data):
    return tf.size(data, out_type=tf.int64)


@operator("DequantizeLinear")
def dequantize(x, x_scale, x_zero_point=None, axis=1, block_size=0, output_dtype=0):
    """Whole numbers, as weights are stored in, brought back to their scale: one for all, or one a channel."""
    if block_size:
        raise ValueError("Weights that are scaled in blocks are not known here.")
    shape = [1] * len(x.shape)
    if np.prod(x_scale.shape) > 1:
        shape[axis] = -1
    scale = tf.reshape(tf.cast(x_scale, tf.float32), shape)
    numbers = tf.cast(x, tf.float32)
    if x_zero_point is not None:
        numbers -= tf.reshape(tf.cast(x_zero_point, tf.float32), shape)
    return numbers * scale
