"""Words that are read only once they are made ready: with wide margins, and in colours of one grey."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from models.training.words import Words
from tests.benchmarks.words import SEED, TEXTS
from tests.models import drawn

COUNT = 200


def in_margins(count: int = COUNT) -> Iterator[tuple[Image.Image, str]]:
    """Words with 0.5 to 3 of their heights of empty ground on each side: plain, in a shadow, noisy or from a JPEG."""
    for number, rng, text in _texts(count):
        picture, _ = drawn.word(rng, text, (0.5, 3.0), *drawn.COLOURS[number % len(drawn.COLOURS)])
        yield drawn.GROUNDS[number % len(drawn.GROUNDS)](rng, picture), text


def in_colours(count: int = COUNT) -> Iterator[tuple[Image.Image, str]]:
    """Words cut close whose ink and ground differ in hue alone, such as red on green of the same grey; some noisy."""
    for number, rng, text in _texts(count):
        picture, _ = drawn.word(rng, text, (0.1, 0.2), *drawn.of_equal_grey(rng))
        yield (drawn.noisy(rng, picture) if number % 2 else picture), text


def _texts(count: int) -> Iterator[tuple[int, np.random.Generator, str]]:
    words = Words(TEXTS, everyday=())
    for number in range(count):
        rng = np.random.default_rng((SEED, number))
        yield number, rng, words.draw(rng)
