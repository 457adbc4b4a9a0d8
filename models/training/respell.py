"""Other words from the characters of a photographed one: its strips put in another order.

Two thousand photographs get learnt by heart; their characters, in words that were never photographed, do not.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from models.crnn import LABELS

LONGEST = 12  # characters; more would be squeezed too narrow
SHUFFLED = 0.3  # share put in any order at all: the network is to look, not only to spell


def _mask(text: str) -> int:
    """One bit for each of the 62 characters that is in text."""
    return sum(1 << LABELS.index(character) for character in set(text))


class Respelling:
    """Finds words that can be written with the characters of another; each may be used more than once.

    words: of the network's 62 characters. They are tried in lower and upper case and with a capital.
    """

    def __init__(self, words: Iterable[str]):
        short = [word for word in words if 2 <= len(word) <= LONGEST]
        forms = {form for word in short for form in (word.lower(), word.upper(), word.capitalize())}
        self.forms = sorted(forms)
        self.masks = np.array([_mask(form) for form in self.forms], np.int64)

    def draw(self, rng: np.random.Generator, text: str) -> str:
        """A dictionary word made of text's characters, or some of them in any order, 2 to 12 characters."""
        found = np.flatnonzero((self.masks & ~np.int64(_mask(text))) == 0)
        if len(found) and rng.random() >= SHUFFLED:
            return max((self.forms[i] for i in rng.choice(found, 2)), key=len)  # most words that fit are very short
        length = int(rng.integers(2, min(len(text), LONGEST) + 1))
        return "".join(text[i] for i in rng.permutation(len(text))[:length])


def respelt(rng: np.random.Generator, grey: np.ndarray, text: str, edges: np.ndarray, respelling: Respelling):
    """The picture (height, width), text and edges (n, 2) of another word in the same letters.

    grey: (height, width) uint8; edges: (n, 2), left and right of each character in pixels. A strip of the picture goes
    with each character, from halfway to the one before to halfway to the next. Words of fewer than three characters
    and those whose boxes are not in reading order or have no width stay as they are.
    """
    cuts = np.concatenate([edges[:1, 0], (edges[:-1, 1] + edges[1:, 0]) / 2, edges[-1:, 1]]).round().astype(int)
    cuts = np.clip(cuts, 0, grey.shape[1])
    if len(text) < 3 or (np.diff(edges, axis=0) <= 0).any() or (np.diff(cuts) < 1).any():
        return grey, text, edges
    wanted = respelling.draw(rng, text)
    strips, places, at = [], [], 0
    for character in wanted:
        source = int(rng.choice([i for i, c in enumerate(text) if c == character]))
        left, right = cuts[source], cuts[source + 1]
        strips.append(grey[:, left:right])
        places.append(np.clip(edges[source] - left, 0, right - left) + at)
        at += right - left
    return np.concatenate(strips, axis=1), wanted, np.array(places, np.float32)
