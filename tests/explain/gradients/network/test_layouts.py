"""Other layouts of tensors: channel-last, steps first, one picture at a time, sizes that are worked out."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution.targets import Character
from explain.gradients.attribution.methods import Differentiable
from explain.gradients.network.function import NetworkFunction
from explain.network.session import Network
from tests.explain.gradients.network.small_network import WEIGHTS, normal, write


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write(tmp_path_factory.mktemp("small") / "small.onnx")


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


def test_pads_worked_out_from_the_pictures_size(tmp_path):
    """As converters write "same" padding; traced for any number of pictures they are known all the same."""
    import tensorflow as tf

    rows = [
        ("Shape", ["input"], "lengths", {}),
        ("Slice", ["lengths", "from_2", "to_4"], "size", {}),
        ("Gather", ["lengths", "third"], "width", {}),
        ("Sub", ["size", "width"], "less", {}),  # height - width, and 0
        ("Concat", ["zeros", "less", "zeros", "less"], "pads", {"axis": 0}),
        ("Pad", ["input", "pads"], "answer", {}),
    ]
    weights = {"from_2": np.array([2]), "to_4": np.array([4]), "third": np.array([3]), "zeros": np.array([0, 0])}
    function, pictures = (
        NetworkFunction(write(tmp_path / "pads.onnx", rows, weights, ("n", 3, 8, 6))),
        normal(2, 8, 6, 3),
    )
    signature = [tf.TensorSpec((None, 8, 6, 3), tf.float32)]
    traced = tf.function(lambda given: function.outputs(given, ["answer"]), input_signature=signature, autograph=False)
    expected = np.pad(pictures, ((0, 0), (2, 2), (0, 0), (0, 0)))
    for found in (function.outputs(pictures, ["answer"]), traced(pictures)):
        np.testing.assert_array_equal(found["answer"], expected)


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
