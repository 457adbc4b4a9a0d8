"""What a dream of a word raises and lowers: the text's probability; how unlike print it looks. See `objectives`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from explain.attribution.targets import LOGITS
from explain.ctc import lattice
from explain.gradients.network.activations import PICTURE
from explain.gradients.network.target_scores import IMPOSSIBLE
from explain.gradients.words.layout import BLANK, FRAMES, STATES, places

if TYPE_CHECKING:
    from explain.gradients.words.transforms import Views


@dataclass(frozen=True)
class Text:
    """CTC log-probability of a text for each picture, as `target_scores.text_log_probability`, fed.

    All texts of up to `LONGEST` characters share one trace. softness: what the logits are divided by; above 1 a text
    that is almost certain still says which way it would be more so.
    apart: weight of the layout: the log-probability of an alignment falls by the square of each character's distance
        from its place in `places`, counted in spaces between characters; 0 leaves it to the network alone.
    views: where the network sees several views of each picture (see `transforms.Views`), which; each is to be read as
        the run of characters that it shows, and the number of a picture is the mean over its views.
    """

    softness: float = 1.0
    texts: tuple[tuple[int, ...], ...] = field(default=(), compare=False)
    apart: float = field(default=0.0, compare=False)
    views: Views | None = None
    layers: tuple[str, ...] = (LOGITS,)

    def fed(self, share: float) -> list[np.ndarray]:
        runs = [(text, (0, len(text))) for text in self.texts]
        if self.views and share < 1:
            runs = self.views.runs(round(share * self.views.steps))
        lattices = [_lattice(text, self.apart, *run) for text, run in runs]
        return [np.stack(part) for part in zip(*lattices, strict=True)]

    def __call__(self, responses, fed):
        import tensorflow as tf

        states, first, closed, last, layout = fed
        log_p = tf.nn.log_softmax(responses[LOGITS] / self.softness)
        batch, frames = tf.shape(log_p)[0], log_p.shape[1]
        states = tf.broadcast_to(states, [batch, STATES])
        chosen = tf.one_hot(states, log_p.shape[2], axis=1)  # (batch, label, state): a gather has the slower gradient
        emission = tf.matmul(log_p, chosen) + layout
        alpha = first + emission[:, 0]
        for frame in range(1, frames):
            on = tf.pad(alpha[:, :-1], [[0, 0], [1, 0]], constant_values=IMPOSSIBLE)
            over = tf.pad(alpha[:, :-2], [[0, 0], [2, 0]], constant_values=IMPOSSIBLE) + closed
            alpha = tf.reduce_logsumexp(tf.stack([alpha, on, over]), 0) + emission[:, frame]
        return tf.reduce_mean(by_view(tf.reduce_logsumexp(alpha + last, 1), responses), 1)


@lru_cache(maxsize=1024)
def _lattice(text: tuple[int, ...], apart: float, begin: int, end: int) -> tuple[np.ndarray, ...]:
    """(states, first, closed, last, layout) of `Text`, the states filled up to `STATES` with blanks of no use.

    A run of the text's characters, begin .. end - 1, starts and ends elsewhere in the same lattice.
    """
    states = lattice.states_of([text], BLANK)[0]
    filled = np.full(STATES, BLANK, np.int32)
    filled[: len(states)] = states
    skip = np.zeros(STATES, bool)
    skip[: len(states)] = lattice.skips_of(states, BLANK)
    number = np.arange(STATES)
    starts, ends = (number // 2 == begin), (number == 2 * end - 1) | (number == 2 * end)
    allowed = [starts & (number < len(states)), skip, ends & (number < len(states))]
    layout = np.zeros((FRAMES, STATES), np.float32)
    if apart and text:
        middles, gap = places(text)
        away = (np.arange(FRAMES)[:, None] - middles) / gap
        layout[:, 1 : len(states) : 2] = -apart * np.maximum(0, np.abs(away) - 0.25) ** 2
    return filled, *(np.where(mask, 0, IMPOSSIBLE).astype(np.float32) for mask in allowed), layout


@dataclass(frozen=True)
class Unprinted:
    """How far the channels' means and standard deviations, row by row, lie from those of printed words.

    After Yin et al., *Dreaming to Distill* (DeepInversion), 2020, https://arxiv.org/abs/1912.08795, who take one mean
    and one deviation a channel for the whole picture; a line of print has its x-height and its baseline, so rows are
    kept apart.
    A printed word scores about 1. statistics: as `printed` returns them for these layers.
    blocks: into how many parts, side by side, the columns are divided as well.
    Of several views of a picture, the first counts.
    """

    layers: tuple[str, ...]
    blocks: int = 1
    statistics: Mapping[str, np.ndarray] = field(compare=False, default_factory=dict)

    def fed(self, share: float) -> list[np.ndarray]:
        return [self.statistics[layer] for layer in self.layers]

    def __call__(self, responses, fed):
        import tensorflow as tf

        distances = []
        for layer, numbers in zip(self.layers, fed, strict=True):
            usual, varies = numbers[:, 0], numbers[:, 1]
            floor = 0.1 * tf.reduce_mean(varies, (1, 2, 3, 4), keepdims=True) + 0.02
            whole = by_view(responses[layer], responses)[:, 0]
            away = (moments(whole, self.blocks) - usual) / (varies + floor)
            distances.append(tf.reduce_mean(tf.square(away), (1, 2, 3, 4)))
        return tf.add_n(distances) / len(distances)


def by_view(values, responses):
    """Values of `(batch * views, ...)` as `(batch, views, ...)`; the views of a picture stand one after another."""
    import tensorflow as tf

    batch = tf.shape(responses[PICTURE])[0] if PICTURE in responses else tf.shape(values)[0]
    return tf.reshape(values, [batch, -1, *values.shape[1:]])


def moments(values, blocks: int = 1):
    """Mean and standard deviation of each channel in each row: `(batch, 2, height, blocks, channel)`."""
    import tensorflow as tf

    height, width, channels = values.shape[1:]
    parts = tf.reshape(values, [-1, height, blocks, width // blocks, channels])
    mean, variance = tf.nn.moments(parts, 3)
    return tf.stack([mean, tf.sqrt(variance + 1e-4)], axis=1)
