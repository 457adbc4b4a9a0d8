"""Files that compute in whole numbers of 8 bits: they open, and say that they have no gradient."""

from __future__ import annotations

import numpy as np

from explain.network.session import Network
from tests.benchmarks.own_file import gradient, picture_for
from tests.explain.network.reading.parts import Parts, kinds, opened


def said(path) -> str:
    """Why there is no gradient."""
    network = Network(path)
    return gradient(network, picture_for(network.description))["why"]


def test_operators_of_whole_numbers(tmp_path):
    made = Parts(13)
    scale, zero = made.stored_as(np.float32(0.02)), made.stored_as(np.uint8(0))
    x = made.next("QuantizeLinear", "picture", scale, zero)
    kernel = made.array("kernel", np.arange(-54, 54, dtype=np.int8).reshape(4, 3, 3, 3))
    small, none = made.stored_as(np.float32(0.01)), made.stored_as(np.int8(0))
    x = made.next("QLinearConv", x, scale, zero, kernel, small, none, scale, zero)
    path = made.write(tmp_path, made.next("DequantizeLinear", x, scale, zero))
    assert "convolution in 8 bits" in kinds(opened(path, gradients=False))
    assert "8 bits" in said(path) and "before it was quantised" in said(path)


def test_rounded_as_it_runs_a_convolution_is_one_layer(tmp_path):
    made = Parts(13)
    x = made.conv("picture", 3, 4)
    names = [f"{x}_{part}" for part in ("whole", "scale", "zero")]
    made.next("DynamicQuantizeLinear", x)
    made.nodes[-1].output[:] = names
    kernel = made.array("kernel", np.arange(-72, 72, dtype=np.int8).reshape(4, 4, 3, 3))
    sums = made.next("ConvInteger", names[0], kernel, names[2], pads=[1] * 4)
    factor = made.next("Mul", names[1], made.stored_as(np.float32(0.01)))
    x = made.next("Add", made.next("Mul", made.next("Cast", sums, to=1), factor), made.drawn(1, 4, 1, 1))
    path = made.write(tmp_path, made.conv(made.next("Mul", x, made.next("Sigmoid", x)), 4, 2))
    description = opened(path, gradients=False)
    assert kinds(description) == ["conv", "convolution in 8 bits swish", "conv"]
    assert description.layers[2].parameters == 4 * 4 * 9 + 4 and "8 bits" in said(path)


def test_rounded_between_layers(tmp_path):
    """The rounding is a layer of its own: the next one by hand takes what it makes."""
    made = Parts(13)
    scale, zero = made.stored_as(np.float32(0.05)), made.stored_as(np.uint8(10))
    x = made.next("Relu", made.conv("picture", 3, 4))
    x = made.next("DequantizeLinear", made.next("QuantizeLinear", x, scale, zero), scale, zero)
    path = made.write(tmp_path, made.conv(x, 4, 2))
    assert kinds(opened(path, gradients=False)) == ["conv relu", "rounding to 8 bits", "conv"]
    assert "8 bits" in said(path)
