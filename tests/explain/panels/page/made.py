"""Small ONNX networks with random weights, as somebody else might bring them along, written with onnx.helper."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HEIGHT, WIDTH = 24, 96
# The blank first, a space, characters that mean something in Markdown, and a label of two characters.
LABELS = ("", "N", "e", "t", " ", "*", "|", "$", "th", "ß", "中", "w", "o", "r", "k", "_")
CLASSES = ("a goose", "a [red] *fox*", "a $5 note")


class Maker:
    """Nodes and weights of one network. seed: of its random weights."""

    def __init__(self, seed: int):
        self._rng = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def weight(self, name: str, *shape: int, size: float | None = None) -> str:
        """Random weights of a standard deviation that keeps values alike from layer to layer, unless one is given."""
        size = (2 / max(1, np.prod(shape[1:]))) ** 0.5 if size is None else size
        return self.constant(name, self._rng.normal(0, size, shape).astype(np.float32))

    def constant(self, name: str, values: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, operator: str, inputs: Sequence[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output

    def conv(self, source: str, name: str, channels: tuple[int, int], kernel: int = 3, relu: bool = True) -> str:
        into, out = channels
        weights = self.weight(f"{name}/kernel", out, into, kernel, kernel), self.weight(f"{name}/bias", out, size=0.1)
        summed = self.add("Conv", [source, *weights], f"{name}/sum" if relu else name, pads=[kernel // 2] * 4)
        return self.add("Relu", [summed], name) if relu else summed

    def write(self, path: Path, picture: Sequence, answer: tuple[str, Sequence], facts: Mapping[str, str]) -> Path:
        """picture, answer: shapes of the input and of the output, whose name stands before its shape."""
        name, shape = answer
        graph = helper.make_graph(
            self.nodes,
            "network",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, picture)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        helper.set_model_props(model, dict(facts))
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return path


def recogniser(
    path: Path, labels: Sequence[str] = LABELS, blank: int = 0, seed: int = 36, softmax: bool = False
) -> Path:
    """Colour pictures of 24 x 96, a branch with Add, a convolution without ReLU, one LSTM in one direction.

    It answers logits `(batch, 24, label)`, or their softmax.
    """
    made, units = Maker(seed), 12
    first = made.conv("picture", "first", (3, 8))
    halved = made.add("MaxPool", [first], "halved", kernel_shape=[2, 2], strides=[2, 2])
    side = made.conv(halved, "side", (8, 8), relu=False)
    joined = made.add("Add", [halved, side], "joined")
    again = made.add("MaxPool", [joined], "halved_again", kernel_shape=[2, 2], strides=[2, 2])
    tall = made.add("Conv", [again, made.weight("tall/kernel", 16, 8, HEIGHT // 4, 1)], "tall")
    row = made.add("Squeeze", [tall, made.constant("two", np.array([2]))], "row")
    steps = made.add("Transpose", [row], "steps", perm=[2, 0, 1])
    gates = (
        made.weight("lstm/kernel", 1, 4 * units, 16, size=0.5),
        made.weight("lstm/own", 1, 4 * units, units, size=0.4),
    )
    made.nodes.append(helper.make_node("LSTM", [steps, *gates], ["states"], name="states", hidden_size=units))
    flat = made.add("Squeeze", ["states", made.constant("one", np.array([1]))], "memory")
    turned = made.add("Transpose", [flat], "in_order", perm=[1, 0, 2])
    summed = made.add("MatMul", [turned, made.weight("head/kernel", units, len(labels), size=4.0)], "weighed")
    bias = np.zeros(len(labels), np.float32)
    answer = made.add("Add", [summed, made.constant("head/bias", bias)], "scores")
    if softmax:
        answer = made.add("Softmax", [answer], "chances", axis=-1)
    facts = {"labels": json.dumps(list(labels)), "blank": str(blank), "title": "Third reader"}
    return made.write(path, ["N", 3, HEIGHT, WIDTH], (answer, ["N", WIDTH // 4, len(labels)]), facts)


def classifier(path: Path, classes: Sequence[str] = CLASSES, seed: int = 4) -> Path:
    """Colour pictures of 32 x 32, one convolution, averages and a dense layer that answers logits."""
    made = Maker(seed)
    body = made.conv("picture", "only", (3, 6))
    mean = made.add("GlobalAveragePool", [body], "mean")
    flat = made.add("Flatten", [mean], "flat")
    made.add(
        "Gemm", [flat, made.weight("head/kernel", 6, len(classes)), made.weight("head/bias", len(classes))], "scores"
    )
    facts = {"labels": json.dumps(list(classes)), "title": "Third namer"}
    return made.write(path, ["N", 3, 32, 32], ("scores", ["N", len(classes)]), facts)


def body(path: Path, seed: int = 5) -> Path:
    """Grey pictures of 20 x 28 and no head: two convolutions, which answer maps."""
    made = Maker(seed)
    made.conv(made.conv("picture", "edges", (1, 4)), "shapes", (4, 5), relu=False)
    return made.write(path, ["N", 1, 20, 28], ("shapes", ["N", 5, 20, 28]), {"title": "Third body"})
