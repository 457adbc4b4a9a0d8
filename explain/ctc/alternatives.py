"""Why a CTC network reads what it reads: other texts held against the reading, and each character against its rivals.

Every function takes `probabilities` `(frame, label)`, the rows of a softmax, the blank last unless `blank` says
otherwise. All probabilities of texts are exact: forward algorithm over all alignments. Method and source:
`explain.ctc.decoding`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from explain.ctc import decoding
from explain.ctc.alphabet import NONE, Alphabet
from explain.ctc.lattice import Text

MOST_NAMED = 5  # characters without a label that a sentence names


@dataclass(frozen=True)
class Character:
    """One character of a reading.

    span: its frames on the text's likeliest alignment, as in a Python range. posterior: the text's probability as a
    share of that of all texts that differ from it in this character alone. peak: the frame where the lattice is surest
    that this character is being read. rival: the label that would give the likeliest of those other texts, None where
    none has a probability above zero; log_ratio: the rival text's log-probability less the text's own.
    """

    label: int
    span: tuple[int, int]
    posterior: float
    peak: int
    rival: int | None
    log_ratio: float


@dataclass(frozen=True)
class WhatIf:
    """A text held against the one that was read.

    log_ratio: the text's log-probability less that of the reading. against: `(frame,)` log-probability of the label
    that the reading's likeliest alignment has at that frame, less that of the text's own: above zero where the frame
    speaks against the text. Its sum is the log ratio of the two alignments.
    """

    labels: Text
    log_probability: float
    log_ratio: float
    alignment: decoding.Alignment
    lattice: decoding.Lattice
    read: decoding.Alignment
    against: np.ndarray

    def strongest(self, most: int = 3, least: float = 0.1) -> list[int]:
        """The frames that speak most against the text, strongest first, and by at least `least` nats."""
        order = np.argsort(-self.against, kind="stable")[:most]
        return [int(frame) for frame in order if self.against[frame] >= least]


@dataclass(frozen=True)
class Scored:
    """A word of a list. share: of the probability of all words of the list together."""

    word: str
    log_probability: float
    share: float


@dataclass(frozen=True)
class Constrained:
    """A list's words, likeliest first. left_out: words with a character that has no label, or too long to be read."""

    words: tuple[Scored, ...]
    scored: int
    left_out: int


def why_unreadable(written: str, alphabet: Sequence[str], frames: int, blank: int | None = None) -> str | None:
    """One sentence on why the network can never read a text, whatever the picture, or None where it could.

    blank: its index, where the alphabet has an entry for it.
    """
    pieces = Alphabet(alphabet, blank).split(written)
    missing = list(dict.fromkeys(piece for piece, label in pieces if label == NONE))
    if missing:
        named = ", ".join("a space" if character == " " else f"“{character}”" for character in missing[:MOST_NAMED])
        more = " and others" if len(missing) > MOST_NAMED else ""
        return f"The network has no label for {named}{more}: it knows only the characters it was trained on."
    return decoding.why_impossible([label for _, label in pieces], frames)


def what_if(probabilities: np.ndarray, labels: Iterable[int], read: Iterable[int], blank: int | None = None) -> WhatIf:
    """Hold a text against the one that was read; a ValueError says why where one of them has no alignment."""
    labels, read = tuple(labels), tuple(read)
    lattice = decoding.lattice(probabilities, labels, blank)
    alignment = decoding.forced_alignment(probabilities, labels, blank)
    reading = decoding.forced_alignment(probabilities, read, blank)
    frames = np.arange(len(alignment.path))
    log_p = np.log(np.asarray(probabilities, dtype=np.float64)[[frames, frames], [reading.path, alignment.path]])
    ratio = lattice.log_probability - decoding.log_probability(probabilities, read, blank)
    return WhatIf(labels, lattice.log_probability, ratio, alignment, lattice, reading, log_p[0] - log_p[1])


def characters(probabilities: np.ndarray, labels: Iterable[int], blank: int | None = None) -> tuple[Character, ...]:
    """Each character of a text: where it is read, how sure that is, and what else it might be."""
    labels = tuple(labels)
    blank = np.shape(probabilities)[1] - 1 if blank is None else blank
    lattice = decoding.lattice(probabilities, labels, blank)
    spans = decoding.forced_alignment(probabilities, labels, blank).spans
    among, scores, rest = decoding.likely_replacements(probabilities, labels, blank)
    described = []
    for place, (label, span, row) in enumerate(zip(labels, spans, scores, strict=True)):
        own, others = int(np.searchsorted(among, label)), row.copy()
        others[own] = -np.inf
        rival = int(others.argmax())
        log_ratio = float(others[rival] - lattice.log_probability)
        described.append(
            Character(
                label,
                (span.start, span.end),
                float(np.exp(row[own] - np.logaddexp.reduce([*row, rest[place]]))),
                int(lattice.gamma[:, 2 * place + 1].argmax()),
                int(among[rival]) if log_ratio > -np.inf else None,
                log_ratio,
            )
        )
    return tuple(described)


def constrained(
    probabilities: np.ndarray, words: Iterable[str], alphabet: Sequence[str], most: int = 5, blank: int | None = None
) -> Constrained:
    """The likeliest words of a list, every one of them scored exactly; twice the same word counts once."""
    frames = len(probabilities)
    letters = Alphabet(alphabet, blank)
    texts: dict[str, Text] = {}
    left_out = 0
    for word in dict.fromkeys(words):
        labels = tuple(label for _, label in letters.split(word))
        if NONE in labels or decoding.frames_needed(labels) > frames:
            left_out += 1
        else:
            texts[word] = labels
    if not texts:
        return Constrained((), 0, left_out)
    scores = decoding.log_probabilities(probabilities, texts.values(), blank)
    total = np.logaddexp.reduce(scores)
    written = list(texts)
    best = [row for row in np.argsort(-scores, kind="stable")[:most] if scores[row] > -np.inf]
    likeliest = tuple(Scored(written[row], float(scores[row]), float(np.exp(scores[row] - total))) for row in best)
    return Constrained(likeliest, len(texts), left_out)


def shown(log_value: float) -> str:
    """A probability from its logarithm, also where it is far below the smallest double: "0.964", "1.3e-45"."""
    if log_value == -np.inf:
        return "0"
    power = log_value / np.log(10)
    if power > -3:
        return f"{np.exp(log_value):.3f}"
    whole = int(np.floor(power))
    mantissa = f"{10 ** (power - whole):.1f}"
    return f"1.0e{whole + 1}" if mantissa == "10.0" else f"{mantissa}e{whole}"
