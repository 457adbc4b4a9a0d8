"""Winograd's convolution against Keras' own: answers, gradients, and a network whose layers are exchanged."""

import numpy as np
import pytest
import tensorflow as tf

from models.training.winograd import ANSWER, FILTER, INPUT, conv3x3, with_winograd


def test_four_answers_of_a_row_are_the_sums_they_stand_for():
    rng = np.random.default_rng(1)
    row, kernel = rng.normal(size=6), rng.normal(size=3)
    found = ANSWER @ ((FILTER @ kernel) * (INPUT @ row))
    np.testing.assert_allclose(found, np.correlate(row, kernel, "valid"), atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 4, 8, 3, 5), (1, 8, 4, 6, 2), (3, 12, 16, 1, 4)])
def test_answers_and_gradients_are_those_of_the_convolution(shape):
    n, height, width, channels, made = shape
    rng = np.random.default_rng(2)
    pictures = tf.constant(rng.normal(size=(n, height, width, channels)), tf.float32)
    filters = tf.constant(rng.normal(size=(3, 3, channels, made)), tf.float32)
    weights = tf.constant(rng.normal(size=(n, height, width, made)), tf.float32)

    def all_of(convolve):
        with tf.GradientTape() as tape:
            tape.watch([pictures, filters])
            answers = convolve(pictures, filters)
            total = tf.reduce_sum(answers * weights)
        return [answers, *tape.gradient(total, [pictures, filters])]

    wanted = all_of(lambda x, k: tf.nn.conv2d(x, k, 1, "SAME"))
    for found, value in zip(all_of(conv3x3), wanted, strict=True):
        np.testing.assert_allclose(found, value, atol=2e-4 * float(tf.math.reduce_std(value)) + 1e-5)


def test_an_exchanged_network_has_the_same_layers_weights_and_answers():
    import keras
    from keras import layers

    picture = keras.Input((8, None, 1), name="picture")
    answer = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(picture)
    answer = layers.Conv2D(6, 3, padding="same", activation="relu", name="second")(answer)
    answer = layers.BatchNormalization(name="norm")(answer)
    model = keras.Model(picture, layers.Conv2D(3, 2, name="third")(answer))
    exchanged = with_winograd(model)
    assert [layer.name for layer in exchanged.layers] == [layer.name for layer in model.layers]
    kinds = {layer.name: type(layer).__name__ for layer in exchanged.layers[1:]}
    assert kinds == {"first": "Conv2D", "second": "Conv3x3", "norm": "BatchNormalization", "third": "Conv2D"}
    exchanged.set_weights(model.get_weights())
    pictures = np.random.default_rng(3).random((2, 8, 12, 1)).astype(np.float32)
    np.testing.assert_allclose(exchanged(pictures), model(pictures), atol=1e-5)
