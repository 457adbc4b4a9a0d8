"""Small random changes to a picture before the network sees it, so that only what survives them is drawn.

A transform is `(settings) -> (pictures, seed) -> pictures`: pictures `(batch, height, width, 3)`, seed two whole
numbers. The same seed makes the same change, to every picture alike. Nothing here knows networks or objectives.
"""

from __future__ import annotations

import math
from collections.abc import Callable

Transform = Callable  # (pictures, seed) -> pictures


def move(pixels: float = 0.0, scale: tuple[float, float] = (1.0, 1.0), degrees: float = 0.0) -> Transform:
    """Shifts by up to `pixels`, enlarges by a factor out of `scale`, turns by up to `degrees`, all about the middle.

    What comes in at the border is mirrored. One bilinear resampling does all three.
    """

    def transform(pictures, seed):
        import tensorflow as tf

        size = tf.shape(pictures)[1:3]
        draw = tf.random.stateless_uniform([4], seed, -1.0, 1.0)
        shift = draw[:2] * pixels
        factor = (scale[0] + scale[1]) / 2 + draw[2] * (scale[1] - scale[0]) / 2
        angle = draw[3] * (degrees * math.pi / 180)
        cosine, sine = tf.cos(angle) / factor, tf.sin(angle) / factor
        middle = tf.cast(size - 1, tf.float32) / 2
        # output pixel (x, y) is taken from input pixel (cosine x - sine y + left, sine x + cosine y + top)
        left = middle[1] - cosine * middle[1] + sine * middle[0] + shift[0]
        top = middle[0] - sine * middle[1] - cosine * middle[0] + shift[1]
        row = tf.stack([cosine, -sine, left, sine, cosine, top, 0.0, 0.0])
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=pictures,
            transforms=row[None],
            output_shape=size,
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="REFLECT",
        )

    return transform


def noise(spread: float) -> Transform:
    """Adds normal noise of standard deviation `spread`: detail weaker than it no longer pays."""

    def transform(pictures, seed):
        import tensorflow as tf

        return pictures + spread * tf.random.stateless_normal(tf.shape(pictures[:1]), seed)

    return transform


def mirror() -> Transform:
    """Swaps left and right half of the time."""

    def transform(pictures, seed):
        import tensorflow as tf

        return tf.cond(tf.random.stateless_uniform([], seed) < 0.5, lambda: pictures[:, :, ::-1], lambda: pictures)

    return transform


def chain(*transforms: Transform) -> Transform:
    """One after another, each with a seed of its own."""

    def transform(pictures, seed):
        import tensorflow as tf

        for position, one in enumerate(transforms):
            pictures = one(pictures, tf.random.experimental.stateless_fold_in(seed, position))
        return pictures

    return transform
