"""Files that are not to be opened: each is refused in one sentence, before anything of it is computed."""

from __future__ import annotations

import re
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explain.network import session
from explain.network.checks import file
from explain.network.description import describe
from explain.network.errors import NetworkError
from explain.network.reading import shapes
from tests.explain.network.reading.parts import Parts


@pytest.fixture(autouse=True)
def nothing_is_run(monkeypatch):
    def refuse(*_given, **_more):
        raise AssertionError("The network was run.")

    monkeypatch.setattr(shapes, "measured", refuse)
    monkeypatch.setattr(session.onnxruntime, "InferenceSession", refuse)


def refused(path) -> str:
    """The sentence that refuses a file, soon."""
    start = time.process_time()
    with pytest.raises(NetworkError) as told:
        describe(path)
    sentence = str(told.value)
    assert time.process_time() - start < 5
    assert len(re.findall(r"[.!?](?:\s|$)", sentence)) <= 1 and len(sentence) < 400 and "\n" not in sentence
    return sentence


def changed(folder, change, opset=13):
    """A small network with something done to its onnx.ModelProto."""
    made = Parts(opset)
    path = made.write(folder, made.next("Relu", made.conv("picture", 3, 4)))
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def test_what_is_no_file_of_onnx(tmp_path):
    made = Parts()
    whole = made.write(tmp_path, made.conv("picture", 3, 8)).read_bytes()
    path = tmp_path / "file.onnx"
    for data, said in (
        (b"", "file.onnx is empty"),
        (whole[:-30], "cut short or no ONNX file"),
        (b"PK\3\4", "no ONNX file"),
    ):
        path.write_bytes(data)
        assert said in refused(path)
    path.write_bytes(onnx.ModelProto(ir_version=8).SerializeToString())
    assert "no operator stands in it" in refused(path)


def test_a_network_takes_one_picture(tmp_path):
    value = helper.make_tensor_value_info
    more = [value("other", TensorProto.FLOAT, [1]), value("third", TensorProto.FLOAT, ["n", 3, 4, 4])]
    assert "this takes picture" in refused(changed(tmp_path, lambda model: model.graph.input.extend(more)))
    flat = value("picture", TensorProto.FLOAT, ["n", 40])
    assert "with 4 axes" in refused(changed(tmp_path, lambda model: model.graph.input[0].CopyFrom(flat)))
    text = value("picture", TensorProto.STRING, ["n", 3, 4, 4])
    assert "a type that is not known here" in refused(
        changed(tmp_path, lambda model: model.graph.input[0].CopyFrom(text))
    )
    large = value("picture", TensorProto.FLOAT, [1, 3, 90_000, 90_000])
    assert "too large" in refused(changed(tmp_path, lambda model: model.graph.input[0].CopyFrom(large)))
    assert "before anything makes it" in refused(changed(tmp_path, lambda model: model.graph.ClearField("input")))


def test_operators_of_somebody(tmp_path):
    def change(model):
        model.graph.node[-1].domain = "org.example"

    assert "'Relu' of 'org.example'" in refused(changed(tmp_path, change))

    def within(model):
        body = helper.make_graph([helper.make_node("Evil", [], ["e"], domain="evil")], "then", [], [])
        model.graph.node.append(helper.make_node("If", [model.graph.output[0].name], ["z"], then_branch=body))

    assert "'Evil' of 'evil'" in refused(changed(tmp_path, within))


def test_functions_that_grow_without_end(tmp_path):
    def doubling(model):
        for level in range(40):
            inner = f"f{level - 1}" if level else "Relu"
            domain = "own" if level else ""
            nodes = [helper.make_node(inner, ["x"], [f"y{at}"], domain=domain) for at in range(2)]
            opset = [helper.make_opsetid("", 13), helper.make_opsetid("own", 1)]
            model.functions.append(helper.make_function("own", f"f{level}", ["x"], ["y0"], nodes, opset))
        model.graph.node.append(helper.make_node("f39", [model.graph.output[0].name], ["z"], domain="own"))

    assert "more than 20,000 operators" in refused(changed(tmp_path, doubling))

    def itself(model):
        nodes = [helper.make_node("f", ["x"], ["y"], domain="own")]
        model.functions.append(helper.make_function("own", "f", ["x"], ["y"], nodes, [helper.make_opsetid("own", 1)]))
        model.graph.node.append(helper.make_node("f", [model.graph.output[0].name], ["z"], domain="own"))

    assert "calls itself" in refused(changed(tmp_path, itself))


@pytest.mark.parametrize(
    "location", ["../../etc/hostname", "/etc/hostname", "a/b.data", "..", "", "C:\\x.data", "link.data"]
)
def test_weights_outside_the_folder(location, tmp_path):
    (tmp_path / "link.data").symlink_to("/etc/hostname")

    def change(model):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)

    assert "which is no file beside it" in refused(changed(tmp_path, change))


def test_weights_that_are_none(tmp_path):
    def change(model):
        array = numpy_helper.to_array(model.graph.initializer[0]).copy()
        array[0, 0, 0, 0] = np.nan
        model.graph.initializer[0].CopyFrom(numpy_helper.from_array(array, model.graph.initializer[0].name))

    assert "not all numbers (NaN)" in refused(changed(tmp_path, change))

    def short(model):
        model.graph.initializer[0].raw_data = b"1234"

    assert "fewer or more numbers" in refused(changed(tmp_path, short))

    def huge(model):
        model.graph.initializer[0].dims[:] = [2**40, 3]

    assert "at most 268,435,456" in refused(changed(tmp_path, huge))


def test_minus_infinity_is_a_number_to_mask_with(tmp_path, monkeypatch):
    monkeypatch.undo()
    made = Parts()
    output = made.next("Max", made.conv("picture", 3, 4), made.stored_as(np.float32(-np.inf)))
    assert describe(made.write(tmp_path, output)).layers


@pytest.mark.parametrize("operator", ["ConstantOfShape", "Expand", "Tile", "Range", "chain"])
def test_what_would_fill_the_memory(operator, tmp_path):
    made = Parts(13)
    large = made.stored_as(np.array([5_000_000, 1000], np.int64))
    one = made.stored_as(np.ones((1, 1), np.float32))
    if operator == "ConstantOfShape":
        x = made.next(operator, large)
    elif operator == "Range":
        x = made.next(operator, *(made.stored_as(np.int64(number)) for number in (0, 5_000_000_000, 1)))
    elif operator == "chain":  # the size is worked out on the way
        x = made.next("Expand", one, made.next("Mul", large, large))
    else:
        x = made.next(operator, one, large)
    total = made.next("ReduceSum", made.next("Cast", x, to=1), keepdims=0)
    assert "numbers at once" in refused(made.write(tmp_path, made.next("Add", "picture", total)))


def test_a_picture_that_grows_beyond_all_bounds(tmp_path):
    made = Parts(13)
    x = made.next("Resize", "picture", "", made.stored_as(np.array([1, 1, 900, 900], np.float32)))
    assert "numbers at once" in refused(made.write(tmp_path, made.next("Relu", x)))


def test_constants_that_double_are_not_worked_out(tmp_path, monkeypatch):
    """Sixty sums, each of the one before it with itself: as a tree, more than anybody could add up."""
    monkeypatch.undo()
    made = Parts(13)
    x = made.stored_as(np.full((1, 4, 1, 1), 1e-30, np.float32))
    for _ in range(60):
        x = made.next("Add", x, x)
    start = time.process_time()
    description = describe(made.write(tmp_path, made.next("Add", made.conv("picture", 3, 4), x)))
    assert time.process_time() - start < 5 and description.output.kind == "conv"


def test_loops(tmp_path):
    def loop(turns):
        def change(model):
            body = helper.make_graph(
                [helper.make_node("Identity", ["go"], ["on"])],
                "body",
                [
                    helper.make_tensor_value_info("at", TensorProto.INT64, []),
                    helper.make_tensor_value_info("go", TensorProto.BOOL, []),
                ],
                [helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
            )
            model.graph.initializer.append(numpy_helper.from_array(np.array(True), "yes"))
            if turns:
                model.graph.initializer.append(numpy_helper.from_array(np.int64(turns), "turns"))
            model.graph.node.append(helper.make_node("Loop", ["turns" if turns else "", "yes"], [], body=body))

        return change

    assert "loop of which nobody can say that it ends soon" in refused(changed(tmp_path, loop(2**62)))
    assert "loop of which nobody can say that it ends soon" in refused(changed(tmp_path, loop(None)))
    file._loops(onnx.load(changed(tmp_path, loop(50))).graph, "few turns")


def test_a_hundred_thousand_operators(tmp_path):
    def change(model):
        before = model.graph.output[0].name
        model.graph.node.extend(
            helper.make_node("Neg", [f"n{at - 1}" if at else before], [f"n{at}"]) for at in range(100_000)
        )

    assert "more than 20,000 operators" in refused(changed(tmp_path, change))


def test_operators_out_of_order_or_of_nothing(tmp_path):
    def change(model):
        model.graph.node[-1].input[0] = "nowhere"

    assert "uses 'nowhere' before anything makes it" in refused(changed(tmp_path, change))

    def twice(model):
        model.graph.node.append(model.graph.node[-1])

    assert "twice" in refused(changed(tmp_path, twice))


def test_metadata_of_a_stranger(tmp_path, monkeypatch):
    monkeypatch.undo()
    odd = {"layers": "7", "smallest": '{"a": []}', "logits": "nowhere"}
    path = changed(tmp_path, lambda model: helper.set_model_props(model, odd))
    assert describe(path).smallest == (1, 1) and len(describe(path).layers) == 2
    path = changed(tmp_path, lambda model: helper.set_model_props(model, {"input": '{"height": 1000000000}'}))
    assert "whole number of pixels" in refused(path)
    path = changed(tmp_path, lambda model: helper.set_model_props(model, {"input": '{"height": "x"}'}))
    assert "whole number of pixels" in refused(path)
