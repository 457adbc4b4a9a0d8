"""The words that a read-out is fitted and measured on: drawn twins for two characters, the bank for all of them.

Twins are two words that differ in one character, drawn alike: the same face, distortion and noise. So nothing around
that character tells which of the two it is, each stands as often as the other, and chance is one half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from explain.exemplars import chosen_words
from explain.exemplars.word_bank import Bank
from explain.network.description import Description
from models.training.fonts import Font
from models.training.render import Renderer
from models.typeface import FOLDER, FONTS

TWINS = 120  # pairs of words
WORDS = 400  # of a network without a bank
SEED = 5
LONG = 12  # characters of a word; wider pictures take longer
MANY_FRAMES = 2 * LONG  # of a network whose number of frames depends on the picture
IDEOGRAPHS = "\u2e80"  # from here on no font that comes along has a shape, and asking for thousands takes seconds


@dataclass(frozen=True, eq=False)
class Example:
    """A word as the network takes it, and which of its characters are looked at.

    batch: `(1, height, width, channel)`. places: of its characters. classes: what stands at each. half: the words of
    one are fitted on, those of the other measured.
    """

    text: str
    batch: np.ndarray
    places: tuple[int, ...]
    classes: tuple[int, ...]
    half: bool


def readable(description: Description) -> tuple[str, ...]:
    """The network's characters that words can be drawn with, in the order of its labels."""
    return chosen_words.characters_of([label for label in description.labels if len(label) == 1 and label < IDEOGRAPHS])


def twins(description: Description, pair: tuple[str, str], number: int | None = None) -> Iterator[Example]:
    """Two words after another that differ in one character. pair: two of `readable`. number: of pairs of words, TWINS
    unless given."""
    contexts = _texts(description)
    random = np.random.default_rng(SEED)
    for index in range(number or TWINS):
        text = contexts[int(random.integers(len(contexts)))]
        place = int(random.integers(len(text)))
        for which, character in enumerate(pair):
            written = text[:place] + character + text[place + 1 :]
            batch = description.prepared(_drawn(index, written))
            yield Example(written, batch, (place,), (which,), index % 2 == 1)


def all_characters(description: Description, bank: Bank | None, number: int | None = None) -> Iterator[Example]:
    """Words with all of their characters: those of the bank, as it keeps them; else drawn as its are, WORDS
    of them unless a number is given."""
    known = {character: number for number, character in enumerate(readable(description))}
    if bank is not None:
        pictures = description.preprocessing.scaled(bank.pictures)[:, None]
        words = zip(bank.texts, pictures, strict=True)
    else:
        texts = _texts(description)[-(number or WORDS) :]
        words = ((text, description.prepared(_drawn(index, text))) for index, text in enumerate(texts))
    for index, (text, batch) in enumerate(words):
        places = tuple(place for place, character in enumerate(text) if character in known)
        yield Example(text, batch, places, tuple(known[text[place]] for place in places), index % 2 == 1)


def count_of(description: Description, bank: Bank | None, pair: Sequence[str]) -> int:
    """How many words there will be, at most. pair: empty for all characters."""
    if pair:
        return 2 * TWINS
    return WORDS if bank is None else len(bank.texts)


def _texts(description: Description) -> list[str]:
    """Words, numbers and strings of rare characters that the network can read; ValueError where there are none."""
    frames = description.output.shape[0] or MANY_FRAMES
    texts = chosen_words.texts(SEED, readable(description), frames)
    return [text[:LONG] for text in texts]


def _drawn(index: int, text: str) -> Image.Image:
    drawers = _drawers()
    return drawers[index % len(drawers)].draw(SEED, index, chosen_words.DIFFICULTY, text=text).picture


@lru_cache(maxsize=1)
def _drawers() -> list[Renderer]:
    """One a face of the page."""
    return [
        Renderer([Font(str(FOLDER / file), name, True, 1.0)], settings=chosen_words.LOOK)
        for name, file in FONTS.items()
    ]
