"""A file that wants its picture lying, as captcha readers of keras.io do, beside its upright twin: all views agree."""

import json

import numpy as np
import pytest

from explain.layers.frames import frames
from explain.layers.receptive_field import receptive_field
from explain.layers.recompute import recompute
from explain.network.description import describe
from explain.network.session import Network
from explain.network.weights import network_weights
from tests.explain.network.made import written
from tests.test_third_network import Maker

HEIGHT, WIDTH, LABELS = 10, 24, ["a", "b", ""]
STATED = {"height": HEIGHT, "width": WIDTH, "transposed": True}


def twin(tmp_path, lying: bool, open_sides: bool = False, by_reshape: bool = False):
    """Two convolutions with unlike kernels, paddings and strides, a pooling, and a dense layer over the columns.

    by_reshape: whether the one channel is brought to the front by a reshape, as tf2onnx does it.
    """
    made = Maker(seed=11)
    turned = (lambda pair: list(pair)[::-1]) if lying else list
    both = (lambda top, left, bottom, right: [left, top, right, bottom]) if lying else (lambda *sides: list(sides))

    def kernel(name, *shape):
        values = made.random.normal(size=shape).astype(np.float32)
        return made.array(name, values.transpose(0, 1, 3, 2) if lying else values)

    if by_reshape:
        x = made.node("Reshape", ["picture", made.array("to", np.array([-1, 1, *turned((HEIGHT, WIDTH))]))], "first")
    else:
        x = made.node("Transpose", ["picture"], "first", perm=[0, 3, 1, 2])
    x = made.node("Conv", [x, kernel("k1", 4, 1, 3, 5)], "c1", pads=both(0, 2, 1, 1), strides=turned((1, 1)))
    x = made.node("Relu", [x], "r1")
    x = made.node("MaxPool", [x], "p1", kernel_shape=turned((2, 1)), strides=turned((2, 1)))
    x = made.node("Conv", [x, kernel("k2", 3, 4, 1, 3)], "c2", dilations=turned((1, 2)), strides=turned((1, 2)))
    x = made.node("Tanh", [x], "t2")
    x = made.node("Transpose", [x], "columns", perm=[0, 2, 3, 1] if lying else [0, 3, 2, 1])
    x = made.node("Reshape", [x, made.array("shape", np.array([0, -1, 4 * 3]))], "row")
    x = made.node("MatMul", [x, made.weight("dense", 12, 3)], "sums")
    made.node("Softmax", [x], "frames", axis=2)
    sides = [None, None] if open_sides else [WIDTH, HEIGHT] if lying else [HEIGHT, WIDTH]
    told = STATED if lying else {"height": HEIGHT, "width": WIDTH}
    metadata = {"labels": json.dumps(LABELS), "input": json.dumps(told)}
    return written(tmp_path, made, ["n", *sides, 1], output="frames", metadata=metadata, name=f"twin-{lying}")


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    return Network(twin(folder, False)), Network(twin(folder, True))


def pictures(count):
    return np.random.default_rng(5).random((count, HEIGHT, WIDTH, 1), dtype=np.float32)


def test_the_file_itself_wants_the_picture_lying(twins):
    import onnxruntime

    _, lying = twins
    session = onnxruntime.InferenceSession(str(lying.path), providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == ["n", WIDTH, HEIGHT, 1]
    batch = pictures(2)
    (direct,) = session.run(None, {"picture": batch.transpose(0, 2, 1, 3)})
    np.testing.assert_allclose(lying.run(batch)["frames"], direct, atol=1e-6)


def test_layers_windows_and_fields_are_those_of_the_upright_twin(twins):
    upright, lying = (network.description for network in twins)
    assert lying.input_axes == ("N", "W", "H", "C") and lying.preprocessing.transposed
    assert lying.picture == upright.picture == (HEIGHT, WIDTH, 1) and lying.head == upright.head
    assert lying.layer_names == upright.layer_names
    for mine, other in zip(lying.layers, upright.layers, strict=True):
        assert (mine.kind, mine.shape, mine.window, mine.words) == (other.kind, other.shape, other.window, other.words)
        assert receptive_field(lying, mine.name) == receptive_field(upright, other.name)
    assert frames(lying, lying.output.shape[0], WIDTH) == frames(upright, upright.output.shape[0], WIDTH)


def test_outputs_are_those_of_the_upright_twin(twins):
    upright, lying = (network.run(pictures(3)) for network in twins)
    assert set(lying) == set(upright)
    for name, values in lying.items():
        np.testing.assert_allclose(values, upright[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize("lying", [False, True])
def test_a_reshape_in_the_place_of_the_first_transpose(tmp_path, twins, lying):
    network = Network(twin(tmp_path, lying, by_reshape=True))
    assert not network.description.channel_first and network.description.picture == (HEIGHT, WIDTH, 1)
    for name, values in twins[0].run(pictures(2)).items():
        np.testing.assert_allclose(network.run(pictures(2))[name], values, atol=1e-5, err_msg=name)


def test_units_recompute(twins):
    _, lying = twins
    picture = pictures(1)
    outputs = {name: values[0] for name, values in lying.run(picture).items()} | {"picture": picture[0]}
    random = np.random.default_rng(0)
    for layer in lying.description.layers[1:]:
        weights = network_weights(lying.description, layer.name)
        for _ in range(12):
            height, width, channels = (1, 1, *outputs[layer.name].shape)[-3:]
            place, channel = (int(random.integers(height)), int(random.integers(width))), int(random.integers(channels))
            unit = recompute(lying.description, layer.name, channel, place, outputs, weights)
            assert unit.agrees, (layer.name, place, channel)


def test_lengths_that_the_file_leaves_open_are_those_of_the_answers(tmp_path):
    description = describe(twin(tmp_path, True, open_sides=True))
    assert description.input_shape == (HEIGHT, WIDTH, 1) and description.picture == (None, None, 1)
    assert Network(description).run(pictures(1))["frames"].shape == (1, *description.output.shape)


def test_gradients_are_those_of_the_upright_twin(twins):
    import tensorflow as tf

    from explain.gradients.network.function import NetworkFunction

    def gradients(network):
        function, picture = NetworkFunction(network.path), tf.constant(pictures(1))
        with tf.GradientTape() as tape:
            tape.watch(picture)
            values = function.outputs(picture, ["frames", *network.layer_names])
            score = tf.math.log(values["frames"][0, 3, 1])
        layer = network.layer_names[1]
        return values, tape.gradient(score, [picture, values[layer]])

    (upright, wanted), (lying, found) = map(gradients, twins)
    for name, values in lying.items():
        np.testing.assert_allclose(values, upright[name], atol=1e-5, err_msg=name)
    for mine, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)
        assert np.abs(other).max() > 0
