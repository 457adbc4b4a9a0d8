"""How a unit of a layer that slides a window is worked out: convolution, largest and mean value of a window."""

from __future__ import annotations

import numpy as np

from explain.layers.by_hand.task import Task
from explain.layers.workings import AveragePooling, Convolution, MaxPooling


def _window(task: Task) -> tuple[tuple[int, int], np.ndarray, np.ndarray]:
    """Corner of the unit's window, its values with zeros beyond the edge, and where those are."""
    window, values = task.layer.window, task.values
    corner = tuple(task.place[axis] * window.stride[axis] - window.padding[axis][0] for axis in (0, 1))
    rows, columns = (
        start + step * np.arange(size) for start, step, size in zip(corner, window.dilation, window.kernel, strict=True)
    )
    height, width = values.shape[:2]
    outside = ((rows < 0) | (rows >= height))[:, None] | ((columns < 0) | (columns >= width))[None, :]
    inside = values[np.clip(rows, 0, height - 1)[:, None], np.clip(columns, 0, width - 1)].astype(np.float64)
    return corner, np.where(outside[:, :, None], 0.0, inside), outside


def convolution(task: Task) -> Convolution:
    kernel = np.asarray(task.weights["kernel"])
    filters, in_group = kernel.shape[3], kernel.shape[2]
    corner, values, outside = _window(task)
    scale, shift = task.affine(filters)
    first = task.channel // (filters // task.layer.groups) * in_group
    inputs = values[:, :, first : first + in_group]
    weights = kernel[..., task.channel].astype(np.float64) * scale[task.channel]
    products = inputs * weights
    sums = products.sum((0, 1))
    before = float(sums.sum() + shift[task.channel])
    value = task.curve(_all_sums(kernel, values, scale, shift))[0] if task.layer.activation == "softmax" else None
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": sums}
    more = {"corner": corner, "outside": outside, "bias": float(shift[task.channel]), "before": before}
    where = {"dilation": task.layer.window.dilation, "first_channel": first}
    by_hand = task.after(before) if value is None else value
    return Convolution(**task.common(), **sizes, **more, **where, by_hand=by_hand)


def _all_sums(kernel: np.ndarray, values: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The weighted sums of all filters at a place, for a softmax over them."""
    groups = np.split(values, values.shape[2] // kernel.shape[2], axis=2)
    filters = np.split(kernel.astype(np.float64), len(groups), axis=3)
    sums = [np.tensordot(part, weights, 3) for part, weights in zip(groups, filters, strict=True)]
    return np.concatenate(sums) * scale + shift


def max_pooling(task: Task) -> MaxPooling:
    corner, inputs, outside = _window(task)
    inputs = np.where(outside, -np.inf, inputs[:, :, task.channel])  # a maximum never takes what is padded
    y, x = (int(index) for index in np.unravel_index(inputs.argmax(), inputs.shape))
    weights = np.zeros_like(inputs)
    weights[y, x] = 1
    value = float(inputs[y, x])
    inputs = np.where(outside, 0.0, inputs)
    window = task.layer.window
    winner = (corner[0] + y * window.dilation[0], corner[1] + x * window.dilation[1])
    sizes = {"inputs": inputs, "weights": weights, "products": inputs * weights, "sums": np.array([value])}
    more = {"corner": corner, "winner": winner, "bias": 0.0, "before": value}
    return MaxPooling(**task.common(), **sizes, **more, by_hand=task.after(value))


def average_pooling(task: Task) -> AveragePooling:
    corner, inputs, outside = _window(task)
    inputs = inputs[:, :, task.channel]
    counted = np.ones_like(outside) if task.layer.settings.get("includes_padding") else ~outside
    weights = counted / counted.sum()
    products = inputs * weights
    value = float(products.sum())
    sizes = {"inputs": inputs, "weights": weights, "products": products, "sums": np.array([value])}
    more = {"corner": corner, "outside": outside, "bias": 0.0, "before": value}
    return AveragePooling(**task.common(), **sizes, **more, by_hand=task.after(value))
