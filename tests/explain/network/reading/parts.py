"""Parts of networks as files of different ages and exporters write them, for tests of what reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from explain.network.description import Description
from explain.network.session import Network
from tests.benchmarks.own_file import gradient, picture_for, units
from tests.test_third_network import Maker


class Parts(Maker):
    """Nodes of a version of the standard: what it has as attributes, and what as inputs."""

    def __init__(self, opset: int = 17, seed: int = 3):
        super().__init__(seed)
        self.opset = opset
        self.count = 0

    def next(self, operator: str, *inputs: str, **attributes) -> str:
        """A node whose output is called by a number alone, as in most files."""
        self.count += 1
        return self.node(operator, list(inputs), str(self.count), **attributes)

    def stored_as(self, array) -> str:
        self.count += 1
        return self.array(f"c{self.count}", np.asarray(array))

    def drawn(self, *shape: int) -> str:
        self.count += 1
        return self.weight(f"w{self.count}", *shape)

    def conv(self, x: str, into: int, out: int, size: int = 3, bias: bool = True, **attributes) -> str:
        group = attributes.get("group", 1)
        given = [self.drawn(out, into // group, size, size), *([self.drawn(out)] if bias else [])]
        return self.next("Conv", x, *given, pads=[size // 2] * 4, **attributes)

    def norm(self, x: str, channels: int) -> str:
        rows = [self.random.uniform(0.5, 1.5, channels).astype(np.float32) for _ in range(4)]
        old = {"spatial": 1} if self.opset < 9 else {}
        return self.next("BatchNormalization", x, *map(self.stored_as, rows), **old)

    def with_axes(self, operator: str, since: int, x: str, axes: list[int], **attributes) -> str:
        """An operator whose axes became an input with a version of the standard."""
        if self.opset < since:
            return self.next(operator, x, axes=axes, **attributes)
        return self.next(operator, x, self.stored_as(np.array(axes, np.int64)), **attributes)

    def clip(self, x: str, low: float, high: float) -> str:
        if self.opset < 11:
            return self.next("Clip", x, min=low, max=high)
        return self.next("Clip", x, self.stored_as(np.float32(low)), self.stored_as(np.float32(high)))

    def pad(self, x: str, sides: list[int]) -> str:
        pads = [0, 0, *sides[:2], 0, 0, *sides[2:]]
        if self.opset < 11:
            return self.next("Pad", x, pads=pads)
        return self.next("Pad", x, self.stored_as(np.array(pads, np.int64)))

    def cut(self, x: str, axis: int, start: int, end: int) -> str:
        if self.opset < 10:
            return self.next("Slice", x, axes=[axis], starts=[start], ends=[end])
        return self.next("Slice", x, *(self.stored_as(np.array([value], np.int64)) for value in (start, end, axis)))

    def twice(self, x: str) -> str:
        """Enlarged to twice the size, each number laid out over 2 x 2 places."""
        factors = np.array([1, 1, 2, 2], np.float32)
        if self.opset < 9:
            return self.next("Upsample", x, scales=factors.tolist(), mode="nearest")
        if self.opset < 10:
            return self.next("Upsample", x, self.stored_as(factors), mode="nearest")
        if self.opset < 11:
            return self.next("Resize", x, self.stored_as(factors), mode="nearest")
        way = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor", "mode": "nearest"}
        nowhere = "" if self.opset >= 13 else self.stored_as(np.zeros(0, np.float32))
        return self.next("Resize", x, nowhere, self.stored_as(factors), **way)

    def dropped(self, x: str) -> str:
        if self.opset < 12:
            return self.next("Dropout", x, ratio=0.4)
        return self.next("Dropout", x, self.stored_as(np.float32(0.4)))

    def write(self, folder: Path, output: str, shape=("n", 3, 16, 16), kind=TensorProto.FLOAT, **metadata) -> Path:
        """The file; the picture is called "picture"."""
        picture = helper.make_tensor_value_info("picture", kind, shape)
        graph = helper.make_graph(self.nodes, "parts", [picture], [onnx.ValueInfoProto(name=output)], self.stored)
        version = 8 if self.opset < 20 else 10
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=version)
        helper.set_model_props(model, metadata)
        onnx.save(model, folder / "parts.onnx")
        return folder / "parts.onnx"


def opened(path: Path, gradients: bool = True) -> Description:
    """The description of a file that opens, whose units are what they are by hand, and whose gradient is right."""
    network = Network(path)
    description, picture = network.description, picture_for(network.description)
    outputs = network.run(picture)
    for layer in description.layers[1:]:
        known = [length for length in layer.shape if length is not None]
        assert len(layer.shape) == outputs[layer.name].ndim - 1, layer
        assert set(known) <= set(outputs[layer.name].shape[1:]), layer
        assert layer.words.endswith(".") and layer.title
    told = units(description, picture, outputs)
    assert told["wrong"] == {} and told["right"] == told["tried"]
    if gradients:
        off = gradient(network, picture)
        assert off.get("off", 1) < 5e-3 and off["value_off"] < 1e-4, off
    return description


def kinds(description: Description) -> list[str]:
    """What the layers are: their kinds, the operator of those that have none, and what they end in."""
    return [
        " ".join(filter(None, (layer.settings.get("operator") or layer.kind, layer.activation)))
        for layer in description.layers[1:]
    ]
