"""The words of the bank: what is written, and how each is drawn. Only fonts that come with the project are used.

The pictures are as varied as those of signs and print, and quieter than those of training, so that a reader sees at a
glance what is on them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from PIL import ImageFont

from explain.exemplars.word_bank import kind_of
from models.preprocessing import Preprocessing
from models.training.fonts import Font
from models.training.render import Renderer
from models.training.settings import FOR_MEASURING
from models.typeface import FOLDER, FONTS

SOURCE = Path(__file__).with_suffix(".txt")
DIFFICULTY = 0.5
LOOK = replace(
    FOR_MEASURING,
    marks=0,
    neighbour=0,
    hollow=0,
    curve=0.06,
    wide=0.12,
    low=0.25,
    blur=0.35,
    noise=0.12,
    grain=0.15,
    clutter=0.2,
)
NUMBERS = 60  # texts of figures, as on signs
PATTERNS = ("##", "###", "####", "19##", "20##", "##a", "A##", "#A#", "a#a#", "AA##", "A#a#", "#####")
CASES = (("lower", 0.4), ("capital", 0.7), ("upper", 0.95), ("mixed", 1.0))  # with their shares, added up
LEAST = 14  # times that every character stands in the bank at least
RANDOM = (3, 7)  # characters of a text made to reach that
MOST = 2000  # such texts at most, for an alphabet of thousands of characters
NO_GLYPH = "\uffff"


@dataclass(frozen=True)
class Drawn:
    """Words as a network sees them.

    fonts: names in `models.typeface.FONTS`. pictures: `(word, height, width)` uint8, in colour with three numbers a
    pixel.
    """

    texts: tuple[str, ...]
    fonts: tuple[str, ...]
    pictures: np.ndarray


def characters_of(labels: Sequence[str]) -> tuple[str, ...]:
    """The characters of an alphabet that words are written with: labels of one character that every font has."""
    return tuple(label for label in labels if len(label) == 1 and not label.isspace() and _is_in_all_fonts(label))


@cache
def _is_in_all_fonts(character: str) -> bool:
    masks = [(font.getmask(character), font.getmask(NO_GLYPH)) for font in _fonts()]
    return all((bytes(own), own.size) != (bytes(none), none.size) for own, none in masks)


@lru_cache(maxsize=1)
def _fonts() -> list[ImageFont.FreeTypeFont]:
    return [ImageFont.truetype(str(FOLDER / file), 24, layout_engine=ImageFont.Layout.BASIC) for file in FONTS.values()]


def texts(seed: int, labels: Sequence[str], frames: int) -> list[str]:
    """Every word of the list once, numbers, and strings of those characters that were rare until then.

    labels: of the network. frames: that it reads a word in. Texts that it cannot write, or has too few frames for, are
    left out. Raises ValueError for an alphabet of which no font has a character.
    """
    rng = np.random.default_rng(seed)
    characters = characters_of(labels)
    if not characters:
        raise ValueError("None of the network's characters is in the fonts that come along, so no words can be drawn.")
    pools = {sign: [c for c in characters if kind_of(c) == kind] for sign, kind in (("a", 0), ("A", 1), ("#", 2))}
    written = [_case(rng, word) for word in SOURCE.read_text(encoding="utf-8").split()]
    for _ in range(NUMBERS):
        pattern = PATTERNS[int(rng.integers(len(PATTERNS)))]
        written.append("".join(_one(rng, pools[c]) if pools.get(c) else c for c in pattern))
    written = ["".join(c if c in characters else c.swapcase() for c in text) for text in written]
    written = [text for text in written if set(text) <= set(characters) and frames_needed(text) <= frames]
    counts = Counter("".join(written))
    shortest, longest = (max(1, min(length, frames // 2)) for length in RANDOM)
    for _ in range(MOST):
        rare = [character for character in characters if counts[character] < LEAST]
        if not rare:
            break
        length = int(rng.integers(shortest, longest, endpoint=True))
        # Half of such a text is rare, so that these do not only stand beside one another.
        made = "".join(_one(rng, rare if rng.random() < 0.5 else characters) for _ in range(length))
        counts.update(made)
        written.append(made)
    return written


def frames_needed(text: str) -> int:
    """Frames that an alignment of a text takes at least: one a character, and a blank between two that are the same."""
    return len(text) + sum(one == next_ for one, next_ in zip(text, text[1:], strict=False))


def draw(
    seed: int, labels: Sequence[str], preprocessing: Preprocessing, frames: int, number: int | None = None
) -> Drawn:
    """The first `number` words of that seed, all of them unless stated; word i is always drawn the same way.

    labels, preprocessing: of the network. frames: that it reads a word in.
    """
    written = texts(seed, labels, frames)[:number]
    names = list(FONTS)
    drawers = [Renderer([Font(str(FOLDER / FONTS[name]), name, True, 1.0)], settings=LOOK) for name in names]
    # In turns, so that every font has as many.
    turns = [i % len(names) for i in range(len(written))]
    pictures = [
        np.asarray(preprocessing.as_seen(drawers[font].draw(seed, i, DIFFICULTY, text=text).picture))
        for i, (font, text) in enumerate(zip(turns, written, strict=True))
    ]
    return Drawn(tuple(written), tuple(names[font] for font in turns), np.stack(pictures))


def _case(rng: np.random.Generator, word: str) -> str:
    place = rng.random()
    case = next(name for name, end in CASES if place < end)
    if case == "mixed":
        return "".join(c.upper() if rng.random() < 0.5 else c for c in word)
    return {"lower": word, "capital": word.capitalize(), "upper": word.upper()}[case]


def _one(rng: np.random.Generator, pool: Sequence[str]) -> str:
    return pool[int(rng.integers(len(pool)))]
