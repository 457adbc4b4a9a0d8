"""Operators with random inputs and varied attributes, for `test_operators`."""

from __future__ import annotations

import numpy as np

from tests.explain.gradients.network.one_node import Case

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def positive(*shape):
    return RANDOM.uniform(0.5, 2, shape).astype(np.float32)


def whole(*numbers):
    return np.array(numbers, np.int64)


def number(value):
    return np.array(value, np.float32)


MAPS = normal(2, 4, 7, 6)

ALONE = [
    Case(name, (MAPS,))
    for name in [
        "Relu",
        "Sigmoid",
        "HardSigmoid",
        "HardSwish",
        "Tanh",
        "Softplus",
        "Erf",
        "Exp",
        "Abs",
        "Neg",
        "Identity",
        "LeakyRelu",
        "Elu",
        "Selu",
        "Celu",
        "ThresholdedRelu",
        "Softsign",
        "Sin",
        "Cos",
        "Ceil",
        "Round",
        "Sign",
        "Dropout",
    ]
]
ALONE += [
    Case("LeakyRelu", (MAPS,), {"alpha": 0.3}),
    Case("Elu", (MAPS,), {"alpha": 0.5}),
    Case("HardSigmoid", (MAPS,), {"alpha": 0.4, "beta": 0.3}),
    Case("Sqrt", (positive(2, 4, 3, 3),)),
    Case("Floor", (MAPS,)),
    Case("Celu", (MAPS,), {"alpha": 0.4}),
    Case("Mish", (MAPS,), opset=18),
    Case("Swish", (MAPS,), {"alpha": 1.3}, opset=24),
    Case("Gelu", (MAPS,), opset=20),
    Case("Gelu", (MAPS,), {"approximate": "tanh"}, opset=20),
    Case("Log", (positive(2, 4, 3, 3),)),
    Case("Reciprocal", (positive(2, 4, 3, 3),)),
    Case("Dropout", (MAPS,), {"ratio": 0.3}, opset=7),
    Case("Dropout", (MAPS, number(0.3)), opset=13),
    Case("PRelu", (MAPS, normal(4, 1, 1)), moved=(0, 1)),
    Case("Clip", (MAPS,), {"min": -0.5, "max": 0.7}, opset=7),
    Case("Clip", (MAPS,), {"max": 0.7}, opset=10),
    Case("Clip", (MAPS, number(-0.5), number(0.6)), opset=13),
    Case("Clip", (MAPS, None, number(0.6)), opset=13),
    Case("Cast", (normal(2, 3),), {"to": 11}, opset=13),
    Case("Cast", (whole(3, -4),), {"to": 1}, opset=13, moved=()),
    Case("Cast", (normal(2, 3) * 5,), {"to": 7}, opset=13, moved=()),
]
PAIRS = [
    Case(name, (MAPS, other), moved=(0, 1))
    for name in ("Add", "Sub", "Mul", "Div")
    for other in (positive(2, 4, 7, 6), positive(4, 1, 1), positive(1, 4, 1, 6), positive(6), number(1.5))
]
PAIRS += [
    Case("Div", (positive(3), positive(2, 4, 3, 3)), moved=(0, 1)),
    Case("Add", (normal(1, 4, 1, 1), MAPS), moved=(0, 1)),
    Case("Mul", (normal(5, 3), normal(3)), moved=(0, 1)),
    Case("Div", (whole(7, -7, 6), whole(2, 2, 3)), moved=()),
    Case("Pow", (positive(2, 4, 3, 3), number(2.5))),
    Case("Pow", (MAPS, np.array(2, np.int64)), opset=13),
]

PAIRS += [
    Case(name, (MAPS, other), moved=(0, 1))
    for name in ("Max", "Min", "Sum", "Mean")
    for other in (normal(2, 4, 7, 6), normal(4, 1, 1))
]
PAIRS += [
    Case(name, (MAPS, normal(4, 1, 1)), moved=())
    for name in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
]
PAIRS += [
    Case("Where", (MAPS > 0, MAPS, normal(4, 1, 1)), moved=(1, 2)),
    Case("Not", (MAPS > 0,), moved=()),
    Case("And", (MAPS > 0, MAPS < 1), moved=()),
    Case("Or", (MAPS > 0, MAPS < 1), moved=()),
    Case("Add", (MAPS, normal(4, 1, 1)), opset=7, moved=(0, 1)),
]

PICTURE, LINE = normal(2, 4, 9, 10), normal(2, 4, 11)
CONVOLUTIONS = [
    Case("Conv", (PICTURE, normal(6, 4, 3, 3), normal(6)), attributes, moved=(0, 1, 2))
    for attributes in (
        {},
        {"pads": [1, 1, 1, 1], "strides": [2, 2]},
        {"pads": [1, 0, 2, 1], "strides": [1, 2]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 3]},
        {"auto_pad": "SAME_LOWER", "strides": [3, 2]},
        {"auto_pad": "VALID", "kernel_shape": [3, 3]},
        {"dilations": [2, 1], "pads": [2, 1, 2, 1]},
        {"dilations": [1, 3], "strides": [2, 1]},
    )
]
CONVOLUTIONS += [
    Case("Conv", (PICTURE, normal(6, 2, 3, 2)), {"group": 2, "pads": [1, 0, 1, 0]}, moved=(0, 1)),
    Case("Conv", (PICTURE, normal(4, 1, 3, 3), normal(4)), {"group": 4, "strides": [2, 1]}, moved=(0, 1, 2)),
    Case("Conv", (PICTURE, normal(8, 1, 3, 3)), {"group": 4, "strides": [2, 2], "pads": [1, 1, 1, 1]}, moved=(0, 1)),
    Case("Conv", (PICTURE, normal(4, 1, 3, 3)), {"group": 4, "auto_pad": "SAME_UPPER"}),
    Case("Conv", (PICTURE, normal(4, 1, 3, 3)), {"group": 4, "dilations": [2, 2]}),
    Case("Conv", (LINE, normal(5, 4, 3), normal(5)), {"pads": [1, 2], "strides": [2]}, moved=(0, 1, 2)),
    Case("Conv", (LINE, normal(5, 4, 3)), {"auto_pad": "SAME_LOWER", "strides": [2]}),
    Case("Conv", (LINE, normal(5, 4, 3)), {"pads": [2, 2], "dilations": [2]}),
    Case("ConvTranspose", (LINE, normal(4, 5, 3), normal(5)), {"strides": [2], "pads": [1, 0]}, moved=(0, 1, 2)),
]
CONVOLUTIONS += [
    Case("ConvTranspose", (normal(2, 4, 5, 4), normal(4, 3, 3, 2), normal(3)), attributes, moved=(0, 1, 2))
    for attributes in (
        {},
        {"strides": [2, 3], "pads": [1, 0, 1, 1]},
        {"strides": [2, 2], "pads": [1, 0, 0, 1], "output_padding": [1, 1]},
        {"strides": [3, 2], "output_shape": [15, 8]},
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"strides": [2, 2], "auto_pad": "SAME_LOWER"},
        {"dilations": [2, 2], "strides": [1, 2]},
    )
]
CONVOLUTIONS += [
    Case("ConvTranspose", (normal(2, 4, 5, 4), normal(4, 3, 2, 2)), {"group": 2, "strides": [2, 2]}, moved=(0, 1))
]
POOLINGS = [
    Case(name, (PICTURE,), {"kernel_shape": [3, 2], **attributes})
    for name in ("MaxPool", "AveragePool")
    for attributes in (
        {},
        {"strides": [2, 2]},
        {"strides": [2, 1], "pads": [1, 0, 1, 1]},
        {"strides": [3, 3], "auto_pad": "SAME_UPPER"},
        {"strides": [2, 3], "auto_pad": "SAME_LOWER"},
        {"strides": [2, 3], "ceil_mode": 1},
        {"strides": [2, 2], "ceil_mode": 1, "pads": [1, 1, 0, 1]},
    )
]
POOLINGS += [
    Case("AveragePool", (PICTURE,), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    Case("AveragePool", (PICTURE,), {"kernel_shape": [3, 3], "pads": [1, 0, 1, 1], "strides": [2, 2], "ceil_mode": 1,
                                     "count_include_pad": 1}, opset=19),
    Case("MaxPool", (LINE,), {"kernel_shape": [3], "strides": [2], "pads": [1, 1]}),
    Case("AveragePool", (LINE,), {"kernel_shape": [2], "strides": [2]}),
    Case("GlobalAveragePool", (PICTURE,)),
    Case("GlobalAveragePool", (LINE,)),
    Case("GlobalMaxPool", (PICTURE,)),
]  # fmt: skip

NORMALISED = (positive(4), normal(4), normal(4), positive(4))
REDUCTIONS = [
    Case(name, (MAPS,), {**axes, "keepdims": keep}, opset=13 if name != "ReduceSum" else 11)
    for name in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare")
    for keep in (0, 1)
    for axes in ({"axes": [2, 3]}, {"axes": [1]}, {"axes": [-1]}, {"axes": [0, 2]}, {})
]
REDUCTIONS += [
    Case("ReduceSum", (MAPS, whole(1, -1)), {"keepdims": 0}, opset=13),
    Case("ReduceSum", (MAPS,), {"noop_with_empty_axes": 1}, opset=13),
    Case("ReduceMean", (MAPS, whole(2)), {"keepdims": 1}, opset=18),
    Case("ReduceMax", (MAPS, whole(2, 3)), {"keepdims": 0}, opset=18),
    Case("ReduceMean", (normal(3, 5),), {"axes": [1], "keepdims": 0}),
    Case("BatchNormalization", (MAPS, *NORMALISED), {"epsilon": 1e-3}, opset=15, moved=(0, 1, 2, 3, 4)),
    Case("BatchNormalization", (normal(3, 4), *NORMALISED), opset=9),
    Case("BatchNormalization", (LINE, *NORMALISED), opset=14),
    Case("BatchNormalization", (MAPS, *NORMALISED), {"spatial": 1, "momentum": 0.8}, opset=7),
    Case("ReduceProd", (positive(2, 4, 3, 3),), {"axes": [2, 3]}, opset=13),
    Case("ReduceLogSumExp", (MAPS,), {"axes": [1], "keepdims": 0}, opset=13),
    Case("ArgMax", (MAPS,), {"axis": 1}, moved=()),
    Case("ArgMax", (MAPS,), {"axis": -1, "keepdims": 0}, moved=()),
    Case("InstanceNormalization", (MAPS, normal(4), normal(4)), {"epsilon": 1e-3}, moved=(0, 1, 2)),
    Case("InstanceNormalization", (LINE, normal(4), normal(4)), opset=7),
    Case("LayerNormalization", (normal(2, 5, 6), normal(6), normal(6)), moved=(0, 1, 2)),
    Case("LayerNormalization", (MAPS, normal(7, 6)), {"axis": 2, "epsilon": 1e-3}),
    Case("RMSNormalization", (normal(2, 5, 6), normal(6)), opset=23, moved=(0, 1)),
    Case("GroupNormalization", (MAPS, normal(4), normal(4)), {"num_groups": 2}, opset=21, moved=(0, 1, 2)),
    Case("GroupNormalization", (MAPS, normal(2), normal(2)), {"num_groups": 2}, opset=18, moved=(0, 1, 2)),
    Case("LRN", (MAPS,), {"size": 3, "alpha": 0.2, "bias": 2.0}),
    Case("LRN", (MAPS,), {"size": 5, "alpha": 0.2}),
    Case("LpNormalization", (MAPS,), {"axis": 1}),
    Case("LpNormalization", (MAPS,), {"axis": -1, "p": 1}),
]
REDUCTIONS += [
    Case(name, (array,), {"axis": axis}, opset=opset)
    for name in ("Softmax", "LogSoftmax")
    for opset in (11, 13)
    for array in (normal(2, 4, 3, 5), normal(3, 6))
    for axis in (1, -1)
]
REDUCTIONS += [Case("Softmax", (normal(2, 4, 3, 5),), opset=opset) for opset in (11, 13)]

CASES = [*ALONE, *PAIRS, *CONVOLUTIONS, *POOLINGS, *REDUCTIONS]
