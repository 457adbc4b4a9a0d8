"""A recogniser made by hand in which one layer alone makes two characters readable, and words for it.

Pictures have three rows: where a character stands the first is 1, and below it stand two signs. Alike they are an x,
unlike a y: no weighted sum of the pixels tells which. The second layer adds the signs, either way round, and cuts off
what is below zero: there one sum tells them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, save

from explain.exemplars.readout.words import Example
from tests.test_third_network import Maker

WIDTH = 16
LAYERS = ("seen", "bent", "row", "frames")


def network(path: Path) -> Path:
    made = Maker()
    one = np.ones((1, 1, 1, 1), np.float32)
    seen = made.node("Conv", ["picture", made.array("one", one)], "seen")
    kernel = np.zeros((3, 1, 3, 1), np.float32)
    kernel[0, 0, 0] = 1
    kernel[1, 0, 1:, 0], kernel[2, 0, 1:, 0] = 1, -1
    sums = made.node("Conv", [seen, made.array("signs", kernel)], "sums")
    bent = made.node("Relu", [sums], "bent")
    row = made.node("Squeeze", [bent, made.array("two", np.array([2]))], "channels")
    row = made.node("Transpose", [row], "row", perm=[0, 2, 1])
    weights = np.float32([[-9, 9, 9], [0, 3, -3], [0, 3, -3]])  # blank, x, y
    logits = made.node("MatMul", [row, made.array("weights", weights)], "product")
    logits = made.node("Add", [logits, made.array("offsets", np.float32([4, -4, -2]))], "logits")
    made.node("Softmax", [logits], "frames", axis=-1)
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 1, 3, WIDTH])
    frames = helper.make_tensor_value_info("frames", TensorProto.FLOAT, ["n", WIDTH, 3])
    graph = helper.make_graph(made.nodes, "planted", [picture], [frames], made.stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    said = {"labels": ["", "x", "y"], "layers": LAYERS, "input": {"colour": "grey"}, "head": "ctc"}
    helper.set_model_props(model, {key: value if key == "head" else json.dumps(value) for key, value in said.items()})
    save(model, path)
    return path


def words(count: int = 240) -> Iterator[Example]:
    """Words of one character each, of every combination of signs as many."""
    random = np.random.default_rng(3)
    for index in range(count):
        first, second = (1.0, -1.0)[index % 2], (1.0, -1.0)[index // 2 % 2]
        at = int(random.integers(2, WIDTH - 4))
        batch = np.zeros((1, 3, WIDTH, 1), np.float32)
        batch[0, :, at : at + 2, 0] = np.array([1.0, first, second])[:, None]
        alike = first == second
        yield Example("x" if alike else "y", batch, (0,), (0 if alike else 1,), index // 4 % 2 == 1)
