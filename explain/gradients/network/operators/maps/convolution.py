"""Convolutions. https://onnx.ai/onnx/operators/onnx__Conv.html, https://onnx.ai/onnx/operators/onnx__ConvTranspose.html"""

from __future__ import annotations

import numpy as np

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import on_maps, operator
from explain.gradients.network.operators.maps.windows import (
    fixed,
    padded,
    pads_of,
    spatial,
    two_dimensional,
    widened,
)


def conv_kernel(w, group=1, dilations=None, **_):
    """TensorFlow's kernel `(height, width, in, out)` of ONNX's `(out, in / group, *window)`; where each channel has
    filters of its own, `(height, width, channel, filter)`. A dilated kernel is a larger one with zeros in it."""
    w = _with_zeros(_two_dimensional_kernel(w), dilations)
    out, inside, height, width = w.shape
    if group > 1 and inside == 1:
        return tf.transpose(tf.reshape(w, [group, out // group, height, width]), [2, 3, 0, 1])
    return tf.transpose(w, [2, 3, 1, 0])


@operator("Conv", layout=on_maps)
def conv(x, w, b=None, auto_pad="NOTSET", dilations=None, group=1, kernel_shape=None, pads=None, strides=None):
    """x: `(batch, *places, channel)`; w: as `conv_kernel` returns it."""
    axes = len(x.shape) - 2
    x, strides = two_dimensional(x), widened(strides, axes, 1)
    window = [int(length) for length in w.shape[:2]]  # already dilated
    pads = pads and [*widened(pads[:axes], axes, 0), *widened(pads[axes:], axes, 0)]
    pads = pads_of(spatial(x), window, strides, (1, 1), auto_pad, pads)
    if group == 1:
        sums = _slide(x, w, strides, pads, auto_pad)
    elif w.shape[2] == x.shape[-1]:
        sums = _depthwise(padded(x, pads), w, strides)
    else:
        parts = zip(tf.split(x, group, -1), tf.split(w, group, -1), strict=True)
        sums = tf.concat([_slide(part, kernel, strides, pads, auto_pad) for part, kernel in parts], -1)
    sums = sums if b is None else tf.nn.bias_add(sums, b)
    return sums if axes == 2 else sums[:, 0]


def _slide(x, kernel, strides, pads, auto_pad: str):
    if auto_pad == "SAME_UPPER":
        return tf.nn.conv2d(x, kernel, strides, "SAME")
    if not fixed(pads):
        x, pads = padded(x, pads), [(0, 0), (0, 0)]
    if pads == [(0, 0), (0, 0)]:
        return tf.nn.conv2d(x, kernel, strides, "VALID")
    return tf.nn.conv2d(x, kernel, strides, [(0, 0), *pads, (0, 0)])


def _depthwise(x, kernel, strides):
    if strides[0] == strides[1]:
        return tf.nn.depthwise_conv2d(x, kernel, [1, *strides, 1], "VALID")
    every = tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID")  # TensorFlow knows equal strides only
    return every[:, :: strides[0], :: strides[1]]


def transposed_kernel(w, group=1, dilations=None, **_):
    """`(height, width, out / group, in)` of ONNX's `(in, out / group, *window)`."""
    return tf.transpose(_with_zeros(_two_dimensional_kernel(w), dilations), [2, 3, 1, 0])


@operator("ConvTranspose", layout=on_maps)
def conv_transpose(
    x,
    w,
    b=None,
    auto_pad="NOTSET",
    dilations=None,
    group=1,
    kernel_shape=None,
    output_padding=None,
    output_shape=None,
    pads=None,
    strides=None,
):
    """x: `(batch, *places, channel)`; w: as `transposed_kernel` returns it."""
    axes = len(x.shape) - 2
    x, strides, more = two_dimensional(x), widened(strides, axes, 1), widened(output_padding, axes, 0)
    window, lengths = [int(length) for length in w.shape[:2]], spatial(x)
    whole = [(length - 1) * step + size for length, step, size in zip(lengths, strides, window, strict=True)]
    pads = pads and [*widened(pads[:axes], axes, 0), *widened(pads[axes:], axes, 0)]
    cut = pads_of(lengths, window, strides, (1, 1), "NOTSET", pads)
    wanted = output_shape and widened(output_shape[-axes:], axes, 1)
    if wanted or auto_pad.startswith("SAME"):
        wanted = wanted or [length * step for length, step in zip(lengths, strides, strict=True)]
        cut = [_halves(all_ + add - want, auto_pad) for all_, add, want in zip(whole, more, wanted, strict=True)]
    parts = zip(tf.split(x, group, -1), tf.split(w, group, -1), strict=True)
    sums = [
        tf.nn.conv2d_transpose(part, kernel, [tf.shape(x)[0], *whole, int(w.shape[2])], strides, "VALID")
        for part, kernel in parts
    ]
    sums = tf.concat(sums, -1) if group > 1 else sums[0]
    sums = tf.pad(sums, [(0, 0), *((0, add) for add in more), (0, 0)]) if any(more) else sums
    (top, bottom), (left, right) = cut
    sums = sums[:, top : whole[0] + more[0] - bottom, left : whole[1] + more[1] - right]
    sums = sums if b is None else tf.nn.bias_add(sums, b)
    return sums if axes == 2 else sums[:, 0]


def _halves(total, auto_pad: str) -> tuple:
    half = total // 2
    return (half, total - half) if auto_pad == "SAME_UPPER" else (total - half, half)


def _two_dimensional_kernel(w):
    if len(w.shape) == 5:
        raise ValueError("A convolution over three axes of places is not known here; pictures have two.")
    return w[:, :, None] if len(w.shape) == 3 else w


def _with_zeros(w, dilations):
    """TensorFlow has no gradient of a dilated convolution on a processor."""
    for axis, dilation in zip((2, 3), widened(dilations, len(dilations or (1, 1)), 1), strict=True):
        if dilation > 1:
            length = int(w.shape[axis])
            spread = np.zeros(((length - 1) * dilation + 1, length), np.float32)
            spread[np.arange(length) * dilation, np.arange(length)] = 1
            w = tf.tensordot(w, tf.cast(spread, w.dtype), [[axis], [1]])  # the axis becomes the last
            w = tf.transpose(w, [0, 1, 3, 2] if axis == 2 else [0, 1, 2, 3])
    return w
