"""An ONNX file as a function, on small networks of every awkward kind; the committed ones have tests of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from explain.attribution.targets import TargetError
from explain.gradients.network.file import FileError, OnnxFile
from explain.gradients.network.function import NetworkFunction
from explain.gradients.network.operators import OperatorError
from tests.explain.gradients.network.small_network import ROWS, WEIGHTS, normal, write


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write(tmp_path_factory.mktemp("small") / "small.onnx")


def by_onnx_runtime(path, pictures, names):
    model = onnx.load(path)
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(names, {"input": pictures})


def test_every_tensor_of_a_channel_first_file_with_branches_and_shape_arithmetic(small):
    import tensorflow as tf

    function, pictures = NetworkFunction(small), normal(3, 8, 10, 3)
    names = ["sum", "open", "beside", "joined", "pooled", "sequence", "scores", "answer"]
    expected = dict(zip(names, by_onnx_runtime(small, pictures.transpose(0, 3, 1, 2), names), strict=True))
    signature = [tf.TensorSpec((None, 8, 10, 3), tf.float32)]
    traced = tf.function(lambda given: function.outputs(given, names), input_signature=signature, autograph=False)
    for found in (function.outputs(tf.constant(pictures), names), traced(tf.constant(pictures))):
        for name in names:
            theirs = expected[name].transpose(0, 2, 3, 1) if expected[name].ndim == 4 else expected[name]
            np.testing.assert_allclose(found[name], theirs, atol=1e-5)
    static = traced.get_concrete_function().structured_outputs["sequence"].shape
    assert static.as_list() == [None, None, 16]  # what the shape arithmetic knows is not lost
    logits = function.outputs(tf.constant(pictures), ["logits"])["logits"]
    np.testing.assert_allclose(logits, expected["scores"], atol=1e-5)


def test_the_gradient_at_the_picture_and_between_layers(small):
    import tensorflow as tf

    function, pictures = NetworkFunction(small), tf.constant(normal(1, 8, 6, 3))
    weights = tf.constant(normal(1, 3, 5))

    def number(given, names=()):
        found = function.outputs(given, {"scores", *names})
        return tf.reduce_sum(found["scores"] * weights), found

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(pictures)
        total, found = number(pictures, ["pooled", "open", "beside"])
    gradient = tape.gradient(total, pictures)
    way, step = normal(1, 8, 6, 3), 1e-3
    ahead, back = (float(number(pictures + sign * step * way)[0]) for sign in (1, -1))
    assert float(tf.reduce_sum(gradient * way)) == pytest.approx((ahead - back) / (2 * step), rel=2e-3)
    # the scores are a product of pooled, read column by column, with the dense kernel: its gradient by hand
    pooled = np.einsum("nwk,fk->nwf", weights, WEIGHTS["dense"]).reshape(1, 3, 4, 4)  # (batch, width, channel, height)
    np.testing.assert_allclose(tape.gradient(total, found["pooled"]), pooled.transpose(0, 3, 1, 2), atol=1e-5)
    # a sum hands its gradient to both of its terms
    branches = tape.gradient(total, [found["open"], found["beside"]])
    np.testing.assert_allclose(*branches)
    assert np.abs(branches[0]).max() > 0


def test_nothing_is_computed_that_is_not_asked_for(small, monkeypatch):
    function, ran = NetworkFunction(small), []
    run = NetworkFunction._run
    monkeypatch.setattr(
        NetworkFunction, "_run", lambda self, node, values: ran.append(node.outputs[0]) or run(self, node, values)
    )
    function.outputs(normal(1, 8, 6, 3), ["beside"])
    assert ran == ["beside"]
    ran.clear()
    function.outputs(normal(1, 8, 6, 3), ["pooled"])
    assert sorted(ran) == ["beside", "joined", "open", "pooled", "sum"]


def test_guided_and_the_values_before_a_relu(small):
    import tensorflow as tf

    function, pictures = NetworkFunction(small), tf.constant(normal(2, 8, 6, 3))
    assert function.before_relu("open") == "sum" and function.before_relu("pooled") is None
    guided, sent = function.guided(), tf.constant(normal(2, 8, 6, 4))
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        found = guided.outputs(pictures, ["open", "sum"])
    gradient = tape.gradient(found["open"], found["sum"], sent)
    expected = np.where((found["sum"].numpy() > 0) & (sent.numpy() > 0), sent, 0)
    np.testing.assert_array_equal(gradient, expected)
    np.testing.assert_array_equal(found["open"], function.outputs(pictures, ["open"])["open"])


def test_other_weights_leave_the_shared_ones_as_they_are(small):
    function, pictures = NetworkFunction(small), normal(1, 8, 6, 3)
    before = function.outputs(pictures, ["sum", "scores"])
    other = function.with_weights({"kernel": np.zeros((4, 3, 3, 3), np.float16), "dense": 2 * WEIGHTS["dense"]})
    found = other.outputs(pictures, ["sum", "sequence", "scores"])
    np.testing.assert_allclose(found["sum"], np.broadcast_to(WEIGHTS["bias"], (1, 8, 6, 4)))
    np.testing.assert_allclose(found["scores"], found["sequence"] @ (2 * WEIGHTS["dense"]), rtol=1e-5)
    for name, values in function.outputs(pictures, ["sum", "scores"]).items():
        np.testing.assert_array_equal(values, before[name])
    whole = other.with_weights({name: WEIGHTS[name] for name in ("kernel", "dense")})
    np.testing.assert_array_equal(whole.outputs(pictures, ["scores"])["scores"], before["scores"])


def test_the_weights_of_a_layer_are_those_between_it_and_the_layers_before(small, tmp_path):
    path = write(tmp_path / "named.onnx", layers=["open", "pooled", "answer"], logits="scores")
    function = NetworkFunction(path)
    assert function.layers == ("open", "pooled", "answer")
    assert {layer: sorted(function.arrays_of(layer)) for layer in function.layers} == {
        "open": ["bias", "kernel"],
        "pooled": ["side"],
        "answer": ["dense"],
    }
    np.testing.assert_array_equal(function.arrays_of("open")["kernel"], WEIGHTS["kernel"])
    other = function.with_weights({"side": 2 * WEIGHTS["side"]})
    np.testing.assert_array_equal(other.arrays_of("pooled")["side"], 2 * WEIGHTS["side"])


def test_what_cannot_be_run_is_refused_in_one_sentence(small, tmp_path):
    function = NetworkFunction(small)
    with pytest.raises(TargetError, match="no layer called 'conv_9'; it has input, open"):
        function.outputs(normal(1, 8, 6, 3), ["conv_9"])
    unknown = [*ROWS, ("Hardmax", ["pooled"], "strange", {})]
    function = NetworkFunction(write(tmp_path / "unknown.onnx", unknown, outputs=["answer", "strange"]))
    function.outputs(normal(1, 8, 6, 3), ["answer"])  # what is not asked for does no harm
    with pytest.raises(OperatorError, match="the operator Hardmax"):
        function.outputs(normal(1, 8, 6, 3), ["strange"])
    odd = [("MaxPool", ["input"], "answer", {"kernel_shape": [2, 2], "mystery": 1})]
    with pytest.raises(OperatorError, match="odd.onnx uses MaxPool in a way that is not known here"):
        NetworkFunction(write(tmp_path / "odd.onnx", odd)).outputs(normal(1, 8, 6, 3), ["answer"])
    (tmp_path / "not.onnx").write_bytes(b"something else")
    with pytest.raises(ValueError, match="not.onnx is not a network"):
        NetworkFunction(tmp_path / "not.onnx")
    with pytest.raises(ValueError, match="takes one batch of pictures"):
        NetworkFunction(write(tmp_path / "flat.onnx", [("Relu", ["input"], "answer", {})], shape=("n", 12)))
    with pytest.raises(FileError, match="pair takes 2 pictures at once, no more or less."):
        NetworkFunction(write(tmp_path / "pair.onnx", shape=(2, 3, 8, 6)))


def test_weights_beside_the_file_are_used_where_they_lie(tmp_path):
    import tensorflow as tf

    path, kernel = tmp_path / "large.onnx", normal(12, 3)
    nodes = [("Flatten", ["input"], "row", {}), ("MatMul", ["row", "dense"], "answer", {})]
    write(path, nodes, {"dense": kernel}, shape=("n", 3, 2, 2))
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="large.onnx.data", size_threshold=0)
    function, picture = NetworkFunction(path), normal(1, 2, 2, 3)
    expected = picture.transpose(0, 3, 1, 2).reshape(1, 12) @ kernel
    np.testing.assert_allclose(function.outputs(tf.constant(picture), ["answer"])["answer"], expected, rtol=1e-5)
    lies = np.frombuffer(memoryview(function._constants["dense"]), np.float32).ctypes.data
    maps = [
        line.split()[0].split("-") for line in Path("/proc/self/maps").read_text().splitlines() if path.name in line
    ]
    assert any(int(begin, 16) <= lies < int(end, 16) for begin, end in maps)  # inside the map: nothing was copied
    (tmp_path / "large.onnx.data").write_bytes(b"cut")
    with pytest.raises(FileError, match="missing or cut short"):
        NetworkFunction(path)
    path.write_bytes(b"\xff no model")
    with pytest.raises(FileError, match="not an ONNX file"):
        OnnxFile(path)


def test_a_layer_may_be_given(small):
    function, pictures = NetworkFunction(small), normal(2, 8, 6, 3)
    first = function.outputs(pictures, ["pooled", "scores"])
    again = function.outputs(None, ["scores"], given={"pooled": first["pooled"]})
    np.testing.assert_allclose(again["scores"], first["scores"], atol=1e-6)
    other = function.outputs(
        pictures, ["joined", "open"], given={"open": 0 * function.outputs(pictures, ["open"])["open"]}
    )
    np.testing.assert_allclose(other["joined"], function.outputs(pictures, ["beside"])["beside"], atol=1e-6)
