"""An ONNX file as a function, on small networks of every awkward kind; the committed ones have tests of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto

from explain.attribution.targets import Character, TargetError
from explain.gradients.attribution.methods import Differentiable
from explain.gradients.network.file import FileError
from explain.gradients.network.function import NetworkFunction
from explain.gradients.network.operators import OperatorError
from explain.network.session import Network
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
    unknown = [*ROWS, ("Sin", ["pooled"], "strange", {})]
    function = NetworkFunction(write(tmp_path / "unknown.onnx", unknown, outputs=["answer", "strange"]))
    function.outputs(normal(1, 8, 6, 3), ["answer"])  # what is not asked for does no harm
    with pytest.raises(OperatorError, match="the operator Sin"):
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


@pytest.mark.parametrize("names", [["input"], ["turned"], ["open"]])
def test_a_channel_last_file_is_read_as_it_is_meant(tmp_path, names):
    nodes = [
        ("Transpose", ["input"], "maps", {"perm": [0, 3, 1, 2]}),
        ("Conv", ["maps", "side"], "sums", {}),
        ("Transpose", ["sums"], "turned", {"perm": [0, 2, 3, 1]}),
        ("Relu", ["turned"], "open", {}),
    ]
    path = write(tmp_path / "last.onnx", nodes, {"side": WEIGHTS["side"]}, shape=("n", "h", "w", 3), outputs=["open"])
    function, picture = NetworkFunction(path), normal(2, 3, 5, 3)
    sums = picture @ WEIGHTS["side"][:, :, 0, 0].T
    expected = {"input": picture, "turned": sums, "open": np.maximum(sums, 0)}
    for name, values in function.outputs(picture, names).items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5)


def test_a_convolution_whose_kernel_is_computed_from_the_picture(tmp_path):
    nodes = [
        ("ReduceMean", ["input"], "mean", {"axes": [0, 2, 3], "keepdims": 1}),  # (1, 3, 1, 1)
        ("Conv", ["input", "mean"], "answer", {}),
    ]
    function = NetworkFunction(write(tmp_path / "own.onnx", nodes, {}))
    picture = normal(2, 8, 6, 3)
    expected = (picture * picture.mean((0, 1, 2))).sum(-1, keepdims=True)
    np.testing.assert_allclose(function.outputs(picture, ["answer"])["answer"], expected, atol=1e-5)


def test_a_sequence_whose_length_is_known_only_when_it_runs(small):
    """Asked for often enough it is traced, and answers as before."""
    network = Differentiable(NetworkFunction(small))
    pictures, target = normal(2, 8, 6, 3), Character(2, (0.0, 1.0, 0.0))
    expected = network.untraced_gradient(pictures, target)
    for _ in range(4):
        for found, wanted in zip(network.gradient(pictures, target), expected, strict=True):
            np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_steps_before_the_batch_come_as_the_page_has_them_and_take_a_gradient(tmp_path):
    """A file with (step, batch, feature) inside, as many have it."""
    import tensorflow as tf

    rows = [
        ("ReduceMean", ["input"], "row", {"axes": [2], "keepdims": 0}),  # (batch, 3, width)
        ("Transpose", ["row"], "steps", {"perm": [2, 0, 1]}),
        ("MatMul", ["steps", "mix"], "frames", {}),
        ("Softmax", ["frames"], "answer", {"axis": -1}),
    ]
    weights = {"mix": normal(3, 4)}
    path = write(tmp_path / "time.onnx", rows, weights, ("n", 3, 8, 6), layers=["steps", "frames", "answer"])
    function, pictures = NetworkFunction(path), normal(2, 8, 6, 3)
    with tf.GradientTape() as tape:
        tape.watch(given := tf.constant(pictures))
        found = function.outputs(given, ["steps", "frames", "answer"])
    for name, values in Network(path).run(pictures, ["steps", "frames", "answer"]).items():
        assert values.shape[:2] == (2, 6)
        np.testing.assert_allclose(found[name], values, atol=1e-5)
    gradient = tape.gradient(found["frames"], found["steps"])
    np.testing.assert_allclose(gradient, np.broadcast_to(weights["mix"].sum(1), (2, 6, 3)), rtol=1e-5)


def test_a_file_that_takes_one_picture_at_a_time_is_given_several(tmp_path):
    import tensorflow as tf

    function, pictures = NetworkFunction(write(tmp_path / "one.onnx", shape=(1, 3, 8, 6))), normal(3, 8, 6, 3)
    signature = [tf.TensorSpec((None, 8, 6, 3), tf.float32)]
    traced = tf.function(lambda given: function.outputs(given, ["pooled", "answer"]), input_signature=signature)
    one_by_one = [function.outputs(picture[None], ["pooled", "answer"]) for picture in pictures]
    for found in (function.outputs(pictures, ["pooled", "answer"]), traced(pictures)):
        for name, values in found.items():
            np.testing.assert_allclose(values, np.concatenate([each[name] for each in one_by_one]), atol=1e-6)


def test_a_layer_may_be_given(small):
    function, pictures = NetworkFunction(small), normal(2, 8, 6, 3)
    first = function.outputs(pictures, ["pooled", "scores"])
    again = function.outputs(None, ["scores"], given={"pooled": first["pooled"]})
    np.testing.assert_allclose(again["scores"], first["scores"], atol=1e-6)
    other = function.outputs(
        pictures, ["joined", "open"], given={"open": 0 * function.outputs(pictures, ["open"])["open"]}
    )
    np.testing.assert_allclose(other["joined"], function.outputs(pictures, ["beside"])["beside"], atol=1e-6)
