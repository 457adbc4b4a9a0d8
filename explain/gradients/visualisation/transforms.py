"""Small random changes to a picture before the network sees it, so that only what survives them is drawn.

A transform is a frozen dataclass, called with `(pictures, seed)`: pictures `(batch, height, width, channel)`, seed two
whole numbers. The same seed makes the same change, to every picture alike. One with a method `fed(step)`, which returns
arrays, is handed them as further arguments (the loop's own transform, not one inside a chain; steps count from 0).
Nothing here knows networks or objectives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Transform = Callable  # (pictures, seed) -> pictures


@dataclass(frozen=True)
class Move:
    """Jitter, scale and rotation in one bilinear resampling about the middle; what comes in at the border is mirrored.

    Shifts by up to `pixels` plus `share` of the shorter side, enlarges by a factor out of `scale`, turns by up to
    `degrees`. The frame keeps its size.
    """

    pixels: float = 0.0
    share: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    degrees: float = 0.0

    def __call__(self, pictures, seed):
        import tensorflow as tf

        size = tf.shape(pictures)[1:3]
        draw = tf.random.stateless_uniform([4], seed, -1.0, 1.0)
        shift = draw[:2] * (self.pixels + self.share * tf.cast(tf.reduce_min(size), tf.float32))
        factor = (self.scale[0] + self.scale[1]) / 2 + draw[2] * (self.scale[1] - self.scale[0]) / 2
        angle = draw[3] * (self.degrees * math.pi / 180)
        cosine, sine = tf.cos(angle) / factor, tf.sin(angle) / factor
        middle = tf.cast(size - 1, tf.float32) / 2
        # output pixel (x, y) is taken from input pixel (cosine x - sine y + left, sine x + cosine y + top)
        left = middle[1] - cosine * middle[1] + sine * middle[0] + shift[0]
        top = middle[0] - sine * middle[1] - cosine * middle[0] + shift[1]
        row = tf.stack([cosine, -sine, left, sine, cosine, top, 0.0, 0.0])
        moved = tf.raw_ops.ImageProjectiveTransformV3(
            images=pictures,
            transforms=row[None],
            output_shape=size,
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="REFLECT",
        )
        return tf.ensure_shape(moved, pictures.shape)


@dataclass(frozen=True)
class Roll:
    """Jitter by whole pixels, up to `share` of each side; what leaves on one side comes in on the other."""

    share: float

    def __call__(self, pictures, seed):
        import tensorflow as tf

        size = tf.cast(tf.shape(pictures)[1:3], tf.float32)
        shift = tf.random.stateless_uniform([2], seed, -1.0, 1.0) * self.share * size
        return tf.roll(pictures, tf.cast(tf.round(shift), tf.int32), [1, 2])


@dataclass(frozen=True)
class Pad:
    """A border of `pixels` of one grey, so that nothing hangs on the picture's edge."""

    pixels: int
    grey: float = 0.5

    def __call__(self, pictures, seed):
        import tensorflow as tf

        border = [self.pixels, self.pixels]
        return tf.pad(pictures, [[0, 0], border, border, [0, 0]], constant_values=self.grey)


@dataclass(frozen=True)
class Crop:
    """Jitter that cuts off: a part `pixels` smaller each way, from anywhere."""

    pixels: int

    def __call__(self, pictures, seed):
        import tensorflow as tf

        height, width = pictures.shape[1] - self.pixels, pictures.shape[2] - self.pixels
        top, left = tf.unstack(tf.random.stateless_uniform([2], seed, 0, self.pixels + 1, tf.int32))
        part = tf.slice(pictures, tf.stack([0, top, left, 0]), [-1, height, width, -1])
        return tf.ensure_shape(part, [pictures.shape[0], height, width, pictures.shape[3]])


@dataclass(frozen=True)
class Blur:
    """A normal blur of `spread` pixels (standard deviation): what only single pixels carry no longer pays."""

    spread: float

    def __call__(self, pictures, seed):
        import tensorflow as tf

        reach = max(1, math.ceil(2.5 * self.spread))
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / self.spread) ** 2)
        kernel = (kernel / kernel.sum()).astype(np.float32)
        channels = pictures.shape[3]
        border = [reach, reach]
        pictures = tf.pad(pictures, [[0, 0], border, border, [0, 0]], "SYMMETRIC")
        for line in (kernel[:, None], kernel[None]):
            filters = np.repeat(line[..., None, None], channels, axis=2)
            pictures = tf.nn.depthwise_conv2d(pictures, filters, [1, 1, 1, 1], "VALID")
        return pictures


@dataclass(frozen=True)
class Noise:
    """Adds normal noise of standard deviation `spread`: detail weaker than it no longer pays."""

    spread: float

    def __call__(self, pictures, seed):
        import tensorflow as tf

        return pictures + self.spread * tf.random.stateless_normal(tf.shape(pictures[:1]), seed)


@dataclass(frozen=True)
class Mirror:
    """Swaps left and right half of the time."""

    def __call__(self, pictures, seed):
        import tensorflow as tf

        return tf.cond(tf.random.stateless_uniform([], seed) < 0.5, lambda: pictures[:, :, ::-1], lambda: pictures)


@dataclass(frozen=True)
class Chain:
    """One after another, each with a seed of its own; an empty one changes nothing."""

    transforms: tuple[Transform, ...] = ()

    def __call__(self, pictures, seed):
        import tensorflow as tf

        for position, one in enumerate(self.transforms):
            pictures = one(pictures, tf.random.experimental.stateless_fold_in(seed, position))
        return pictures


def chain(*transforms: Transform) -> Chain:
    return Chain(transforms)
