"""A small channel-first network: a branch, a kernel behind a Cast, a convolution without Relu, shape arithmetic."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from tests.explain.gradients.network.written import written

RANDOM = np.random.default_rng(3)


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


WEIGHTS = {
    "kernel": normal(4, 3, 3, 3).astype(np.float16),  # behind a Cast
    "bias": normal(4),
    "side": normal(4, 3, 1, 1),
    "axes": np.array([2], np.int64),
    "first": np.array(0, np.int64),
    "rest": np.array([-1, 4 * 4], np.int64),
    "dense": normal(16, 5),
    "after": np.array([1], np.int64),
}
ROWS = [
    ("Cast", ["kernel"], "kernel:float", {"to": TensorProto.FLOAT}),
    ("Conv", ["input", "kernel:float", "bias"], "sum", {"pads": [1, 1, 1, 1]}),
    ("Relu", ["sum"], "open", {}),
    ("Conv", ["input", "side"], "beside", {}),
    ("Add", ["open", "beside"], "joined", {}),
    ("MaxPool", ["joined"], "pooled", {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("Transpose", ["pooled"], "columns", {"perm": [0, 3, 1, 2]}),  # (batch, width, channel, height)
    ("Shape", ["columns"], "lengths", {}),
    ("Gather", ["lengths", "first"], "count", {}),
    ("Unsqueeze", ["count", "one"], "counted", {}),
    ("Concat", ["counted", "rest"], "wanted", {"axis": 0}),
    ("Reshape", ["columns", "wanted"], "sequence", {}),
    ("MatMul", ["sequence", "dense"], "scores", {}),
    ("Softmax", ["scores"], "answer", {"axis": -1}),
]
WEIGHTS["one"] = np.array([0], np.int64)


def write(path, rows=ROWS, weights=WEIGHTS, shape=("n", 3, 8, "w"), outputs=("answer",), **more):
    return written(path, rows, weights, shape, outputs, **more)
