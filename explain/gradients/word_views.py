"""Views of a word's picture: the whole word, and runs of its characters with everything else papered over.

A network that sees whole words only is content with hints: its recurrent layers guess a character from its neighbours,
and two characters may share a place. Whoever shows it "el", then "p", then "phan" of "elephant", each as a word of its
own, gets characters that stand apart and can be read one by one. As random crops do for photographs, the runs are drawn
anew at every step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from explain.gradients.word_objectives import EDGE, FRAME_PIXELS, places
from models import crnn

SOFT = 2.0  # pixels over which a view fades into paper
OUTER = 0.7  # how far the first and last character reach, in spaces between characters
RUN = tuple[int, int]  # characters from .. to, as in a slice


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


@lru_cache(maxsize=1024)
def window(text: tuple[int, ...], first: int, end: int, spared: float = 0.0) -> np.ndarray:
    """1 over the columns of the characters first .. end - 1, float32 `(128,)`.

    spared: the share of the columns, half on either side, that is left out.
    """
    bounds, columns = borders(text), np.arange(crnn.WIDTH) + 0.5
    inwards = spared / 2 * (bounds[end] - bounds[first])
    rise, fall = columns - bounds[first] - inwards, bounds[end] - inwards - columns
    return np.clip(np.minimum(rise, fall) / SOFT + 0.5, 0, 1).astype(np.float32)


def borders(text: tuple[int, ...]) -> np.ndarray:
    """The column halfway between one character's place and the next's, and the two outer ones, `(characters + 1,)`."""
    frames, gap = places(text)
    middles, reach = (frames + 1) * FRAME_PIXELS, OUTER * gap * FRAME_PIXELS
    left, right = max(EDGE, middles[0] - reach), min(crnn.WIDTH - EDGE, middles[-1] + reach)
    return np.concatenate([[left], (middles[1:] + middles[:-1]) / 2, [right]])
