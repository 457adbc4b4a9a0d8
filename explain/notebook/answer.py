"""What a network answers to a picture, printed as one would say it, with the numbers in it."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from explain.ctc import alternatives, decoding
from explain.ctc.alphabet import Alphabet
from explain.layers import activations
from explain.layers.frames import Frames, frames
from explain.network.description import Description
from explain.notebook import table
from explain.pictures.notation import probability
from explain.trust import wording
from explain.trust.judge import judge, words_on
from explain.trust.trust import Trust
from models.prepared import Prepared

MOST = 5  # classes that are printed, and texts


@dataclass(frozen=True)
class Character:
    """One character of a reading.

    probability: of it if the rest of the text stands, see `explain.ctc.alternatives.Character`. frames: the first and
    one past the last on the text's likeliest alignment. columns: the same of the pixels in the middle of what these
    frames see.
    """

    text: str
    probability: float
    frames: tuple[int, int]
    columns: tuple[int, int]

    @property
    def extent(self) -> str:
        """The columns in words, both ends included."""
        return f"{self.columns[0]} to {self.columns[1] - 1}"


@dataclass(frozen=True, eq=False)
class Reading:
    """What a recogniser reads: the text that the likeliest label of every frame collapses to (CTC's best path).

    probability: of the text, over all its alignments. labels: of its characters. probabilities: `(frame, label)`, the
    softmax. blank: index of the blank among the labels. trust: how far it can be believed. line: the same in words, the
    most important first, and what the network can read at all.
    **Ref.** A. Graves et al., Connectionist Temporal Classification, ICML 2006,
    https://www.cs.toronto.edu/~graves/icml_2006.pdf
    """

    text: str
    probability: float
    characters: tuple[Character, ...]
    labels: tuple[int, ...]
    probabilities: np.ndarray
    blank: int
    alphabet: Alphabet = field(repr=False)
    trust: Trust
    line: str

    def texts(self, count: int = MOST, beams: int = 25) -> list[tuple[str, float]]:
        """The likeliest texts that a prefix beam search ends with, likeliest first, with their exact probabilities."""
        found = decoding.n_best(self.probabilities, beams, count, self.blank)
        return [(self.alphabet.text(labels), math.exp(log_probability)) for labels, log_probability in found]

    def _rows(self) -> list[tuple[str, ...]]:
        """A line for each character; nothing where nothing is read."""
        rows = [(one.text, probability(one.probability), one.extent) for one in self.characters]
        return [("character", "probability", "columns"), *rows] if rows else []

    def __repr__(self) -> str:
        said = f"“{self.text}”" if self.labels else "nothing is read"
        first = f"{said}, probability {probability(self.probability)}"
        return "\n".join([first, *filter(None, [self.line]), *table.written(self._rows())])

    def _repr_html_(self) -> str:
        said = f"<b>{html.escape(self.text)}</b>" if self.labels else "nothing is read"
        rows = self._rows()
        said += f", probability {probability(self.probability)}{'<br>' if self.line else ''}{html.escape(self.line)}"
        return f"<p>{said}</p>" + (table.markup(rows) if rows else "")


@dataclass(frozen=True)
class Class:
    """unit: of the network's last layer, from 0."""

    name: str
    probability: float
    unit: int


@dataclass(frozen=True, eq=False)
class Classes:
    """What a classifier names: its five likeliest classes, likeliest first.

    probabilities: `(class,)`, of all. names: of all, by unit.
    """

    likeliest: tuple[Class, ...]
    probabilities: np.ndarray
    names: tuple[str, ...]

    @property
    def best(self) -> Class:
        return self.likeliest[0]

    def _rows(self) -> list[tuple[str, ...]]:
        rows = [(one.name, probability(one.probability), str(one.unit)) for one in self.likeliest]
        return [("class", "probability", "number"), *rows]

    def __repr__(self) -> str:
        return "\n".join(table.written(self._rows(), numbers=(2,)))

    def _repr_html_(self) -> str:
        return table.markup(self._rows())


def reading(values: Mapping[str, np.ndarray], network: Description, ready: Prepared) -> Reading:
    """The reading of a picture. values: every layer's output, and the logits, without the batch. ready: the picture."""
    probabilities = activations.probabilities(network, values)
    where = frames(network, len(probabilities), ready.batch.shape[2])
    trust = judge(network, values, ready, words_on(ready))
    blank, alphabet = network.blank, Alphabet(network.labels, network.blank)
    labels = decoding.best_path(probabilities, blank).labels
    found = alternatives.characters(probabilities, labels, blank)
    return Reading(
        text=alphabet.text(labels),
        probability=decoding.probability(probabilities, labels, blank),
        characters=tuple(_character(one, alphabet, where) for one in found),
        labels=labels,
        probabilities=probabilities,
        blank=blank,
        alphabet=alphabet,
        trust=trust,
        line=" ".join(wording.sentences(trust, ready, network)),
    )


def _character(one: alternatives.Character, alphabet: Alphabet, frames: Frames) -> Character:
    first, end = one.span
    left, right = frames.middles[first][0], frames.middles[end - 1][1] + 1
    columns = max(left, 0), min(right, frames.width)
    return Character(alphabet.mark(one.label), one.posterior, one.span, columns)


def classes(probabilities: np.ndarray, network: Description) -> Classes:
    """The likeliest of the classes. probabilities: `(class,)`."""
    best = np.argsort(-probabilities, kind="stable")[:MOST]
    named = tuple(Class(network.labels[unit], float(probabilities[unit]), int(unit)) for unit in best)
    return Classes(named, probabilities, tuple(network.labels))
