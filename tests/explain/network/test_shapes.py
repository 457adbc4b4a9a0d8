"""Shapes that ONNX does not follow by itself, beside those of a pass of ONNX Runtime."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from explain.network.description import describe
from explain.network.reading import graph, shapes
from tests.explain.network.made import written
from tests.test_third_network import Maker


def padded_as_torch_does(made):
    """A Pad whose sides come out of nine nodes of constants, as torch.onnx.export writes it."""
    zeros = made.node("ConstantOfShape", [made.array("four", np.array([4]))], "zeros")
    zeros = made.node("Cast", [zeros], "zeros_64", to=TensorProto.INT64)
    sides = made.node("Concat", [made.array("sides", np.array([1, 2, 3, 0])), zeros], "eight", axis=0)
    sides = made.node("Reshape", [sides, made.array("pairs", np.array([-1, 2]))], "in_pairs")
    arrays = [
        made.array(name, np.array([value])) for name, value in (("s", -1), ("e", -(2**63) + 1), ("a", 0), ("d", -1))
    ]
    sides = made.node("Slice", [sides, *arrays], "backwards")
    sides = made.node("Transpose", [sides], "turned", perm=[1, 0])
    sides = made.node("Reshape", [sides, made.array("row", np.array([-1]))], "in_a_row")
    return made.node("Pad", ["picture", made.node("Cast", [sides], "pads", to=TensorProto.INT64)], "padded")


def network(tmp_path):
    """Padded so, halved by a size that is worked out, and flattened by one that is."""
    made = Maker()
    x = made.node("Conv", [padded_as_torch_does(made), made.weight("w", 6, 3, 3, 3)], "conv")
    size = made.node("Shape", [x], "size")
    places = made.node("Slice", [size, made.array("two", np.array([2])), made.array("end", np.array([4]))], "places")
    half = made.node("Div", [places, made.array("2", np.array([2]))], "half")
    front = made.node("Slice", [size, made.array("0", np.array([0])), made.array("2_", np.array([2]))], "front")
    sizes = made.node("Concat", [front, half], "sizes", axis=0)
    x = made.node("Resize", [x, "", "", sizes], "resized")
    first = made.node("Gather", [made.node("Shape", [x], "again"), made.array("zero", np.array(0))], "count")
    first = made.node("Unsqueeze", [first, made.array("at", np.array([0]))], "count_1")
    rest = made.array("rest", np.array([-1]))
    x = made.node("Reshape", [x, made.node("Concat", [first, rest], "flat_shape", axis=0)], "flat")
    made.node("Relu", [x], "end_of_it")
    return written(tmp_path, made, ["n", 3, None, None], output="end_of_it")


def test_shapes_are_those_of_a_pass(tmp_path):
    path = network(tmp_path)
    model = onnx.load(path)
    names = [name for node in model.graph.node for name in node.output]
    before = model.SerializeToString()
    for picture in ([2, 3, 9, 12], [5, 3, 16, 10]):
        found = shapes.inferred(model, "picture", picture)
        expected = shapes.measured(path, "picture", picture, names)
        assert {name: found[name] for name in names} == expected
    assert model.SerializeToString() == before


def test_nothing_is_run_to_know_them(tmp_path, monkeypatch):
    monkeypatch.setattr(graph, "measured", lambda *_: pytest.fail("the network was run"))
    description = describe(network(tmp_path))
    assert [layer.shape for layer in description.layers][:2] == [(None, None, 3), (None, None, 6)]


def test_what_depends_on_the_picture_or_is_too_large_is_not_worked_out(tmp_path):
    made = Maker()
    found = made.node("NonZero", ["picture"], "found")
    many = made.node("Shape", [found], "many")
    huge = made.node("ConstantOfShape", [made.array("lengths", np.array([2**13, 2**13]))], "huge")
    length = made.node("Gather", [huge, made.array("0", np.array(0))], "row")
    made.node("Concat", [made.node("Cast", [length], "cast", to=TensorProto.INT64), many], "shape", axis=0)
    made.node("Reshape", ["picture", "shape"], "end")
    path = written(tmp_path, made, [1, 3, 4, 4], output="end")
    told = shapes.inferred(onnx.load(path), "picture", [1, 3, 4, 4])
    assert told["huge"] == (2**13, 2**13) and "end" not in told
