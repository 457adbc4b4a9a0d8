"""Small networks with random weights, written as ONNX files: a recogniser, and classifiers that end in several ways."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LABELS = ("", "a", "b", "ß", " ", "7")  # the blank first
CLASSES = ("cat", "dog", "cow", "hen", "cat")


class Maker:
    """Nodes and weights, noted down one after the other; every node's output is named as the layer that it ends."""

    def __init__(self, seed: int) -> None:
        self.random, self.nodes, self.stored = np.random.default_rng(seed), [], []

    def node(self, operator: str, inputs: list[str], output: str, **settings) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **settings))
        return output

    def constant(self, name: str, array: np.ndarray) -> str:
        self.stored.append(numpy_helper.from_array(array, name))
        return name

    def weights(self, name: str, *shape: int, scale: float = 0.5) -> str:
        return self.constant(name, self.random.normal(0, scale, shape).astype(np.float32))

    def conv(self, taken: str, name: str, before: int, after: int, relu: bool = True, **settings) -> str:
        given = [taken, self.weights(f"{name}/w", after, before, 3, 3), self.weights(f"{name}/b", after)]
        made = self.node("Conv", given, f"{name}/sum" if relu else name, pads=[1, 1, 1, 1], **settings)
        return self.node("Relu", [made], name) if relu else made

    def dense(self, taken: str, name: str, before: int, after: int, relu: bool = False) -> str:
        given = [taken, self.weights(f"{name}/w", before, after), self.weights(f"{name}/b", after)]
        made = self.node("Gemm", given, f"{name}/sum" if relu else name)
        return self.node("Relu", [made], name) if relu else made

    def save(self, path: Path, picture: list, answer: list, layers: list[str], **metadata) -> Path:
        graph = helper.make_graph(
            self.nodes,
            path.stem,
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, picture)],
            [helper.make_tensor_value_info(layers[-1], TensorProto.FLOAT, answer)],
            self.stored,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        facts = {"layers": layers, **metadata}
        helper.set_model_props(
            model, {key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()}
        )
        onnx.checker.check_model(model)
        onnx.save(model, path)
        return path


def recogniser(path: Path) -> Path:
    """Reads (24, 80) pictures in 20 frames that come first in its output, of logits: a branch with Add, a linear
    convolution, one LSTM in one direction."""
    made = Maker(7)
    first = made.conv("picture", "first", 1, 6)
    pooled = made.node("MaxPool", [first], "pooled", kernel_shape=[2, 2], strides=[2, 2])
    linear = made.conv(pooled, "linear", 6, 6, relu=False)
    joined = made.node("Add", [linear, pooled], "joined")
    halved = made.node("MaxPool", [joined], "halved", kernel_shape=[2, 2], strides=[2, 2])
    row = made.node("AveragePool", [halved], "row", kernel_shape=[6, 1], strides=[6, 1])
    steps = made.node("Squeeze", [row, made.constant("two", np.array([2]))], "row/squeezed")
    steps = made.node("Transpose", [steps], "row/steps", perm=[2, 0, 1])
    given = [steps, made.weights("memory/w", 1, 20, 6, scale=3.0), made.weights("memory/r", 1, 20, 5)]
    raw = made.node("LSTM", [*given, made.weights("memory/b", 1, 40)], "memory/raw", hidden_size=5)
    steps = made.node("Squeeze", [raw, made.constant("one", np.array([1]))], "memory")
    product = made.node("MatMul", [steps, made.weights("answer/w", 5, len(LABELS), scale=3.0)], "answer/product")
    made.node("Add", [product, made.weights("answer/b", len(LABELS), scale=0.1)], "answer")
    return made.save(
        path,
        ["n", 1, 24, 80],
        [20, "n", len(LABELS)],
        ["first", "pooled", "linear", "joined", "halved", "row", "memory", "answer"],
        labels=list(LABELS),
        blank="0",
        input={"colour": "grey", "mean": 127.5, "deviation": 127.5},
        title="Third",
    )


def chain(path: Path) -> Path:
    """Reads (12, 40) pictures in 19 frames, the picture first: convolutions and a pooling in a row, one padded."""
    made = Maker(7)
    first = made.conv("picture", "first", 1, 5)
    pooled = made.node("MaxPool", [first], "pooled", kernel_shape=[2, 2], strides=[2, 2])
    given = [pooled, made.weights("row/w", 6, 5, 6, 2), made.weights("row/b", 6)]
    row = made.node("Conv", given, "row")
    squeezed = made.node("Squeeze", [row, made.constant("two", np.array([2]))], "row/squeezed")
    steps = made.node("Transpose", [squeezed], "steps", perm=[0, 2, 1])
    product = made.node("MatMul", [steps, made.weights("answer/w", 6, len(LABELS))], "answer/product")
    made.node("Add", [product, made.weights("answer/b", len(LABELS))], "answer")
    layers = ["first", "pooled", "row", "steps", "answer"]
    return made.save(path, ["n", 1, 12, 40], ["n", 19, len(LABELS)], layers, labels=list(LABELS), blank="0")


def averaging(path: Path) -> Path:
    """A classifier of (16, 28) pictures that ends in global average pooling and one dense layer, of logits."""
    made = Maker(4)
    first = made.conv("picture", "first", 3, 6, strides=[2, 2])
    last = made.conv(first, "last", 6, 8)
    mean = made.node("GlobalAveragePool", [last], "mean/of all")
    mean = made.node("Flatten", [mean], "mean")
    made.dense(mean, "answer", 8, len(CLASSES))
    return _classifier(made, path, ["first", "last", "mean", "answer"])


def flat(path: Path, channels_last: bool = False, softmax: bool = True) -> Path:
    """A classifier of (16, 28) pictures that ends in a map laid out flat and two dense layers.

    channels_last: laid out place by place, as Keras does, and not channel by channel.
    """
    made = Maker(5)
    features = made.conv("picture", "first", 3, 4, strides=[4, 4])
    if channels_last:
        features = made.node("Transpose", [features], "first/last", perm=[0, 2, 3, 1])
    row = made.node("Flatten", [features], "row")
    hidden = made.dense(row, "hidden", 4 * 7 * 4, 9, relu=True)
    made.dense(hidden, "answer/logits" if softmax else "answer", 9, len(CLASSES))
    if softmax:
        made.node("Softmax", ["answer/logits"], "answer", axis=-1)
    return _classifier(made, path, ["first", "row", "hidden", "answer"])


def shapeless(path: Path) -> Path:
    """A classifier without a convolution, whose hidden layer ends in a sigmoid: no map of a class without a gradient
    worked out through it."""
    made = Maker(6)
    row = made.node("Flatten", ["picture"], "row")
    hidden = made.node("Sigmoid", [made.dense(row, "hidden/sum", 16 * 28 * 3, 5)], "hidden")
    made.dense(hidden, "answer", 5, len(CLASSES))
    return _classifier(made, path, ["row", "hidden", "answer"])


def _classifier(made: Maker, path: Path, layers: list[str]) -> Path:
    return made.save(
        path,
        ["n", 3, 16, 28],
        ["n", len(CLASSES)],
        layers,
        labels=list(CLASSES),
        input={"colour": "rgb", "fit": "stretch"},
        title="Animals",
    )
