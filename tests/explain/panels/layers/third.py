"""A small recogniser that nobody trained, unlike those that come along, and a classifier: written as ONNX files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

LABELS = ("", "x", "y", "Z", "7")  # the blank first
HEIGHT, WIDTH, STEPS = 24, 96, 24


class _Nodes:
    """Nodes and weights, noted down one after the other."""

    def __init__(self, seed: int):
        self.random, self.nodes, self.stored = np.random.default_rng(seed), [], []

    def node(self, operator: str, inputs: list[str], output: str, **settings) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **settings))
        return output

    def weights(self, name: str, *shape: int, scale: float = 0.4) -> str:
        return self.constant(name, self.random.normal(0, scale, shape).astype(np.float32))

    def constant(self, name: str, array: np.ndarray) -> str:
        self.stored.append(numpy_helper.from_array(array, name))
        return name

    def conv(self, taken: str, name: str, before: int, after: int, kernel: tuple[int, int], **settings) -> str:
        stored = [self.weights(f"{name}/w", after, before, *kernel), self.weights(f"{name}/b", after)]
        return self.node("Conv", [taken, *stored], name, **settings)

    def lstm(self, taken: str, name: str, features: int, units: int, direction: str) -> str:
        """taken: (step, batch, feature), as is what comes out."""
        ways = 2 if direction == "bidirectional" else 1
        stored = [
            self.weights(f"{name}/w", ways, 4 * units, features),
            self.weights(f"{name}/r", ways, 4 * units, units),
            self.weights(f"{name}/b", ways, 8 * units),
        ]
        raw = self.node("LSTM", [taken, *stored], f"{name}/raw", hidden_size=units, direction=direction)
        if ways == 1:
            return self.node("Squeeze", [raw, self.constant(f"{name}/one", np.array([1]))], name)
        turned = self.node("Transpose", [raw], f"{name}/turned", perm=[0, 2, 1, 3])
        shape = self.constant(f"{name}/shape", np.array([0, 0, 2 * units]))
        return self.node("Reshape", [turned, shape], name)

    def save(self, path: Path, given, taken, layers: list[str] | None, **metadata) -> Path:
        graph = helper.make_graph(self.nodes, path.stem, [given], [taken], self.stored)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        said = {"layers": layers, **metadata} if layers else metadata
        helper.set_model_props(
            model, {key: value if isinstance(value, str) else json.dumps(value) for key, value in said.items()}
        )
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return path


def recogniser(
    path: Path, lstms: tuple[tuple[int, str], ...] = ((6, "forward"),), named: bool = True, softmax: bool = False
) -> Path:
    """A recogniser of (24, 96) grey pictures: a branch with Add, a linear convolution, a tanh, LSTMs, logits.

    lstms: units and direction of each. The blank comes first and the picture is scaled to -1..1.
    """
    made = _Nodes(5)
    first = made.conv("picture", "first/sum", 1, 6, (3, 3), pads=[1, 1, 1, 1])
    first = made.node("Relu", [first], "first")
    pooled = made.node("MaxPool", [first], "pooled", kernel_shape=[2, 2], strides=[2, 2])
    linear = made.conv(pooled, "linear", 6, 6, (3, 3), pads=[1, 1, 1, 1])
    joined = made.node("Add", [linear, pooled], "joined")
    halved = made.node("AveragePool", [joined], "halved", kernel_shape=[2, 2], strides=[2, 2])
    row = made.conv(halved, "row/sum", 6, 8, (6, 1))
    row = made.node("Tanh", [row], "row")
    steps = made.node("Squeeze", [row, made.constant("two", np.array([2]))], "row/squeezed")
    steps = made.node("Transpose", [steps], "row/steps", perm=[2, 0, 1])
    features, names = 8, []
    for number, (units, direction) in enumerate(lstms, 1):
        names.append(f"memory_{number}")
        steps = made.lstm(steps, names[-1], features, units, direction)
        features = units * (2 if direction == "bidirectional" else 1)
    last = made.node("MatMul", [steps, made.weights("answer/w", features, len(LABELS), scale=2.0)], "answer/product")
    last = made.node("Add", [last, made.weights("answer/b", len(LABELS))], "answer/logits" if softmax else "answer")
    if softmax:
        last = made.node("Softmax", [last], "answer", axis=-1)
    return made.save(
        path,
        helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 1, HEIGHT, WIDTH]),
        helper.make_tensor_value_info("answer", TensorProto.FLOAT, [STEPS, "n", len(LABELS)]),
        ["first", "pooled", "linear", "joined", "halved", "row", *names, "answer"] if named else None,
        labels=list(LABELS),
        blank="0",
        input={"colour": "grey", "mean": 127.5, "deviation": 127.5},
        title="Third",
    )


def classifier(path: Path) -> Path:
    """A classifier of (20, 20) colour pictures, red first: a depthwise convolution, a product of two branches."""
    made = _Nodes(6)
    first = made.conv("picture", "first/sum", 3, 6, (3, 3), strides=[2, 2], pads=[0, 0, 1, 1])
    first = made.node("Relu", [first], "first")
    alone = made.conv(first, "alone", 1, 6, (3, 3), pads=[1, 1, 1, 1], group=6)
    gate = made.node("Sigmoid", [alone], "gate")
    gated = made.node("Mul", [first, gate], "gated")
    beside = made.node("Concat", [gated, first], "beside", axis=1)
    mean = made.node("GlobalAveragePool", [beside], "mean/kept")
    mean = made.node("Flatten", [mean], "mean")
    last = made.node("Gemm", [mean, made.weights("answer/w", 12, 4), made.weights("answer/b", 4)], "answer")
    return made.save(
        path,
        helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, 20, 20]),
        helper.make_tensor_value_info(last, TensorProto.FLOAT, ["n", 4]),
        ["first", "alone", "gate", "gated", "beside", "mean", "answer"],
        labels=["cat", "dog", "cow", "hen"],
        input={"colour": "rgb"},
        title="Animals",
    )


@contextmanager
def networks_in(folder: Path, kinds: Mapping[str, tuple]) -> Iterator[Path]:
    """The folder as the one in which the page looks for networks, with these in it: how each is made, by name."""
    for name, (make, settings) in kinds.items():
        make(folder / f"{name}.onnx", **settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NETWORKS_FOLDER", str(folder))
        yield folder
