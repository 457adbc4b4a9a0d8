"""Photographed words taken apart: runs of their characters, and other words put together from them.

Two thousand photographs get learnt by heart; their characters, in words that were never photographed, do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from models.crnn import LABELS

LONGEST = 12  # characters of a word put together; more would be squeezed too narrow
SHUFFLED = 0.3  # share put in any order though a word would do: the network is to look, not only to spell
NEAR = 1  # characters that a dictionary word may have more or fewer than wanted
OVERLAP = 0.15  # of the picture's height: where boxes overlap more, a strip would hold parts of two characters


def _mask(characters: Iterable[str]) -> int:
    """One bit for each of the 62 characters that is among them."""
    return sum(1 << LABELS.index(character) for character in set(characters))


def _doubled(text: str) -> set[str]:
    return {one for one, next_one in zip(text, text[1:], strict=False) if one == next_one}


class Respelling:
    """Finds words that can be written with the characters of another; each may be used more than once.

    words: of the network's 62 characters. They are tried in lower and upper case and with a capital. A character stands
    next to itself only where the other word has it twice: two copies of one photograph side by side are no double.
    """

    def __init__(self, words: Iterable[str]):
        some = [word for word in words if len(word) <= LONGEST and len(set(word.lower())) > 1]
        self.forms = sorted({form for word in some for form in (word.lower(), word.upper(), word.capitalize())})
        self.lengths = np.array([len(form) for form in self.forms])
        self.characters = np.array([_mask(form) for form in self.forms], np.int64)
        self.doubled = np.array([_mask(_doubled(form)) for form in self.forms], np.int64)

    def draw(self, rng: np.random.Generator, text: str, longest: int = LONGEST) -> str:
        """A dictionary word of 2 to longest of text's characters, or some of them in any order.

        text: 2 characters or more. All lengths are wanted equally often, since the long words are those that get
        misread: no dictionary word that is more than NEAR shorter or longer stands in for a wanted one. text does not
        come back itself, except by chance where the order is any.
        """
        at_hand = (self.characters & ~np.int64(_mask(text))) == 0
        twice = np.int64(_mask(character for character in text if text.count(character) > 1))
        wanted = int(rng.integers(2, longest + 1))
        fitting = (self.lengths <= longest) & (np.abs(self.lengths - wanted) <= NEAR)
        found = np.flatnonzero(at_hand & ((self.doubled & ~twice) == 0) & fitting)
        found = [self.forms[i] for i in found if self.forms[i] != text]
        if found and rng.random() >= SHUFFLED:
            return found[rng.integers(len(found))]
        rounds = -(-wanted // len(text))  # every character once before one comes again
        order = np.concatenate([rng.permutation(len(text)) for _ in range(rounds)])[:wanted]
        spelt = [text[i] for i in order]
        return "".join(one for at, one in enumerate(spelt) if not at or one != spelt[at - 1] or text.count(one) > 1)


def respelt(
    rng: np.random.Generator,
    grey: np.ndarray,
    text: str,
    edges: np.ndarray,
    respelling: Respelling,
    longest: int | None = None,
):
    """The picture (height, width), text and edges (n, 2) of another word in the same letters, of longest at most.

    grey: (height, width) uint8; edges: (n, 2), left and right of each character in pixels. Each brings a strip
    of the picture, from halfway to the one before to halfway to the next; the picture's margins stay where they are.
    What cannot be taken apart (`strips`) and words of fewer than three characters stay as they are.
    """
    cuts = strips(grey, edges)
    if len(text) < 3 or cuts is None:
        return grey, text, edges
    wanted, order = respelling.draw(rng, text, min(longest or LONGEST, LONGEST)), []
    for character in wanted:
        places = [at for at, other in enumerate(text) if other == character]
        if len(places) > 1 and order:
            places = [at for at in places if at != order[-1]]  # a double is two different pictures
        order.append(int(rng.choice(places)))
    cut, places = joined(grey, edges, cuts, order)
    return cut, wanted, places


def part(rng: np.random.Generator, grey: np.ndarray, text: str, edges: np.ndarray):
    """The picture (height, width), text and edges (n, 2) of a run of two or more characters, between its margins.

    What cannot be taken apart (`strips`) and words of fewer than four characters stay as they are.
    """
    cuts = strips(grey, edges)
    if len(text) < 4 or cuts is None:
        return grey, text, edges
    length = int(rng.integers(2, len(text)))
    first = int(rng.integers(0, len(text) - length + 1))
    cut, places = joined(grey, edges, cuts, range(first, first + length))
    return cut, text[first : first + length], places


def strips(grey: np.ndarray, edges: np.ndarray) -> np.ndarray | None:
    """Where each character's strip begins and the last one ends, `(n + 1,)` columns.

    None where boxes are not in reading order, overlap by much, or leave a strip without a column.
    """
    cuts = np.concatenate([edges[:1, 0], (edges[:-1, 1] + edges[1:, 0]) / 2, edges[-1:, 1]]).round().astype(int)
    cuts = np.clip(cuts, 0, grey.shape[1])
    ordered = (np.diff(edges, axis=0) > 0).all() and (np.diff(cuts) > 0).all()
    apart = (edges[:-1, 1] - edges[1:, 0] <= OVERLAP * grey.shape[0]).all()
    return cuts if ordered and apart else None


def joined(grey: np.ndarray, edges: np.ndarray, cuts: np.ndarray, order: Sequence[int]):
    """The strips of these characters side by side between the picture's margins; their edges, (len(order), 2)."""
    pieces, places, at = [grey[:, : cuts[0]]], [], cuts[0]
    for source in order:
        left, right = cuts[source], cuts[source + 1]
        pieces.append(grey[:, left:right])
        places.append(np.clip(edges[source] - left, 0, right - left) + at)
        at += right - left
    pieces.append(grey[:, cuts[-1] :])
    return np.concatenate(pieces, axis=1), np.array(places, np.float32)
