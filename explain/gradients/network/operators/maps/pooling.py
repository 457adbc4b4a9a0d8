"""Pooling. https://onnx.ai/onnx/operators/onnx__MaxPool.html, https://onnx.ai/onnx/operators/onnx__AveragePool.html"""

from __future__ import annotations

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import on_maps, operator
from explain.gradients.network.operators.maps.windows import padded, pads_of, spatial, two_dimensional, widened


@operator("MaxPool", layout=on_maps)
def max_pool(x, kernel_shape, auto_pad="NOTSET", ceil_mode=0, dilations=None, pads=None, storage_order=0, strides=None):
    axes = len(x.shape) - 2
    if dilations and set(dilations) != {1}:
        raise ValueError("A MaxPool with dilations has no gradient here.")
    x, kernel, strides, pads = _window(x, kernel_shape, strides, auto_pad, pads)
    pads, _ = _up_to_a_whole_window(x, kernel, strides, pads) if ceil_mode else (pads, None)
    lowest = x.dtype.min
    pooled = tf.nn.max_pool2d(padded(x, pads, lowest), kernel, strides, "VALID")
    return pooled if axes == 2 else pooled[:, 0]


@operator("AveragePool", layout=on_maps)
def average_pool(
    x,
    kernel_shape,
    auto_pad="NOTSET",
    ceil_mode=0,
    count_include_pad=0,
    dilations=None,
    pads=None,
    strides=None,
):
    axes = len(x.shape) - 2
    if dilations and set(dilations) != {1}:
        raise ValueError("An AveragePool with dilations has no gradient here.")
    x, kernel, strides, pads = _window(x, kernel_shape, strides, auto_pad, pads)
    counted = pads if count_include_pad else [(0, 0), (0, 0)]
    pads, beyond = _up_to_a_whole_window(x, kernel, strides, pads) if ceil_mode else (pads, [0, 0])
    pooled = tf.nn.avg_pool2d(padded(x, pads), kernel, strides, "VALID")
    if any(pad != (0, 0) for pad in pads) and not (count_include_pad and beyond == [0, 0]):
        ones = padded(tf.ones_like(x[:1, ..., :1]), counted, 1.0)  # what counts as a part of the mean
        rest = [(whole[0] - part[0], whole[1] - part[1]) for whole, part in zip(pads, counted, strict=True)]
        pooled /= tf.nn.avg_pool2d(padded(ones, rest), kernel, strides, "VALID")
    return pooled if axes == 2 else pooled[:, 0]


@operator("GlobalAveragePool", layout=on_maps)
def global_average_pool(x):
    return tf.reduce_mean(x, list(range(1, len(x.shape) - 1)), keepdims=True)


@operator("GlobalMaxPool", layout=on_maps)
def global_max_pool(x):
    return tf.reduce_max(x, list(range(1, len(x.shape) - 1)), keepdims=True)


def _window(x, kernel_shape, strides, auto_pad, pads):
    axes = len(kernel_shape)
    if axes > 2:
        raise ValueError("Pooling over three axes of places is not known here; pictures have two.")
    x, kernel, strides = two_dimensional(x), widened(kernel_shape, axes, 1), widened(strides, axes, 1)
    pads = pads and [*widened(pads[:axes], axes, 0), *widened(pads[axes:], axes, 0)]
    return x, kernel, strides, pads_of(spatial(x), kernel, strides, (1, 1), auto_pad, pads)


def _up_to_a_whole_window(x, kernel, strides, pads) -> tuple[list[tuple], list]:
    """Pads under which the last window that begins in the picture is whole, and by how much they are more than those
    of the file."""
    found, beyond = [], []
    for length, size, stride, (before, after) in zip(spatial(x), kernel, strides, pads, strict=True):
        if not isinstance(length, int):
            raise ValueError("Pooling with ceil_mode needs a picture whose size is known.")
        windows = -(-(length + before + after - size) // stride) + 1
        if (windows - 1) * stride >= length + before:  # one that begins in the padding at the end does not count
            windows -= 1
        more = max(0, (windows - 1) * stride + size - length - before - after)
        found.append((before, after + more))
        beyond.append(more)
    return found, beyond
