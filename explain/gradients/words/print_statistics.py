"""How the network answers to print: statistics of its layers over words drawn in the project's typefaces.

The words are random characters, as many as the text that is dreamt of and of the same kinds (capitals for capitals), so
that they say how print looks and nothing of how the text looks. They are measured with the loaded weights each time,
which takes a second, and so never belong to others.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from explain.gradients.words.layout import prepare
from models import typeface

if TYPE_CHECKING:
    from explain.gradients.network.activations import Responses

WORDS = 24  # drawn for each text
KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


def printed(
    network: Responses,
    texts: Sequence[str],
    layers: Sequence[str],
    blocks: int,
    typefaces: Sequence[str],
    change: Callable,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """For `objectives.Unprinted` and `ink_penalties.InkLevels`, for each text:

    for each layer `(text, 2, 2, height, blocks, channel)`: over printed words like the text the average of the
    `moments`, then their standard deviation; and the mean of the words' sorted greys `(text, pixels)`.
    change: the transform that the network's input goes through, so that like is compared with like.
    """
    import tensorflow as tf

    from explain.gradients.words.objectives import moments

    respond, found = network.of(layers), {}
    for text in dict.fromkeys(texts):
        words = drawn(text, typefaces)
        answers = respond(change(tf.constant(words), tf.constant([0, 0])))
        ways = {layer: moments(answers[layer], blocks).numpy() for layer in layers}
        found[text] = (
            {layer: np.stack([way.mean(0), way.std(0)]) for layer, way in ways.items()},
            np.sort(words.reshape(len(words), -1), axis=1).mean(0),
        )
    statistics = {layer: np.stack([found[text][0][layer] for text in texts]) for layer in layers}
    return statistics, np.stack([found[text][1] for text in texts])


def drawn(text: str, typefaces: Sequence[str], words: int = WORDS) -> np.ndarray:
    """Printed words like the text, as the network takes them: `(words, 32, 128, 1)` float32."""
    rng = np.random.default_rng(0)
    made = [typeface.draw_word(lookalike(rng, text), typefaces[number % len(typefaces)]) for number in range(words)]
    return np.concatenate([prepare(picture) for picture in made])


def lookalike(rng: np.random.Generator, text: str) -> str:
    """Random characters of the same kinds: capitals for capitals, digits for digits."""
    return "".join(str(rng.choice(list(next(kind for kind in KINDS if one in kind)))) for one in text)
