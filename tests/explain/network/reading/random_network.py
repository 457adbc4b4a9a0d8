"""Networks put together at random, of layers that follow each other as in no network that anybody designed."""

from __future__ import annotations

import random

import numpy as np

from tests.explain.network.reading.parts import Parts

CURVES = ("Relu", "Sigmoid", "HardSigmoid", "HardSwish", "Elu", "Softplus", "Erf", "Abs", "Identity", "Dropout", "Selu")


def network(seed: int) -> tuple[Parts, str]:
    """A network on pictures `(batch, 3, 16, 16)`, and what its output is called."""
    draw = random.Random(seed)
    made = Parts(draw.choice([14, 17, 18, 21]), seed)
    x, channels, size = made.conv("picture", 3, 8), 8, 16
    for _ in range(draw.randrange(2, 7)):
        x, channels, size = draw.choice(MAPS)(made, x, channels, size, draw)
    sequence = made.next("Transpose", x, perm=[0, 3, 1, 2])
    x, features = made.next("Reshape", sequence, made.stored_as(np.array([0, size, channels * size]))), channels * size
    for _ in range(draw.randrange(1, 5)):
        x, features = draw.choice(SEQUENCES)(made, x, features, draw)
    return made, made.next("Softmax", made.next("MatMul", x, made.drawn(features, 5)), axis=2)


def _convolution(made, x, channels, size, draw):
    out = draw.choice([4, 8])
    return made.conv(x, channels, out, draw.choice([1, 3]), bias=draw.random() < 0.5), out, size


def _depthwise(made, x, channels, size, draw):
    return made.conv(x, channels, channels, 3, group=channels), channels, size


def _curve(made, x, channels, size, draw):
    return made.next(draw.choice(CURVES), x), channels, size


def _normal(made, x, channels, size, draw):
    if draw.random() < 0.5:
        return made.norm(x, channels), channels, size
    return made.next("InstanceNormalization", x, made.drawn(channels), made.drawn(channels)), channels, size


def _pooled(made, x, channels, size, draw):
    if draw.random() < 0.5 and size > 4:
        return made.next("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]), channels, size // 2
    return made.next("AveragePool", x, kernel_shape=[3, 3], pads=[1] * 4), channels, size


def _two(made, x, channels, size, draw):
    return made.next(draw.choice(["Add", "Mul", "Sub", "Max"]), x, made.conv(x, channels, channels, 1)), channels, size


def _gate(made, x, channels, size, draw):
    means = made.next(draw.choice(["GlobalAveragePool", "GlobalMaxPool"]), x)
    return made.next("Mul", made.next("Sigmoid", made.conv(means, channels, channels, 1)), x), channels, size


def _scaled(made, x, channels, size, draw):
    twice = made.next("Mul", x, made.stored_as(np.float32(1.5)))
    return made.next(draw.choice(["Add", "Sub"]), twice, made.drawn(channels, 1, 1)), channels, size


def _last(made, x, channels, size, draw):
    """A dense layer on each place, the channels last meanwhile."""
    dense = made.next("MatMul", made.next("Transpose", x, perm=[0, 2, 3, 1]), made.drawn(channels, channels))
    return made.next("Transpose", made.next("Relu", dense), perm=[0, 3, 1, 2]), channels, size


def _shuffled(made, x, channels, size, draw):
    groups = made.next("Reshape", x, made.stored_as(np.array([0, 2, channels // 2, size, size])))
    dealt = made.next("Transpose", groups, perm=[0, 2, 1, 3, 4])
    return made.next("Reshape", dealt, made.stored_as(np.array([0, channels, size, size]))), channels, size


def _padded(made, x, channels, size, draw):
    return made.next("Conv", made.pad(x, [2, 1, 0, 1]), made.drawn(channels, channels, 3, 3)), channels, size


def _dense(made, x, features, draw):
    return made.next("Add", made.next("MatMul", x, made.drawn(features, 6)), made.drawn(6)), 6


def _bent(made, x, features, draw):
    return made.next(draw.choice(CURVES), x), features


def _layer_norm(made, x, features, draw):
    normal = made.next("LayerNormalization", x, made.drawn(features), made.drawn(features)) if made.opset > 16 else x
    return made.next("Add", x, normal), features


def _memory(made, x, features, draw):
    operator, ways = draw.choice(["LSTM", "GRU"]), draw.choice([1, 2])
    rows = 12 if operator == "LSTM" else 9
    arrays = (made.drawn(ways, rows, features), made.drawn(ways, rows, 3), made.drawn(ways, 2 * rows))
    direction = "bidirectional" if ways == 2 else "reverse"
    steps = made.next("Transpose", x, perm=[1, 0, 2])
    states = made.next(operator, steps, *arrays, hidden_size=3, direction=direction)
    together = made.next("Transpose", states, perm=[2, 0, 1, 3])
    return made.next("Reshape", together, made.stored_as(np.array([0, 0, 3 * ways]))), 3 * ways


def _matched(made, x, features, draw):
    matched = made.next("MatMul", x, made.next("Transpose", x, perm=[0, 2, 1]))
    return made.next("MatMul", made.next("Softmax", matched, axis=2), x), features


def _along(made, x, features, draw):
    sums = made.next("Conv", made.next("Transpose", x, perm=[0, 2, 1]), made.drawn(4, features, 3), pads=[1, 1])
    return made.next("Transpose", made.next("Relu", sums), perm=[0, 2, 1]), 4


MAPS = (
    *(_convolution, _depthwise, _curve, _normal, _pooled, _two),
    *(_gate, _scaled, _last, _shuffled, _padded),
)
SEQUENCES = (_dense, _bent, _layer_norm, _memory, _matched, _along)
