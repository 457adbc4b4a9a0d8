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
        "Dropout",
    ]
]
ALONE += [
    Case("LeakyRelu", (MAPS,), {"alpha": 0.3}),
    Case("Elu", (MAPS,), {"alpha": 0.5}),
    Case("HardSigmoid", (MAPS,), {"alpha": 0.4, "beta": 0.3}),
    Case("Sqrt", (positive(2, 4, 3, 3),)),
    Case("Floor", (MAPS,)),
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
    for name in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin")
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
]
REDUCTIONS += [
    Case(name, (array,), {"axis": axis}, opset=opset)
    for name in ("Softmax", "LogSoftmax")
    for opset in (11, 13)
    for array in (normal(2, 4, 3, 5), normal(3, 6))
    for axis in (1, -1)
]
REDUCTIONS += [Case("Softmax", (normal(2, 4, 3, 5),), opset=opset) for opset in (11, 13)]

PRODUCTS = [
    Case("MatMul", pair, moved=(0, 1))
    for pair in (
        (normal(3, 4), normal(4, 5)),
        (normal(2, 3, 4), normal(4, 5)),
        (normal(2, 2, 3, 4), normal(2, 1, 4, 5)),
        (normal(4), normal(4, 5)),
        (normal(2, 3, 4), normal(4)),
        (normal(4), normal(4)),
    )
]
PRODUCTS += [
    Case("Gemm", (normal(3, 4), normal(4, 5), normal(5)), moved=(0, 1, 2)),
    Case("Gemm", (normal(4, 3), normal(5, 4)), {"transA": 1, "transB": 1, "alpha": 0.5}, moved=(0, 1)),
    Case("Gemm", (normal(3, 4), normal(5, 4), normal(3, 1)), {"transB": 1, "beta": 0.3}, moved=(0, 1, 2)),
]

SHAPES = [
    Case("Shape", (MAPS,), moved=()),
    Case("Shape", (MAPS,), {"start": 1, "end": -1}, opset=15, moved=()),
    Case("ConstantOfShape", (whole(2, 3),), moved=()),
    Case("Range", (np.array(1, np.int64), np.array(9, np.int64), np.array(3, np.int64)), moved=()),
    Case("Transpose", (MAPS,)),
    Case("Transpose", (MAPS,), {"perm": [0, 2, 3, 1]}),
    Case("Transpose", (MAPS,), {"perm": [0, 3, 1, 2]}),
    Case("Transpose", (MAPS,), {"perm": [3, 0, 2, 1]}),
    Case("Transpose", (normal(2, 3, 4),), {"perm": [1, 0, 2]}),
    Case("Reshape", (MAPS, whole(0, -1, 6))),
    Case("Reshape", (MAPS, whole(2, 0, 42))),
    Case("Reshape", (MAPS, whole(-1))),
    Case("Flatten", (MAPS,)),
    Case("Flatten", (MAPS,), {"axis": 2}),
    Case("Flatten", (MAPS,), {"axis": -1}, opset=11),
    Case("Flatten", (MAPS,), {"axis": 0}),
    Case("Squeeze", (normal(2, 1, 5, 1), whole(1, -1)), opset=13),
    Case("Squeeze", (normal(2, 1, 5, 1),), {"axes": [3]}, opset=11),
    Case("Squeeze", (normal(2, 1, 5, 1),), opset=11),
    Case("Unsqueeze", (normal(2, 5), whole(0, -1)), opset=13),
    Case("Unsqueeze", (normal(2, 5),), {"axes": [1, 2]}, opset=11),
    Case("Expand", (normal(3, 1), whole(2, 1, 4))),
    Case("Concat", (MAPS, normal(2, 3, 7, 6)), {"axis": 1}, moved=(0, 1)),
    Case("Concat", (MAPS, normal(2, 4, 7, 2), MAPS), {"axis": -1}, moved=(0, 2)),
    Case("Concat", (whole(2, 3), whole(-1)), {"axis": 0}, moved=()),
    Case("Split", (MAPS,), {"axis": 1}, outputs=2),
    Case("Split", (MAPS,), {"axis": 2, "split": [1, 4, 2]}, opset=11, outputs=3),
    Case("Split", (MAPS, whole(4, 2)), {"axis": -1}, opset=13, outputs=2),
    Case("Split", (MAPS,), {"axis": 2, "num_outputs": 3}, opset=18, outputs=3),
    Case("Slice", (MAPS,), {"starts": [1, -3], "ends": [100, -1], "axes": [1, 3]}, opset=9),
    Case("Slice", (MAPS, whole(0, 6), whole(2, 1), whole(1, 2), whole(1, -2))),
    Case("Slice", (MAPS, whole(-1), whole(-(2**62)), whole(3), whole(-1))),
    Case("Slice", (MAPS, whole(0, 1), whole(1, 2**62))),
    Case("Slice", (whole(4, 5, 6), whole(1), whole(2)), moved=()),
    Case("Gather", (MAPS, whole(2, 0, -1)), {"axis": 1}),
    Case("Gather", (MAPS, np.array(1, np.int64)), {"axis": 2}),
    Case("Gather", (normal(5, 3), np.array([[0, 4], [2, 2]], np.int64))),
    Case("Pad", (MAPS,), {"pads": [0, 0, 1, 2, 0, 0, 3, 0], "value": 0.5}, opset=10),
    Case("Pad", (MAPS, whole(0, 1, 1, 2, 1, 0, 3, 0), number(-1)), opset=13),
    Case("Pad", (MAPS, whole(0, 0, -1, 2, 0, 0, 3, -2)), opset=13),
    Case("Pad", (MAPS, whole(0, 0, 1, 2, 0, 0, 3, 1)), {"mode": "reflect"}, opset=13),
    Case("Pad", (MAPS, whole(0, 0, 1, 2, 0, 0, 3, 1)), {"mode": "edge"}, opset=13),
    Case("Pad", (MAPS, whole(1, 2, 0, 3), None, whole(3, 1)), opset=18),
    Case("Pad", (MAPS, whole(0, 0, 1, 2, 0, 0, 3, 1)), {"mode": "wrap"}, opset=19),
]

FACTORS = np.array([1, 1, 2, 1.5], np.float32)
RESIZES = [
    Case("Resize", (MAPS, None, FACTORS), {"mode": mode, "coordinate_transformation_mode": where}, opset=13)
    for mode in ("nearest", "linear", "cubic")
    for where in ("half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel")
]
RESIZES += [
    Case("Resize", (MAPS, None, np.array([1, 1, 0.6, 0.7], np.float32)), {"nearest_mode": way}, opset=13)
    for way in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
]
RESIZES += [
    Case("Resize", (MAPS, None, None, whole(2, 4, 11, 5)), {"mode": "linear"}, opset=13),
    Case("Resize", (MAPS, None, None, whole(2, 4, 3, 1)), {"mode": "linear",
         "coordinate_transformation_mode": "pytorch_half_pixel"}, opset=13),
    Case("Resize", (MAPS, None, FACTORS), {"mode": "cubic", "cubic_coeff_a": -0.5, "exclude_outside": 1}, opset=13),
    Case("Resize", (MAPS, None, np.array([2, 1.5], np.float32)), {"mode": "linear", "axes": [2, 3]}, opset=18),
    Case("Resize", (MAPS, FACTORS), {"mode": "nearest"}, opset=10),
    Case("Resize", (MAPS, FACTORS), {"mode": "linear"}, opset=10),
    Case("Upsample", (MAPS, FACTORS), {"mode": "nearest"}, opset=9),
]  # fmt: skip

STEPS, UNITS = normal(5, 2, 3), 4


def weights(directions, bias=True):
    parts = normal(directions, 4 * UNITS, 3), normal(directions, 4 * UNITS, UNITS), normal(directions, 8 * UNITS)
    return parts if bias else parts[:2]


RECURRENT = [
    Case("LSTM", (STEPS, *weights(1)), {"hidden_size": UNITS}, outputs=3, moved=(0, 1, 2, 3)),
    Case("LSTM", (STEPS, *weights(1, False)), {"hidden_size": UNITS, "direction": "reverse"}, outputs=3, moved=(0, 2)),
    Case("LSTM", (STEPS, *weights(2)), {"hidden_size": UNITS, "direction": "bidirectional"}, outputs=3,
         moved=(0, 1, 2, 3)),
    Case("LSTM", (STEPS, *weights(2), None, normal(2, 2, UNITS), normal(2, 2, UNITS)),
         {"hidden_size": UNITS, "direction": "bidirectional", "activations": ["Sigmoid", "Tanh", "Tanh"] * 2},
         outputs=3, moved=(0, 5, 6)),
]  # fmt: skip

CASES = [*ALONE, *PAIRS, *CONVOLUTIONS, *POOLINGS, *REDUCTIONS, *PRODUCTS, *SHAPES, *RESIZES, *RECURRENT]
