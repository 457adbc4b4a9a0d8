"""Small classifiers of every kind that can be computed in part, and of some that can't."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explain.network.description import describe
from explain.network.session import Network
from tests.explain.network.made import written
from tests.test_third_network import Maker

HEIGHT, WIDTH = 37, 46


def strided(made: Maker) -> str:
    """Odd strides, padding that differs from side to side, a gap between taps, sides of two lengths."""
    weights = [made.weight("w1", 6, 3, 3, 5), made.weight("b1", 6)]
    x = made.node("Conv", ["picture", *weights], "c1", strides=[2, 3], pads=[0, 3, 2, 1])
    x = made.node("Tanh", [x], "t1")
    x = made.node(
        "Conv", [x, made.weight("w2", 5, 6, 3, 2), made.weight("b2", 5)], "c2", dilations=[2, 3], pads=[1, 2, 3, 0]
    )
    x = made.node("MaxPool", [x], "p2", kernel_shape=[3, 2], strides=[1, 2], pads=[1, 0, 1, 1])
    return made.node("Conv", [x, made.weight("w3", 7, 5, 2, 2)], "c3", strides=[1, 1], pads=[0, 0, 0, 0])


def branching(made: Maker) -> str:
    """A branch added to what it came from, another laid beside it, groups, and a normalisation by itself."""
    x = made.node("Conv", ["picture", made.weight("w1", 4, 3, 3, 3), made.weight("b1", 4)], "c1", pads=[1, 1, 1, 1])
    x = made.node("Relu", [x], "r1")
    y = made.node("Conv", [x, made.weight("w2", 4, 2, 5, 3)], "c2", group=2, pads=[2, 1, 2, 1])
    x = made.node("Add", [y, x], "a1")
    z = made.node("Conv", [x, made.weight("w3", 3, 4, 1, 1)], "c3")
    x = made.node("Concat", [x, z, y], "both", axis=1)
    norm = [made.weight(f"n{i}", 11, low=0.2) for i in range(4)]
    x = made.node("BatchNormalization", [x, *norm], "n")
    x = made.node("Conv", [x, made.weight("w4", 6, 11, 3, 3)], "c4", strides=[2, 2], auto_pad="SAME_UPPER")
    one = made.node("Conv", [x, made.weight("w5", 6, 6, 1, 1)], "c5", strides=[2, 2])
    two = made.node("AveragePool", [x], "p5", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 1, 1])
    return made.node("Mul", [one, two], "product")


def averaging(made: Maker) -> str:
    """Means of windows that reach over the sides, which count there and which don't; zeros laid around by a node."""
    pads = made.array("pads", np.array([0, 0, 2, 1, 0, 0, 0, 3]))
    x = made.node("Pad", ["picture", pads], "around")
    x = made.node("MaxPool", [x], "p0", kernel_shape=[2, 2])
    x = made.node("AveragePool", [x], "p1", kernel_shape=[3, 5], strides=[2, 2], pads=[1, 2, 1, 2])
    x = made.node("AveragePool", [x], "p2", kernel_shape=[3, 3], pads=[1, 0, 0, 2], count_include_pad=1)
    more = made.array("more", np.array([0, 0, 1, 2, 0, 0, 0, 1]))
    x = made.node("Pad", [x, more], "around2")
    return made.node("Conv", [x, made.weight("w", 5, 3, 3, 3), made.weight("b", 5)], "c", pads=[0, 1, 1, 0])


def squeezing(made: Maker) -> str:
    """Squeeze and excitation (https://arxiv.org/abs/1709.01507): after the first layer a unit sees the whole."""
    x = made.node("Conv", ["picture", made.weight("w1", 4, 3, 3, 3)], "c1", pads=[1, 1, 1, 1])
    gate = made.node("GlobalAveragePool", [x], "squeezed")
    gate = made.node("Sigmoid", [made.node("Conv", [gate, made.weight("w2", 4, 4, 1, 1)], "excited")], "gate")
    x = made.node("Mul", [x, gate], "gated")
    return made.node("Conv", [x, made.weight("w3", 30, 4, 5, 5)], "c3")


def network(folder: Path, make, channels: int, fixed: bool = False) -> Network:
    """A classifier of four classes: the layers, global average pooling, and a dense layer.

    channels: of the layers' output. fixed: takes one picture at a time.
    """
    made = Maker(len(make.__name__))
    x = make(made)
    x = made.node("GlobalAveragePool", [x], "mean")
    x = made.node("Flatten", [x], "row")
    made.node("MatMul", [x, made.weight("dense", channels, 4)], "answer")
    shape = [1 if fixed else "n", 3, HEIGHT, WIDTH]
    return Network(describe(written(folder, made, shape, output="answer", name=make.__name__)))
