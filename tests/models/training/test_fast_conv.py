"""The faster gradient is the same gradient."""

import numpy as np
import pytest


@pytest.mark.parametrize("height, width", [(4, 16), (5, 7)])
def test_values_and_gradients_equal_those_of_keras(height, width):
    import keras
    import tensorflow as tf

    from models.training.fast_conv import speed_up

    inputs = keras.Input((height, width, 2))
    hidden = keras.layers.Conv2D(3, 3, padding="same", activation="relu")(inputs)
    model = keras.Model(inputs, keras.layers.Conv2D(4, 3, padding="same")(hidden))
    again = keras.models.clone_model(model)
    again.set_weights(model.get_weights())
    speed_up(again)
    x = np.random.default_rng(0).normal(size=(2, height, width, 2)).astype(np.float32)
    found = []
    for each in (model, again):
        with tf.GradientTape() as tape:
            y = each(x)
            loss = tf.reduce_sum(y**2)
        found.append([y, *tape.gradient(loss, [v.value for v in each.trainable_variables])])
    assert again.layers[2].convolution_op is not model.layers[2].convolution_op
    for plain, fast in zip(*found, strict=True):
        np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=1e-4)
