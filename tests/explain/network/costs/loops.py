"""Operators as naive loops that count their products, one by one: what the counting is held against."""

from __future__ import annotations

from itertools import product


def convolution(taken, kernel, group=1, stride=(1, 1), pads=(0, 0, 0, 0)) -> int:
    """taken: (batch, channel, height, width). kernel: (out, in / group, height, width). pads: as ONNX has them."""
    batch, channels, height, width = taken
    count = 0
    rows = range(-pads[0], height + pads[2] - kernel[2] + 1, stride[0])
    columns = range(-pads[1], width + pads[3] - kernel[3] + 1, stride[1])
    for _, out, _, _ in product(range(batch), range(kernel[0]), rows, columns):
        first = out // (kernel[0] // group) * (channels // group)  # of the channels that this one takes
        for _channel, _, _ in product(range(first, first + channels // group), range(kernel[2]), range(kernel[3])):
            count += 1
    return count


def transposed_convolution(taken, kernel, group=1) -> int:
    """kernel: (in, out / group, height, width): every number is spread over it, for each output of its group."""
    count = 0
    for _number in product(*map(range, taken)):
        for _ in product(range(kernel[1]), range(kernel[2]), range(kernel[3])):
            count += 1
    return count


def matrices(rows: int, inner: int, columns: int, times: int = 1) -> int:
    count = 0
    for _ in range(times):
        for _row, _column in product(range(rows), range(columns)):
            for _term in range(inner):
                count += 1
    return count


def recurrent(steps: int, batch: int, features: int, units: int, gates: int, directions: int) -> int:
    count = 0
    for _direction, _step, _picture in product(range(directions), range(steps), range(batch)):
        for _gate, _unit in product(range(gates), range(units)):
            for _feature in range(features):
                count += 1
            for _state in range(units):
                count += 1
    return count
