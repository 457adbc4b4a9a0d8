"""Small changes that leave a word the same word, so that only what survives them is drawn. See `transforms`."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Nudge:
    """Each picture of the batch is shifted, scaled, slanted and turned a little, all in one bilinear resampling.

    shift: up to so many pixels (down, along). scale: by a factor of 1 plus or minus this, height and width apart.
    slant: by up to this many columns a row. degrees: turned by up to so many. What comes in at the border repeats it.
    """

    shift: tuple[float, float] = (1.0, 2.0)
    scale: float = 0.05
    slant: float = 0.05
    degrees: float = 2.0

    def __call__(self, pictures, seed):
        import tensorflow as tf

        height, width = pictures.shape[1:3]
        draw = tf.random.stateless_uniform([tf.shape(pictures)[0], 6], seed, -1.0, 1.0)
        angle = draw[:, 0] * (self.degrees * math.pi / 180)
        cosine, sine = tf.cos(angle), tf.sin(angle)
        wide, high = 1 + self.scale * draw[:, 1], 1 + self.scale * draw[:, 2]
        # output pixel (x, y) is taken from input pixel (across x + lean y + left, rise x + down y + top)
        across, lean = cosine / wide, -sine / wide + self.slant * draw[:, 3]
        rise, down = sine / high, cosine / high
        x, y = (width - 1) / 2, (height - 1) / 2
        left = x - across * x - lean * y + self.shift[1] * draw[:, 4]
        top = y - rise * x - down * y + self.shift[0] * draw[:, 5]
        zero = tf.zeros_like(angle)
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=pictures,
            transforms=tf.stack([across, lean, left, rise, down, top, zero, zero], axis=1),
            output_shape=[height, width],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="NEAREST",
        )
