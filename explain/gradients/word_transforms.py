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


@dataclass(frozen=True)
class Camera:
    """Each picture of the batch as a photograph might show it: out of focus, light on dark, faded, noisy.

    What is only hinted at, a letter of broken strokes, is not read any more after it. Amounts differ from picture to
    picture. blur: up to this standard deviation in pixels. inverted: share of pictures with ink and paper exchanged.
    faded: up to this share of the contrast is taken away, towards a grey of any lightness. noise: normal, up to this
    standard deviation in units of the whole scale of greys.
    """

    blur: float = 0.0
    inverted: float = 0.0
    faded: float = 0.0
    noise: float = 0.0

    def __call__(self, pictures, seed):
        import tensorflow as tf

        draw = tf.random.stateless_uniform([5, tf.shape(pictures)[0], 1, 1, 1], seed)
        pictures = blurred(pictures, self.blur * draw[0, :, :, 0, 0])
        pictures = tf.where(draw[1] < self.inverted, 1 - pictures, pictures)
        lost = self.faded * draw[2]
        pictures = (1 - lost) * pictures + lost * draw[3]
        own = tf.random.experimental.stateless_fold_in(seed, 1)
        return pictures + self.noise * draw[4] * tf.random.stateless_normal(tf.shape(pictures), own)


def blurred(pictures, spreads, reach: int = 5):
    """Grey pictures `(batch, height, width, 1)`, each with a normal blur of its own spread in pixels, `(batch, 1)`.

    reach: pixels to either side that the blur takes in. Spreads near 0 leave a picture as it is.
    """
    import tensorflow as tf

    away = tf.range(-reach, reach + 1, dtype=tf.float32)
    weights = tf.nn.softmax(-0.5 * tf.square(away / tf.maximum(spreads, 0.05)), axis=1)[:, :, None, None]
    height, width = pictures.shape[1:3]
    wider = tf.pad(pictures[..., 0], [[0, 0], [reach, reach], [reach, reach]], "SYMMETRIC")
    down = tf.add_n([weights[:, at] * wider[:, at : at + height] for at in range(2 * reach + 1)])
    return tf.add_n([weights[:, at] * down[:, :, at : at + width] for at in range(2 * reach + 1)])[..., None]
