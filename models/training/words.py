"""The texts to draw: English words and names, numbers, random strings, in every case."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from models.crnn import LABELS

DICTIONARIES = tuple(Path("/usr/share/dict") / name for name in ("american-english-small", "american-english-large"))
EVERYDAY = tuple(  # "american" has what British spelling has otherwise, and "english" what both have
    Path("/usr/share/dict/scowl") / f"{kind}-words.{size}" for kind in ("english", "american") for size in (10, 20)
)
BRIEF = 5  # letters at most
PATTERNS = (
    "#",
    "##",
    "###",
    "####",
    "#####",
    "19##",
    "20##",
    "#th",
    "A#",
    "A##",
    "##a",
    "##A",
    "AA##",
    "#A#",
    "a#a#",
    "AAA###",
)


@dataclass(frozen=True)
class TextSettings:
    """How often each kind of text is drawn; the shares of a group need not sum to one.

    everyday, common, rare: dictionary words from the 11,000 commonest, the 40,000 commoner and all 133,000 (names among
        them): signs say "open" and "street", and a network that knows how these go on reads them in bad light.
    number, random: figures as on signs; random strings, which keep the network from guessing by spelling alone.
    brief: of the commonest those of at most five letters: half the words of photographed streets are no longer.
    pair: two words run together, so that lengths of 12 and more are not only long English words, or (numbered) a word
        and a number: "SALE50", "Platform9".
    lower, upper, capital, mixed: cases; signs and shop fronts are mostly upper, print mostly lower.
    longest: no text is longer; 31 frames can tell 31 characters at most, one frame fewer for each doubled letter.
    """

    everyday: float = 0.26
    common: float = 0.30
    rare: float = 0.20
    number: float = 0.09
    random: float = 0.09
    brief: float = 0.22
    pair: float = 0.13
    numbered: float = 0.6
    lower: float = 0.27
    upper: float = 0.43
    capital: float = 0.25
    mixed: float = 0.05
    longest: int = 22


@cache
def dictionary(path: Path) -> tuple[str, ...]:
    """The words of a Debian word list that are made of the 62 characters alone."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; install Debian's wamerican-small, wamerican-large and scowl.")
    text = path.read_text(encoding="utf-8", errors="replace")  # accents are in other encodings here and there
    return tuple(word for word in text.split() if set(word) <= set(LABELS))


def _choice(rng: np.random.Generator, options: dict[str, float]) -> str:
    names, shares = list(options), np.cumsum(list(options.values()))
    return names[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]


class Words:
    """Draws texts; the same generator state gives the same text."""

    def __init__(
        self,
        settings: TextSettings | None = None,
        dictionaries: tuple[Path, Path] = DICTIONARIES,
        everyday: tuple[Path, ...] = EVERYDAY,
    ):
        self.settings = settings or TextSettings()
        self.common, self.rare = (dictionary(path) for path in dictionaries)
        self.everyday = tuple(word for path in everyday for word in dictionary(path))
        self.short = tuple(word for word in self.everyday if 2 <= len(word) <= BRIEF)

    def draw(self, rng: np.random.Generator, longest: int | None = None, upper_only: bool = False) -> str:
        """A text of 1 to longest characters; upper_only: capitals and digits, for fonts without small letters."""
        longest = min(longest or self.settings.longest, self.settings.longest)
        s = self.settings
        kinds = ("everyday", "brief", "common", "rare", "number", "random", "pair")
        kind = _choice(rng, {kind: getattr(s, kind) for kind in kinds})
        while True:
            text = getattr(self, f"_{kind}")(rng)
            if len(text) <= longest:
                break
            if longest < 6:  # most words are longer: a piece of one will do
                start = int(rng.integers(0, len(text) - longest + 1))
                text = text[start : start + int(rng.integers(min(2, longest), longest + 1))]
                break
        if kind in ("number", "random"):
            return text.upper() if upper_only else text
        return text.upper() if upper_only else self._case(rng, text)

    def _case(self, rng, text: str) -> str:
        s = self.settings
        case = _choice(rng, {"lower": s.lower, "upper": s.upper, "capital": s.capital, "mixed": s.mixed})
        if case == "mixed":
            flips = rng.random(len(text)) < 0.5
            return "".join(c.upper() if flip else c.lower() for c, flip in zip(text, flips, strict=True))
        return {"lower": text.lower(), "upper": text.upper(), "capital": text[:1].upper() + text[1:].lower()}[case]

    def _everyday(self, rng) -> str:
        return self.everyday[int(rng.integers(len(self.everyday)))]

    def _brief(self, rng) -> str:
        return self.short[int(rng.integers(len(self.short)))]

    def _common(self, rng) -> str:
        return self.common[int(rng.integers(len(self.common)))]

    def _rare(self, rng) -> str:
        return self.rare[int(rng.integers(len(self.rare)))]

    def _pair(self, rng) -> str:
        if rng.random() < self.settings.numbered:
            return self._common(rng) + str(rng.integers(10 ** int(rng.integers(1, 4))))
        return self._common(rng) + self._common(rng).capitalize()

    def _number(self, rng) -> str:
        pattern = PATTERNS[int(rng.integers(len(PATTERNS)))]
        pools = {"#": LABELS[52:], "a": LABELS[:26], "A": LABELS[26:52]}
        return "".join(pools[c][int(rng.integers(len(pools[c])))] if c in pools else c for c in pattern)

    def _random(self, rng) -> str:
        pool = (LABELS, LABELS[:26], LABELS[26:52], LABELS[26:])[int(rng.integers(4))]
        return "".join(pool[i] for i in rng.integers(0, len(pool), size=int(rng.integers(1, 11))))
