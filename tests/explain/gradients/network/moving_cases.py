"""Operators that multiply, move, repeat or remember numbers, with random inputs, for `test_operators`."""

from __future__ import annotations

import numpy as np

from tests.explain.gradients.network.one_node import Case
from tests.explain.gradients.network.operator_cases import MAPS, normal, number, positive, whole

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

BLOCKS = [
    Case("DepthToSpace", (normal(2, 8, 3, 2),), {"blocksize": 2}),
    Case("DepthToSpace", (normal(2, 8, 3, 2),), {"blocksize": 2, "mode": "CRD"}),
    Case("SpaceToDepth", (normal(2, 3, 4, 6),), {"blocksize": 2}),
    Case("Tile", (normal(2, 3), whole(2, 1))),
    Case("GatherElements", (normal(3, 4), np.array([[0, -1], [3, 2], [1, 1]], np.int64)), {"axis": 1}),
    Case("CumSum", (normal(3, 4), np.array(1, np.int64)), {"reverse": 1}),
    Case("Einsum", (normal(2, 3, 4), normal(2, 4, 5)), {"equation": "bij, bjk -> bik"}, moved=(0, 1)),
    Case("Size", (MAPS,), moved=()),
    Case("DequantizeLinear", (np.array([[3, -4], [5, 9]], np.int8), number(0.1), np.array(2, np.int8)), moved=()),
    Case("DequantizeLinear", (np.array([[3, 4], [5, 9]], np.uint8), positive(2), np.array([2, 3], np.uint8)),
         {"axis": 0}, opset=13, moved=()),
]  # fmt: skip

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


def normal_weights(directions, blocks):
    parts = [(blocks * UNITS, 3), (blocks * UNITS, UNITS), (2 * blocks * UNITS,)]
    return tuple(normal(directions, *part) for part in parts)


RECURRENT = [
    Case("LSTM", (STEPS, *weights(1)), {"hidden_size": UNITS}, outputs=3, moved=(0, 1, 2, 3)),
    Case("LSTM", (STEPS, *weights(1, False)), {"hidden_size": UNITS, "direction": "reverse"}, outputs=3, moved=(0, 2)),
    Case("LSTM", (STEPS, *weights(2)), {"hidden_size": UNITS, "direction": "bidirectional"}, outputs=3,
         moved=(0, 1, 2, 3)),
    Case("LSTM", (STEPS, *weights(2), None, normal(2, 2, UNITS), normal(2, 2, UNITS)),
         {"hidden_size": UNITS, "direction": "bidirectional", "activations": ["Sigmoid", "Tanh", "Tanh"] * 2},
         outputs=3, moved=(0, 5, 6)),
]  # fmt: skip

RECURRENT += [
    Case(
        name,
        (STEPS, *normal_weights(directions, blocks)),
        {"hidden_size": UNITS, **more},
        outputs=2,
        moved=(0, 1, 2, 3),
        opset=14,
    )
    for name, blocks in (("GRU", 3), ("RNN", 1))
    for directions, more in ((1, {}), (1, {"direction": "reverse"}), (2, {"direction": "bidirectional"}))
]
RECURRENT += [
    Case("GRU", (STEPS, *normal_weights(1, 3), None, normal(1, 2, UNITS)), {"hidden_size": UNITS,
         "linear_before_reset": 1}, outputs=2, moved=(0, 1, 2, 3, 5)),
    Case("GRU", (STEPS, *normal_weights(1, 3)[:2]), {"hidden_size": UNITS}, opset=7, outputs=2, moved=(0, 2)),
]  # fmt: skip

CASES = [*PRODUCTS, *SHAPES, *BLOCKS, *RESIZES, *RECURRENT]
