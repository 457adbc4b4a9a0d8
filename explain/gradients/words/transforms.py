"""What is done to a dreamt word's picture before the network sees it. See `transforms` of the visualisation room.

Small changes leave a word the same word, so that only what survives them is drawn. Partial views show the whole word,
and runs of its characters with everything else papered over: a network that sees whole words only is content with
hints, since its recurrent layers guess a character from its neighbours, and two characters may share a place. Whoever
shows it "el", then "p", then "phan" of "elephant", each as a word of its own, gets characters that stand apart and can
be read one by one. As random crops do for photographs, the runs are drawn anew at every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from explain.gradients.words.layout import window

RUN = tuple[int, int]  # characters from .. to, as in a slice


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


@dataclass(frozen=True)
class Views:
    """count: views of each picture; the first is the whole word. alone: share of the others with a single character.

    texts: labels, one text for each picture. steps: of the whole ascent. seed: of the runs that are drawn.
    """

    count: int = 4
    alone: float = 0.6
    texts: tuple[tuple[int, ...], ...] = field(default=(), compare=False)
    steps: int = field(default=1, compare=False)
    seed: int = field(default=0, compare=False)

    def runs(self, step: int) -> list[tuple[tuple[int, ...], RUN]]:
        """Text and run of each view of one step, picture by picture, view by view."""
        rng, found = np.random.default_rng((self.seed, step)), []
        for text in self.texts:
            found.append((text, (0, len(text))))
            for _ in range(self.count - 1):
                few = len(text) == 1 or rng.random() < self.alone
                length = 1 if few else int(rng.integers(2, len(text) + 1))
                first = int(rng.integers(0, len(text) - length + 1))
                found.append((text, (first, first + length)))
        return found

    def windows(self, step: int) -> np.ndarray:
        """1 where a view shows the picture, 0 where it shows paper: float32 `(pictures * count, 1, 128, 1)`."""
        return np.stack([window(text, *run) for text, run in self.runs(step)])[:, None, :, None]


@dataclass(frozen=True)
class Shown:
    """The transform that makes the views, and then changes each of them (see `transforms`).

    harder: what is done as well to all views but the first of each picture, which is compared with print.
    """

    views: Views
    change: Callable
    harder: Callable | None = None

    def fed(self, step: int) -> list[np.ndarray]:
        return [self.views.windows(step)]

    def __call__(self, pictures, seed, windows):
        import tensorflow as tf

        many = tf.repeat(pictures, self.views.count, axis=0)
        seen = self.change(1 - (1 - many) * windows, seed)
        if self.harder is None:
            return seen
        first = tf.range(tf.shape(seen)[0]) % self.views.count == 0
        harder = self.harder(seen, tf.random.experimental.stateless_fold_in(seed, self.views.count))
        return tf.where(first[:, None, None, None], seen, harder)
