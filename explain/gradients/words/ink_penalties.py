"""What ink may not do in a picture of a word; each is a penalty of gradient ascent (see `objectives`), `(batch,)`.

A network that learnt from print reads past strokes that no print has: a bar between two letters, a blot, a letter so
faint that only the others tell that it is there. None of these says how a character looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from explain.gradients.network.activations import PICTURE
from explain.gradients.words.layout import WIDTH, window


@dataclass(frozen=True)
class InkLevels:
    """How far the picture's greys, sorted, lie from those of printed words: as much ink, as dark, as little between.

    levels: `(batch or 1, pixels)`, the mean of printed words' sorted greys. The unit is a hundredth of squared grey.
    """

    levels: np.ndarray = field(compare=False, default_factory=lambda: np.zeros((1, 1), np.float32))
    layers: tuple[str, ...] = (PICTURE,)

    def fed(self, share: float) -> list[np.ndarray]:
        return [self.levels]

    def __call__(self, responses, fed):
        import tensorflow as tf

        picture = responses[PICTURE]
        greys = tf.sort(tf.reshape(picture, [tf.shape(picture)[0], -1]), 1)
        return 100 * tf.reduce_mean(tf.square(greys - fed[0]), 1)


@dataclass(frozen=True)
class Beside:
    """Ink where there should be paper, in hundredths of a full picture: `(batch,)`.

    paper: `(batch or 1, 1, width, 1)`, 1 where there should be paper.
    """

    paper: np.ndarray = field(compare=False, default_factory=lambda: np.zeros((1, 1, 1, 1), np.float32))
    layers: tuple[str, ...] = (PICTURE,)

    def fed(self, share: float) -> list[np.ndarray]:
        return [self.paper]

    def __call__(self, responses, fed):
        import tensorflow as tf

        return 100 * tf.reduce_mean((1 - responses[PICTURE]) * fed[0], (1, 2, 3))


@dataclass(frozen=True)
class Uneven:
    """How unevenly the characters share the ink: the mean square of what each has more or less than is free.

    A character's ink is the mean over its window's columns, as a share of the mean over the word's characters.
    windows: `(batch, characters, width)`, 1 over a character's columns, as `windows_of` gives them; zeros fill up.
    free: by how much of the mean a character may differ; a full stop is not a W.
    """

    windows: np.ndarray = field(compare=False, default_factory=lambda: np.zeros((1, 1, 1), np.float32))
    free: float = 0.3
    layers: tuple[str, ...] = (PICTURE,)

    def fed(self, share: float) -> list[np.ndarray]:
        return [self.windows]

    def __call__(self, responses, fed):
        import tensorflow as tf

        ink = tf.reduce_mean(1 - responses[PICTURE][..., 0], 1)
        columns = tf.reduce_sum(fed[0], 2)
        there = tf.cast(columns > 0, ink.dtype)
        number = tf.reduce_sum(there, 1)
        each = tf.einsum("bcx,bx->bc", fed[0], ink) / tf.maximum(columns, 1e-6)
        mean = tf.stop_gradient(tf.reduce_sum(each * there, 1) / number)  # how much there is in all is not its matter
        away = tf.nn.relu(tf.abs(each / (mean[:, None] + 1e-3) - 1) - self.free)
        return tf.reduce_sum(there * tf.square(away), 1) / number


@dataclass(frozen=True)
class Blots:
    """How much fuller of ink squares of the picture are than those of print, in hundredths of a full square.

    side: of a square, in pixels. most: the share of ink in it that is free. Of the page's print at this size one square
    of 6 pixels in a thousand has more than 0.67.
    """

    side: int = 6
    most: float = 0.7
    layers: tuple[str, ...] = (PICTURE,)

    def fed(self, share: float) -> list[np.ndarray]:
        return []

    def __call__(self, responses, fed):
        import tensorflow as tf

        share = tf.nn.avg_pool2d(1 - responses[PICTURE], self.side, 1, "VALID")
        return 100 * tf.reduce_mean(tf.nn.relu(share - self.most), (1, 2, 3))


def windows_of(texts: Sequence[tuple[int, ...]]) -> np.ndarray:
    """The window of each character of each text, float32 `(texts, longest, 128)`; zeros fill up."""
    found = np.zeros((len(texts), max(map(len, texts)), WIDTH), np.float32)
    for row, text in enumerate(texts):
        for at in range(len(text)):
            found[row, at] = window(text, at, at + 1)
    return found


def paper_of(texts: Sequence[tuple[int, ...]], between: float) -> np.ndarray:
    """1 where there should be paper: beside the words and between their characters, float32 `(texts, 1, 128, 1)`.

    between: the share of a character's columns, half on either side of it, that stays free.
    """
    found = np.zeros((len(texts), WIDTH), np.float32)
    for row, text in enumerate(texts):
        for at in range(len(text)):
            found[row] = np.maximum(found[row], window(text, at, at + 1, between))
    return (1 - found)[:, None, :, None]
