"""What can be guessed about a network that names classes: how its pictures are scaled, and whether they are ImageNet's.

Nothing here can be known for sure: a wrongly scaled photograph gets classes as well. What is measured is how much the
answers tell the photographs apart, and how far they name what the photographs show.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from explain.network.errors import NetworkError
from explain.network.own import scaling
from explain.network.own.trial import Trial
from models import networks
from models.preprocessing import Preprocessing

IMAGENET, USUAL_SIDE = 1000, 224
MOST = 8  # photographs that are looked at
CLEAR = 0.1  # a lead that counts
SECONDS = 4.0  # that trying may take in all; otherwise what is usual is taken
Samples = Sequence[tuple[Image.Image, str]]


@dataclass(frozen=True)
class Way:
    """One way to prepare photographs. named: the probability, on average, of classes whose name is in the title.

    apart: how much the answers tell the photographs apart, from 0 to 1, see `told_apart`.
    """

    wanted: Preprocessing
    named: float
    apart: float

    @property
    def mark(self) -> float:
        return self.named + self.apart


def best(
    network, first: Preprocessing, labels: Sequence[str], samples: Samples
) -> tuple[Preprocessing, dict[str, str]]:
    """The way to prepare pictures in which the network's answers to photographs make most sense, and how it was found.

    first: what is known, and the usual for the rest. What the file answers itself is not tried in another way.
    """
    answered, how = network.description.answered, {}
    if None in (first.height, first.width):
        first = replace(first, height=first.height or USUAL_SIDE, width=first.width or USUAL_SIDE)
        how["size"] = f"The file leaves it open: {USUAL_SIDE} pixels are usual."
    names = () if answered & {"mean", "deviation"} else scaling.usual(first)
    turns = first.channels == 3 and "colour" not in answered
    tries = _Tries(Trial(network), labels, samples, len(names) + turns)
    if names:
        # Who takes the means alone out has blue first as well, as Caffe had.
        colours = {"caffe": "bgr"} if turns else {}
        ways = [scaling.scaled(replace(first, colour=colours.get(name, first.colour)), name) for name in names]
        first, how["scaling"] = _chosen(first, tries.of(ways), "scaling")
    if turns:
        name = scaling.name_of(first)
        other = replace(first, colour="bgr" if first.colour == "rgb" else "rgb")
        ways = tries.of([first, scaling.scaled(other, name) if name else other])
        # Whatever its order, a picture is told from others; only what it is called says which is right.
        first, how["colour"] = _chosen(first, [replace(way, apart=0.0) for way in ways], "order of colours")
    return first, how


class _Tries:
    """Photographs, as many as there is time for, looked at in one way after the other."""

    def __init__(self, trial: Trial, labels: Sequence[str], samples: Samples, ways: int):
        """ways: how many will be tried."""
        self.trial, self.labels, self.ways = trial, labels, ways
        self.samples = list(samples)[:MOST]
        self.until = time.monotonic() + SECONDS
        self.timed = False
        self.known: dict[Preprocessing, Way] = {}

    def of(self, candidates: list[Preprocessing]) -> list[Way]:
        """Those that the network takes; none where there is no time for two photographs."""
        made = []
        for wanted in candidates:
            try:
                self._time(wanted)
                if len(self.samples) > 1:
                    made.append(self.known.get(wanted) or self.known.setdefault(wanted, self._way(wanted)))
            except NetworkError:
                continue
        return made

    def _time(self, wanted: Preprocessing) -> None:
        """Leaves as many photographs as all ways can look at in time, judged by one pass."""
        if self.samples and not self.timed:
            begun = time.monotonic()
            self.trial.probabilities(wanted, [self.samples[0][0]])
            now = time.monotonic()
            fitting = (self.until - now) / (max(now - begun, 1e-6) * max(1, self.ways))
            self.samples, self.timed = self.samples[: max(0, int(fitting))], True

    def _way(self, wanted: Preprocessing) -> Way:
        probabilities = np.stack(self.trial.probabilities(wanted, [picture for picture, _ in self.samples]))
        titles = [title for _, title in self.samples]
        return Way(wanted, named(probabilities, self.labels, titles), told_apart(probabilities))


def _chosen(first: Preprocessing, ways: list[Way], what: str) -> tuple[Preprocessing, str]:
    if not ways:
        return first, "A guess: the usual."
    ranked = sorted(ways, key=lambda way: -way.mark)
    chosen = ranked[0]
    if len(ranked) > 1 and chosen.mark - ranked[1].mark < CLEAR:
        usual = ways[0] if chosen.mark - ways[0].mark < CLEAR else chosen
        return usual.wanted, f"A guess: with another {what} the answers to sample photographs make as much sense."
    reason = "name what they show" if chosen.named > CLEAR else "tell them apart"
    return chosen.wanted, f"A guess: so the answers to sample photographs {reason} most."


def told_apart(probabilities: np.ndarray) -> float:
    """How much the answers `(picture, class)` tell the pictures apart: 0 where all are alike or flat, 1 where each is
    sure of a class of its own.

    The mutual information of picture and class as a share of the most that so many pictures and classes allow; its
    exponential is the Inception score (Salimans et al., "Improved Techniques for Training GANs", 2016,
    https://arxiv.org/abs/1606.03498).
    """
    most = np.log(min(probabilities.shape))
    mean = probabilities.mean(axis=0)
    return float((_entropy(mean) - _entropy(probabilities).mean()) / most) if most > 0 else 0.0


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    return -(probabilities * np.log(np.maximum(probabilities, 1e-300))).sum(axis=-1)


def named(probabilities: np.ndarray, labels: Sequence[str], titles: Sequence[str]) -> float:
    """The probability of classes whose name shares a word with the picture's title, on average over the pictures for
    which there are any."""
    words = [_words(label) for label in labels]
    shares = []
    for row, title in zip(probabilities, titles, strict=True):
        wanted = _words(title)
        units = [unit for unit, of_label in enumerate(words) if of_label & wanted]
        if units:
            shares.append(float(row[units].sum()))
    return sum(shares) / len(shares) if shares else 0.0


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]+", text.lower()) if len(word) > 2} - {"the", "and", "its", "class"}


@cache
def imagenet() -> tuple[str, ...]:
    """The names of ImageNet's 1000 classes, in its order."""
    listed = json.loads((Path(networks.__file__).with_name("imagenet_classes.json")).read_text("utf-8"))
    return tuple(name for _, name in listed)
