"""A faster gradient of 3 x 3 convolutions on processors with AVX2, for TensorFlow.

The gradient towards the input of a "same" convolution with stride 1 is itself such a convolution, with the kernel turned
round and its channels exchanged. Told so, TensorFlow runs its fast forward code; its own backward code takes twice the time
there (512 channels, batch 32: 0.31 against 0.69 processor seconds).
"""

from __future__ import annotations

import keras


def convolve(inputs, kernel):
    """inputs (batch, height, width, channel) with kernel (3, 3, channel, filter), stride 1, padding "same"."""
    import tensorflow as tf

    @tf.custom_gradient
    def forward(x, k):
        def gradient(dy):
            turned = tf.transpose(k[::-1, ::-1], (0, 1, 3, 2))
            dk = tf.raw_ops.Conv2DBackpropFilter(
                input=x, filter_sizes=tf.shape(k), out_backprop=dy, strides=[1, 1, 1, 1], padding="SAME"
            )
            return tf.nn.conv2d(dy, turned, 1, "SAME"), dk

        return tf.nn.conv2d(x, k, 1, "SAME"), gradient

    return forward(tf.convert_to_tensor(inputs), tf.convert_to_tensor(kernel))


def speed_up(model: keras.Model) -> None:
    """Give the model's 3 x 3 convolutions the faster gradient; nothing else about them changes. Only under TensorFlow."""
    if keras.backend.backend() != "tensorflow":
        return
    for layer in model.layers[2:]:  # nothing asks for the gradient towards the picture
        if isinstance(layer, keras.layers.Conv2D) and (layer.kernel_size, layer.padding) == ((3, 3), "same"):
            layer.convolution_op = convolve
