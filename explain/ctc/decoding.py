"""Connectionist temporal classification: what the frames of a softmax say, and how likely a text is.

Every function takes `probabilities` `(frame, label)`, the rows of a softmax; one of the labels is the blank, the last
unless `blank` says otherwise. An alignment is one label a frame; its text is what is left when repeats are merged and
blanks dropped. A text is a tuple of label indices. All sums are done in log space, in double precision.

**Ref.** A. Graves, S. Fernández, F. Gomez, J. Schmidhuber, Connectionist Temporal Classification: Labelling Unsegmented
Sequence Data with Recurrent Neural Networks, ICML 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from explain.ctc import beam_search as ctc_beam_search
from explain.ctc import lattice as ctc_lattice
from explain.ctc.alphabet import NONE, Alphabet
from explain.ctc.lattice import Text


class Span(NamedTuple):
    """The frames `start` to `end` (left out, as in a Python range) that carry one character."""

    label: int
    start: int
    end: int


@dataclass(frozen=True)
class BestPath:
    """The likeliest label of every frame, and the text that path collapses to.

    path: `(frame,)` label indices, blanks included. log_probability: of this ONE path, a lower bound of the text's.
    spans: one for each character of `labels`.
    """

    path: np.ndarray
    log_probability: float
    labels: Text
    spans: tuple[Span, ...]

    @property
    def probability(self) -> float:
        return float(np.exp(self.log_probability))


@dataclass(frozen=True)
class Alignment:
    """The likeliest path among those that read as a given text. Fields as in `BestPath`."""

    path: np.ndarray
    log_probability: float
    spans: tuple[Span, ...]

    @property
    def states(self) -> np.ndarray:
        """`(frame,)` the lattice's state at each frame: `2 i + 1` on character i, `2 i` on the blanks before it."""
        states = np.zeros(len(self.path), dtype=int)
        for place, span in enumerate(self.spans):
            states[span.start : span.end] = 2 * place + 1
            states[span.end :] = 2 * place + 2
        return states


@dataclass(frozen=True)
class Lattice:
    """All alignments of one text at once: frames across, states (blank, character, blank, .., character, blank) down.

    states: `(state,)` label of each state; state `2 i + 1` is character i, the even ones are blanks.
    skip: `(state,)` True where the state may be entered from two states above, leaving out the blank between.
    alpha: `(frame, state)` log-probability of frames 0..t over all partial alignments that are in that state at t.
    beta: `(frame, state)` log-probability of frames t+1.. given that state at t; the frame's own label is in alpha.
    gamma: `(frame, state)` posterior of the state at that frame, given that the text is right; rows sum to 1.
    log_probability: of the text.
    """

    states: np.ndarray
    skip: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    gamma: np.ndarray
    log_probability: float

    def label_posteriors(self, labels: int) -> np.ndarray:
        """`(frame, label)`: gamma summed over the states that carry the same label, for an alphabet of `labels`.

        Less the softmax itself this is the gradient of the text's log-probability with respect to the logits
        (Graves et al. 2006, equation 16).
        """
        posteriors = np.zeros((len(self.gamma), labels))
        np.add.at(posteriors, (slice(None), self.states), self.gamma)
        return posteriors


def best_path(probabilities: np.ndarray, blank: int | None = None) -> BestPath:
    """Take the likeliest label of every frame (the lower index where two tie), then collapse."""
    log_p, blank = _checked(probabilities, blank)
    path = log_p.argmax(axis=1)
    spans = collapse(path, blank)
    return BestPath(path, float(log_p.max(axis=1).sum()), tuple(span.label for span in spans), spans)


def collapse(path: Sequence[int] | np.ndarray, blank: int) -> tuple[Span, ...]:
    """Merge the repeats of an alignment and drop its blanks: one span of frames for each character left."""
    path = np.asarray(path)
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    runs = zip(edges[:-1], edges[1:], strict=True)
    return tuple(Span(int(path[start]), start, end) for start, end in runs if start < end and path[start] != blank)


def beam_search(
    probabilities: np.ndarray, beams: int = 25, n: int = 5, blank: int | None = None
) -> list[tuple[Text, float]]:
    """The n likeliest texts that a prefix beam search finds, as `(text, log_probability)`, likeliest first.

    The figure is the sum over the alignments that never left the beam: at most the text's probability, and equal to it
    where the beam was wide enough to lose none of the text's prefixes. `n_best` gives exact figures. Texts of
    probability zero are left out, so there may be fewer than n. Method and source: `explain.ctc.beam_search`.
    """
    left = _search(*_checked(probabilities, blank), beams, n)
    return list(zip(left.prefixes[:n], left.total[:n].tolist(), strict=True))


def beam_record(
    probabilities: np.ndarray, beams: int = 25, blank: int | None = None, dropped: int = 5
) -> tuple[ctc_beam_search.Step, ...]:
    """The same search frame by frame: the prefixes that live after each frame, which are new, merged or dropped.

    dropped: how many of the strongest dropped prefixes each step names; those that had lived are always named.
    """
    log_p, blank = _checked(probabilities, blank)
    _refuse_no_beams(beams, 1)
    return tuple(ctc_beam_search.record(log_p, blank, beams, max(dropped, 0)))


def n_best(
    probabilities: np.ndarray, beams: int = 25, n: int = 5, blank: int | None = None
) -> list[tuple[Text, float]]:
    """The texts that a prefix beam search ends with, ordered by their exact log-probability; the first n of them.

    The figures are exact; that no likelier text was lost on the way is as sure as the beam is wide.
    """
    log_p, blank = _checked(probabilities, blank)
    texts = _search(log_p, blank, beams, n).prefixes
    exact = ctc_lattice.log_probabilities(log_p, texts, blank)
    order = np.argsort(-exact, kind="stable")[:n]
    return [(texts[i], float(exact[i])) for i in order]


def log_probability(probabilities: np.ndarray, labels: Iterable[int], blank: int | None = None) -> float:
    """Log of the text's probability: the sum over all its alignments, by the forward algorithm.

    -inf for a text that no alignment gives; where it is too long, `why_impossible` says so in words.
    """
    log_p, blank = _checked(probabilities, blank)
    return float(ctc_lattice.log_probabilities(log_p, [_checked_text(labels, log_p.shape[1], blank)], blank)[0])


def probability(probabilities: np.ndarray, labels: Iterable[int], blank: int | None = None) -> float:
    """The text's probability, from 0 to 1; see `log_probability`."""
    return float(np.exp(log_probability(probabilities, labels, blank)))


def log_probabilities(
    probabilities: np.ndarray, texts: Iterable[Iterable[int]], blank: int | None = None
) -> np.ndarray:
    """Exact log-probabilities `(text,)` of many texts, thousands of them in a fraction of a second."""
    log_p, blank = _checked(probabilities, blank)
    return ctc_lattice.score(log_p, [_checked_text(labels, log_p.shape[1], blank) for labels in texts], blank)


def replacements(probabilities: np.ndarray, labels: Iterable[int], blank: int | None = None) -> np.ndarray:
    """Exact log-probabilities `(place, label)` of the texts in which the character at one place is another label."""
    log_p, blank = _checked(probabilities, blank)
    return ctc_lattice.replacements(log_p, _checked_text(labels, log_p.shape[1], blank), blank)


def likely_replacements(
    probabilities: np.ndarray, labels: Iterable[int], blank: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for the labels that can matter: see `explain.ctc.lattice.likely_replacements`."""
    log_p, blank = _checked(probabilities, blank)
    return ctc_lattice.likely_replacements(log_p, _checked_text(labels, log_p.shape[1], blank), blank)


def frames_needed(labels: Sequence[int]) -> int:
    """The fewest frames a text can be read from: one a character, and a blank between equal neighbours."""
    return len(labels) + sum(a == b for a, b in zip(labels, labels[1:], strict=False))


def why_impossible(labels: Sequence[int], frames: int) -> str | None:
    """One sentence on why a text cannot be read from so many frames, or None where it can."""
    needed = frames_needed(labels)
    if needed <= frames:
        return None
    parts = _count(len(labels), "character")
    if repeats := needed - len(labels):
        parts += f" and {_count(repeats, 'blank')} between equal neighbours"
    return f"The text needs at least {_count(needed, 'frame')} ({parts}), and the network gives {frames}."


def forced_alignment(probabilities: np.ndarray, labels: Iterable[int], blank: int | None = None) -> Alignment:
    """The likeliest alignment of a given text (Viterbi over the lattice); a ValueError where it has none.

    Ties fall the same way every time.
    """
    log_p, blank = _checked(probabilities, blank)
    labels = _checked_text(labels, log_p.shape[1], blank)
    states = ctc_lattice.states_of([labels], blank)[0]
    visited, best = ctc_lattice.viterbi(log_p[:, states], ctc_lattice.skips_of(states, blank))
    _refuse_impossible(best, labels, len(log_p))
    path = states[visited]
    return Alignment(path, best, collapse(path, blank))


def lattice(probabilities: np.ndarray, labels: Iterable[int], blank: int | None = None) -> Lattice:
    """Forward and backward variables and posteriors of a text's alignments; a ValueError where it has none."""
    log_p, blank = _checked(probabilities, blank)
    labels = _checked_text(labels, log_p.shape[1], blank)
    states = ctc_lattice.states_of([labels], blank)[0]
    skip = ctc_lattice.skips_of(states, blank)
    emission = log_p[:, states]
    _, alpha = ctc_lattice.forward(emission, skip)
    beta = ctc_lattice.backward(emission, states, blank)
    total = float(np.logaddexp.reduce(alpha[-1, -2:]))
    _refuse_impossible(total, labels, len(log_p))
    return Lattice(states, skip, alpha, beta, np.exp(alpha + beta - total), total)


def text(labels: Iterable[int], alphabet: Sequence[str]) -> str:
    """Write out a text: `alphabet` holds what each label stands for."""
    labels = tuple(labels)
    for label in labels:
        if not 0 <= label < len(alphabet):
            raise ValueError(f"Label {label} is outside the alphabet, which has {len(alphabet)} entries.")
    return "".join(alphabet[label] for label in labels)


def labels_of(written: str, alphabet: Sequence[str], blank: int | None = None) -> Text:
    """The labels that write a text; a ValueError names the characters that the alphabet lacks.

    blank: its index, where the alphabet has an entry for it; it is never part of a text. Where an entry stands for
    several characters, the longest that fits is taken.
    """
    pieces = Alphabet(alphabet, blank).split(written)
    missing = sorted({piece for piece, label in pieces if label == NONE})
    if missing:
        raise ValueError(f"The network has no label for {', '.join(map(repr, missing))}; use other characters.")
    return tuple(label for _, label in pieces)


def _checked(probabilities: np.ndarray, blank: int | None) -> tuple[np.ndarray, int]:
    """Log-probabilities in double precision and the blank's index, after checking both."""
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or 0 in p.shape:
        raise ValueError(f"Probabilities must be an array (frame, label), but their shape is {p.shape}.")
    if not np.isfinite(p).all() or p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError(
            "Every frame's probabilities must be at least 0 and sum to 1: hand in the softmax, not the logits."
        )
    blank = p.shape[1] - 1 if blank is None else blank
    if not 0 <= blank < p.shape[1]:
        raise ValueError(f"The blank's index {blank} is outside the alphabet, which has {p.shape[1]} labels.")
    with np.errstate(divide="ignore"):
        return np.log(p), blank


def _checked_text(labels: Iterable[int], size: int, blank: int) -> Text:
    labels = tuple(int(label) for label in labels)
    for label in labels:
        if not 0 <= label < size:
            raise ValueError(f"Label {label} is outside the alphabet, which has {size} labels.")
        if label == blank:
            raise ValueError(f"Label {label} is the blank, which is never part of a text: leave it out.")
    return labels


def _search(log_p: np.ndarray, blank: int, beams: int, n: int) -> ctc_beam_search.Beams:
    _refuse_no_beams(beams, n)
    return ctc_beam_search.search(log_p, blank, beams)


def _refuse_no_beams(beams: int, n: int) -> None:
    if beams < 1 or n < 1:
        raise ValueError(f"Ask for at least one beam and one text, not for {beams} and {n}.")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _refuse_impossible(log_total: float, labels: Text, frames: int) -> None:
    if log_total == -np.inf:
        why = "Every alignment of the text meets a frame that gives its label probability 0."
        raise ValueError(why_impossible(labels, frames) or why)
