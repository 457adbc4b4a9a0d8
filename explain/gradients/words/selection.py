"""Which of several dreams of a word is kept: the network's own judgement, on views that the ascent has not seen.

Pictures from different seeds succeed at different characters. Since each character has a place of its own with paper
around it (`transforms.Views`), the best of every place can be put together to one picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from explain.attribution.targets import LOGITS
from explain.gradients.words.job import RECIPE, Recipe, change_of, viewed
from explain.gradients.words.layout import HEIGHT, WIDTH, labels_of, window
from explain.gradients.words.transforms import Shown, Views

if TYPE_CHECKING:
    from explain.gradients.network.activations import Responses

UNSEEN = 2**30  # seed of the random numbers that measure a dream


@dataclass(frozen=True)
class Alone(Views):
    """Every character of every text by itself: one view each, of a picture that is given once for each character."""

    count: int = 1

    def runs(self, step: int) -> list:
        return [(text, (at, at + 1)) for text in self.texts for at in range(len(text))]


def sturdiness(
    network: Responses, pictures: np.ndarray, texts: Sequence[str], recipe: Recipe = RECIPE, times: int = 6
) -> np.ndarray:
    """How well dreamt texts are read whole and in parts: a mean log-probability in nats, float64 `(batch,)`.

    pictures: uint8 `(batch, 32, 128)`. Over views as the ascent has them (of the text where the whole is shown, of a
    part where that is), changed at random with other random numbers than the ascent's. What is read alone, moved and
    slanted is more likely to look like a word to others than what is read only as it stands.
    """
    raised, shown = viewed(texts, replace(recipe, steps=times, apart=0.0), UNSEEN)
    return _measured(network, pictures, raised, shown, times)


def clearness(
    network: Responses, picture: np.ndarray, text: str, recipe: Recipe = RECIPE, times: int = 12
) -> np.ndarray:
    """How well each character is read alone, through the recipe's camera: nats, float64 `(characters,)`.

    picture: uint8 `(32, 128)`. The changes are the same for every picture of the same text, so that a difference is
    the pictures'.
    """
    from explain.gradients.visualisation.transforms import chain
    from explain.gradients.words.objectives import Text

    labels = labels_of(text)
    views = Alone(texts=(labels,), steps=times)
    shown = Shown(views, chain(change_of(recipe), recipe.camera))
    raised = Text(recipe.softness, (labels,), 0.0, views)
    return _measured(network, np.repeat(picture[None], len(labels), axis=0), raised, shown, times)


def best_places(
    network: Responses, pictures: np.ndarray, text: str, recipe: Recipe = RECIPE
) -> tuple[np.ndarray, list[int]]:
    """(a picture of the text, uint8 `(32, 128)`; for each character, from which of the pictures its columns are).

    pictures: uint8 `(tries, 32, 128)`, dreams of the same text. Each place takes what `clearness` says is read best.
    """
    clear = np.stack([clearness(network, picture, text, recipe) for picture in pictures])
    chosen, labels = clear.argmax(0), labels_of(text)
    ink = (255 - pictures.astype(np.float64))[chosen]
    windows = np.stack([window(labels, at, at + 1) for at in range(len(labels))])[:, None]
    return np.round(255 - (ink * windows).sum(0)).astype(np.uint8), [int(one) for one in chosen]


def _measured(network: Responses, pictures: np.ndarray, raised, shown: Shown, times: int) -> np.ndarray:
    """The mean of an objective over so many draws of the views."""
    import tensorflow as tf

    from explain.gradients.network.activations import PICTURE

    given = tf.constant(pictures[..., None], tf.float32) / 255.0
    respond, found = _logits(network), []
    for step in range(times):
        windows = [tf.constant(array) for array in shown.fed(step)]
        responses = {LOGITS: respond(shown(given, tf.constant([UNSEEN, step]), *windows)), PICTURE: given}
        found.append(np.asarray(raised(responses, [tf.constant(array) for array in raised.fed(step / times)])))
    return np.mean(found, axis=0, dtype=np.float64)


@lru_cache(maxsize=2)
def _logits(network: Responses):
    """The last layer's values before its softmax, traced once for any number of pictures."""
    import tensorflow as tf

    respond = network.of([LOGITS])
    shape = tf.TensorSpec((None, HEIGHT, WIDTH, 1), tf.float32)
    return tf.function(lambda pictures: respond(pictures)[LOGITS], input_signature=[shape], autograph=False)
