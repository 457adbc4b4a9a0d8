"""What convolution and pooling have in common: how a window slides over feature maps `(batch, *places, channel)`."""

from __future__ import annotations

from collections.abc import Sequence

from explain.gradients.lazy import tf
from explain.gradients.network.operators.layouts import extents


def pads_of(
    lengths: Sequence,
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    auto_pad: str,
    pads: Sequence[int] | None,
) -> list[tuple]:
    """(before, after) of each spatial axis; lengths: of those axes, numbers or scalar tensors."""
    axes = len(kernel)
    if auto_pad in ("NOTSET", ""):
        pads = pads or [0] * 2 * axes
        return [(pads[axis], pads[axes + axis]) for axis in range(axes)]
    if auto_pad == "VALID":
        return [(0, 0)] * axes
    return [
        _same(length, (size - 1) * dilation + 1, stride, lower=auto_pad == "SAME_LOWER")
        for length, size, stride, dilation in zip(lengths, kernel, strides, dilations, strict=True)
    ]


def _same(length, window: int, stride: int, lower: bool) -> tuple:
    """So that there are as many windows as strides begin in the length."""
    missing = ((length + stride - 1) // stride - 1) * stride + window - length
    missing = max(missing, 0) if isinstance(missing, int) else tf.maximum(missing, 0)
    half = missing // 2
    return (missing - half, half) if lower else (half, missing - half)


def padded(x, pads: Sequence[tuple], value: float = 0.0):
    """With so much of the value around the spatial axes."""
    if all(pad == (0, 0) for pad in pads):
        return x
    return tf.pad(x, [(0, 0), *pads, (0, 0)], constant_values=value)


def fixed(pads: Sequence[tuple]) -> bool:
    """Whether all are known while the function is built."""
    return all(isinstance(amount, int) for pad in pads for amount in pad)


def spatial(x) -> list:
    """The lengths of the spatial axes."""
    return extents(x)[1:-1]


def two_dimensional(x):
    """A sequence `(batch, step, channel)` as a picture one pixel high; a picture as it is."""
    return x[:, None] if len(x.shape) == 3 else x


def widened(values: Sequence | None, axes: int, usual) -> list:
    """An attribute of a window for both axes of a picture, where the file may mean a sequence."""
    values = list(values) if values else [usual] * axes
    return [usual] * (2 - axes) + values
