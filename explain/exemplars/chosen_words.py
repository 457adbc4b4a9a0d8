"""The words of the bank: what is written, and how each is drawn. Only fonts that come with the project are used.

The pictures are as varied as those of signs and print, and quieter than those of training, so that a reader sees at a
glance what is on them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.crnn import LABELS, fit
from models.training.fonts import Font
from models.training.render import Renderer
from models.training.settings import Settings
from models.typeface import FOLDER, FONTS

SOURCE = Path(__file__).with_suffix(".txt")
DIFFICULTY = 0.5
LOOK = Settings(
    marks=0, neighbour=0, hollow=0, curve=0.06, wide=0.12, low=0.25, blur=0.35, noise=0.12, grain=0.15, clutter=0.2
)
NUMBERS = 60  # texts of figures, as on signs
PATTERNS = ("##", "###", "####", "19##", "20##", "##a", "A##", "#A#", "a#a#", "AA##", "A#a#", "#####")
POOLS = {"#": LABELS[52:], "a": LABELS[:26], "A": LABELS[26:52]}
CASES = (("lower", 0.4), ("capital", 0.7), ("upper", 0.95), ("mixed", 1.0))  # with their shares, added up
LEAST = 14  # times that every character stands in the bank at least
RANDOM = (3, 7)  # characters of a text made to reach that


@dataclass(frozen=True)
class Drawn:
    """Words as the network sees them. pictures: (n, 32, 128) uint8. fonts: names in `models.typeface.FONTS`."""

    texts: tuple[str, ...]
    fonts: tuple[str, ...]
    pictures: np.ndarray


def texts(seed: int) -> list[str]:
    """Every word of the list once, numbers, and strings of those characters that were rare until then."""
    rng = np.random.default_rng(seed)
    found = [_case(rng, word) for word in SOURCE.read_text(encoding="utf-8").split()]
    for _ in range(NUMBERS):
        pattern = PATTERNS[int(rng.integers(len(PATTERNS)))]
        found.append("".join(_one(rng, POOLS[c]) if c in POOLS else c for c in pattern))
    counts = Counter("".join(found))
    while rare := [c for c in LABELS if counts[c] < LEAST]:
        length = int(rng.integers(*RANDOM, endpoint=True))
        # Half of such a text is rare, so that these do not only stand beside one another.
        made = "".join(_one(rng, rare if rng.random() < 0.5 else LABELS) for _ in range(length))
        counts.update(made)
        found.append(made)
    return found


def draw(seed: int, number: int | None = None) -> Drawn:
    """The first `number` words of that seed, all of them unless given; word i is always drawn the same way."""
    written = texts(seed)[:number]
    names = list(FONTS)
    drawers = [Renderer([Font(str(FOLDER / FONTS[name]), name, True, 1.0)], settings=LOOK) for name in names]
    # In turns, so that every font has as many.
    chosen = [i % len(names) for i in range(len(written))]
    pictures = [
        np.asarray(fit(drawers[font].draw(seed, i, DIFFICULTY, text=text).picture))
        for i, (font, text) in enumerate(zip(chosen, written, strict=True))
    ]
    return Drawn(tuple(written), tuple(names[font] for font in chosen), np.stack(pictures))


def _case(rng: np.random.Generator, word: str) -> str:
    place = rng.random()
    case = next(name for name, end in CASES if place < end)
    if case == "mixed":
        return "".join(c.upper() if rng.random() < 0.5 else c for c in word)
    return {"lower": word, "capital": word.capitalize(), "upper": word.upper()}[case]


def _one(rng: np.random.Generator, pool) -> str:
    return pool[int(rng.integers(len(pool)))]
