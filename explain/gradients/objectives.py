"""What gradient ascent raises: one number a picture, from what the network answers and from the picture itself.

An objective is `(responses, classes) -> (batch,)`: responses is a dict of layer outputs under their Keras names, with
"logits" `(batch, class)` and "picture" `(batch, height, width, 3)` in [0, 1]; classes `(batch,)` whole numbers. Nothing
here knows how pictures are made or moved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

Objective = Callable  # (responses, classes) -> (batch,)


def class_logit() -> Objective:
    """The class's value before the softmax, the score S_c of Simonyan, Vedaldi, Zisserman, *Deep Inside Convolutional
    Networks*, 2014, https://arxiv.org/abs/1312.6034. (The probability can also rise by lowering the other classes.)"""

    def objective(responses, classes):
        import tensorflow as tf

        return tf.gather(responses["logits"], classes, batch_dims=1)

    return objective


def unnatural(statistics: Mapping[str, np.ndarray]) -> Objective:
    """How far the channels' means and standard deviations over the picture lie from those of photographs.

    statistics: for each layer, `(2, 2, channel)`: the average over photographs of [mean, standard deviation] of each
        channel, then how much it varies from photograph to photograph. A photograph scores about 1, whatever its class.
    After Yin et al., *Dreaming to Distill* (DeepInversion), 2020, https://arxiv.org/abs/1912.08795, who take the
    statistics from batch normalisation, which VGG16 does not have.
    """

    def objective(responses, classes):
        import tensorflow as tf

        distances = []
        for layer, (usual, varies) in statistics.items():
            mean, variance = tf.nn.moments(responses[layer], (1, 2))
            found = tf.stack([mean, tf.sqrt(variance + 1e-2)], axis=1)
            # a channel that hardly ever varies must not decide alone
            floor = 0.1 * varies.mean(axis=1, keepdims=True)
            distances.append(tf.reduce_mean(tf.square((found - usual) / (varies + floor)), (1, 2)))
        return tf.add_n(distances) / len(distances)

    return objective


def roughness() -> Objective:
    """Mean squared difference of neighbouring pixels (total variation, squared); a photograph's is about 1."""

    def objective(responses, classes):
        import tensorflow as tf

        picture = responses["picture"]
        down, right = picture[:, 1:] - picture[:, :-1], picture[:, :, 1:] - picture[:, :, :-1]
        square = tf.reduce_mean(tf.square(down), (1, 2, 3)) + tf.reduce_mean(tf.square(right), (1, 2, 3))
        return square / PHOTOGRAPH_ROUGHNESS

    return objective


PHOTOGRAPH_ROUGHNESS = 0.008  # measured on 200 pictures of Tiny ImageNet at 128 x 128


def weighted(*terms: tuple[float, Objective]) -> Objective:
    """The sum of objectives, each times its weight; a negative one makes a penalty, zero leaves it out."""

    def objective(responses, classes):
        import tensorflow as tf

        return tf.add_n([weight * one(responses, classes) for weight, one in terms if weight])

    return objective
