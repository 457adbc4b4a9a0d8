"""Prefix beam search over the frames of a CTC network, in log space.

**Ref.** A. Graves, Supervised Sequence Labelling with Recurrent Neural Networks, 2012, section 7.5.3,
https://www.cs.toronto.edu/~graves/preprint.pdf ; A. Hannun, A. Maas, D. Jurafsky, A. Ng, First-Pass Large Vocabulary
Continuous Speech Recognition using Bi-Directional Recurrent DNNs, 2014, https://arxiv.org/abs/1408.2873 (here without
a language model).

Callers want `explain.ctc.decoding.beam_search` and `explain.ctc.decoding.beam_record`, which check what comes in;
this is their inner loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from explain.ctc.lattice import Text

ROUNDING = 1e-9  # more than sums of log-probabilities are off by


@dataclass(frozen=True)
class Beams:
    """The prefixes kept after a frame, likeliest first.

    blank, label: `(beam,)` log-probability of the alignments kept so far that read as the prefix, whose last frame is
        the blank, or the prefix's last label. The two are kept apart because only after a blank does the same label
        again make a new character.
    """

    prefixes: tuple[Text, ...]
    blank: np.ndarray
    label: np.ndarray

    @property
    def total(self) -> np.ndarray:
        return np.logaddexp(self.blank, self.label)


class Living(NamedTuple):
    """A prefix that is kept after a frame, in log-probabilities.

    blank, label: as in `Beams`. stayed: what the prefix brings from before this frame, -inf for a new one.
    extended: what comes from the prefix that is one character shorter, -inf where nothing does. The two pairs add up to
    the same. fate: "kept" (it only stayed), "new" (a kept prefix made longer by one character) or "merged" (both: two
    ways of getting to the same text are added).
    """

    prefix: Text
    blank: float
    label: float
    stayed: float
    extended: float
    fate: str


class Dropped(NamedTuple):
    """A prefix for which there was no room after a frame. lived: whether it was kept until then."""

    prefix: Text
    log_probability: float
    lived: bool


@dataclass(frozen=True)
class Step:
    """What one frame does to the beam.

    living: the prefixes kept, likeliest first. dropped: those dropped that had lived, and the strongest of the others,
    likeliest first. drops: how many were dropped in all. log_lost: log of all the probability dropped at this frame.
    """

    living: tuple[Living, ...]
    dropped: tuple[Dropped, ...]
    drops: int
    log_lost: float


@dataclass(frozen=True)
class _Candidates:
    """Every prefix that one more frame makes possible, in log-probabilities.

    stay_blank, stay_label, stay_extended: `(beam,)` of the prefixes there are, by the last frame: the blank, the last
    label again, the last label newly read after the parent, which is kept too. labels: those that a prefix may be made
    longer by, see `_telling`. longer: `(beam, label)` of each prefix with one of them more, -inf where that is a prefix
    there is: then it stands in `stay_extended`. passed_over, passed_over_sum: how many longer prefixes are left out
    with all other labels, and the log of their probabilities' sum.
    """

    stay_blank: np.ndarray
    stay_label: np.ndarray
    stay_extended: np.ndarray
    labels: np.ndarray
    longer: np.ndarray
    passed_over: int
    passed_over_sum: float

    @property
    def scores(self) -> np.ndarray:
        """One figure a candidate: first the prefixes there are, then the longer ones, row after row."""
        stay = np.logaddexp(self.stay_blank, np.logaddexp(self.stay_label, self.stay_extended))
        return np.concatenate([stay, self.longer.ravel()])


def start() -> Beams:
    """Before the first frame: nothing read, and that for certain."""
    return Beams(((),), np.zeros(1), np.full(1, -np.inf))


def advance(beams: Beams, frame: np.ndarray, blank: int, width: int) -> Beams:
    """The `width` likeliest prefixes after one more frame, whose log-probabilities are `frame` `(label,)`."""
    candidates = _candidates(beams, frame, blank, width)
    return _after(beams, candidates, _ranked(candidates.scores, width))


def search(log_probabilities: np.ndarray, blank: int, width: int) -> Beams:
    """Read all frames `(frame, label)` from left to right with at most `width` prefixes."""
    beams = start()
    for frame in log_probabilities:
        beams = advance(beams, frame, blank, width)
    return beams


def record(log_probabilities: np.ndarray, blank: int, width: int, dropped: int) -> Iterator[Step]:
    """The same search, frame by frame. dropped: how many of the strongest dropped prefixes each step names."""
    beams = start()
    for frame in log_probabilities:
        candidates = _candidates(beams, frame, blank, width + dropped)
        scores = candidates.scores
        order = _ranked(scores, width + dropped)
        after = _after(beams, candidates, order[:width])
        yield _step(beams, after, candidates, scores, order)
        beams = after


def _candidates(beams: Beams, frame: np.ndarray, blank: int, most: int) -> _Candidates:
    """most: how many of the likeliest are wanted; of thousands of labels, those that can't be among them are left
    out."""
    last = np.array([prefix[-1] if prefix else blank for prefix in beams.prefixes])
    rows = np.arange(len(last))
    total = beams.total
    labels = _telling(frame, {blank, *last.tolist()}, most)
    at = np.searchsorted(labels, last)  # where each prefix's last label stands among them

    longer = total[:, None] + frame[labels]
    longer[rows, at] = beams.blank + frame[last]  # the same label again is a new character only after a blank
    longer[:, np.searchsorted(labels, blank)] = -np.inf

    # A prefix made longer may be one that is already kept: both ways of getting there belong together.
    extended = np.full(len(rows), -np.inf)
    place = {prefix: row for row, prefix in enumerate(beams.prefixes)}
    for row, prefix in enumerate(beams.prefixes):
        parent = place.get(prefix[:-1]) if prefix else None
        if parent is not None:
            extended[row] = longer[parent, at[row]]
            longer[parent, at[row]] = -np.inf
    again = np.where(last == blank, -np.inf, beams.label + frame[last])
    others = np.delete(frame, labels)
    others = others[others > -np.inf]
    passed_over = _sum(others) + _sum(total) if len(others) else -np.inf
    return _Candidates(total + frame[blank], again, extended, labels, longer, len(others) * len(total), passed_over)


def _telling(frame: np.ndarray, special: set[int], most: int) -> np.ndarray:
    """The labels, in order, by which one of the `most` likeliest candidates can be longer.

    special: the blank and the last labels of the prefixes. Any other label adds the same to every prefix: its
    log-probability. So before a prefix with a label that is not among the `most` likeliest of these, the same prefix
    with each of them comes first, and it is left out. Labels as likely as the last of them, but for rounding, all stay.
    """
    if len(frame) <= 4 * most + len(special):  # little to be won
        return np.arange(len(frame))
    usual = frame.copy()
    usual[list(special)] = -np.inf
    least = np.partition(usual, len(usual) - most)[len(usual) - most]
    usual[list(special)] = np.inf
    return np.flatnonzero((usual >= least - ROUNDING) & (usual > -np.inf))


def _ranked(scores: np.ndarray, most: int) -> np.ndarray:
    """Indices of the candidates that are possible at all, likeliest first, the first `most` of them.

    The stable sort makes ties fall the same way every time: shorter prefixes that stay first, then by rank and label.
    Only what can be among the first is sorted: thousands of labels make some hundred thousand candidates a frame.
    """
    possible = np.flatnonzero(scores > -np.inf)
    if most < len(possible):
        at = len(possible) - most
        possible = possible[scores[possible] >= np.partition(scores[possible], at)[at]]
    return possible[np.argsort(-scores[possible], kind="stable")][:most]


def _after(beams: Beams, candidates: _Candidates, indices: np.ndarray) -> Beams:
    """The beam made of the candidates with these indices."""
    stays, row, place = _places(beams, candidates, indices)
    label_again = np.logaddexp(candidates.stay_label, candidates.stay_extended)
    return Beams(
        tuple(_prefix(beams, *of) for of in zip(stays, row, candidates.labels[place], strict=True)),
        np.where(stays, candidates.stay_blank[row], -np.inf),
        np.where(stays, label_again[row], candidates.longer[row, place]),
    )


def _places(beams: Beams, candidates: _Candidates, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each candidate: whether it is a prefix there is, the row of that or of its parent, and the new label's place
    among the candidates' labels."""
    stays = indices < len(beams.prefixes)
    row, place = np.divmod(np.where(stays, 0, indices - len(beams.prefixes)), candidates.longer.shape[1])
    return stays, np.where(stays, indices, row), place


def _prefix(beams: Beams, stays: bool, row: int, label: int) -> Text:
    return beams.prefixes[row] if stays else (*beams.prefixes[row], int(label))


def _sum(scores: np.ndarray) -> float:
    """Log of the sum of probabilities, from their logarithms: far quicker for many than adding them one by one."""
    top = scores.max(initial=-np.inf)
    return float(top + np.log(np.exp(scores - top).sum())) if len(scores) else -np.inf


def _step(before: Beams, after: Beams, candidates: _Candidates, scores: np.ndarray, order: np.ndarray) -> Step:
    """order: the likeliest candidates, those that are kept first, then those dropped that are named in any case."""
    stays, rows, _ = _places(before, candidates, order[: len(after.prefixes)])
    itself = np.logaddexp(candidates.stay_blank, candidates.stay_label)
    living = []
    for place, (stay, row) in enumerate(zip(stays, rows, strict=True)):
        stayed = float(itself[row]) if stay else -np.inf
        extended = float(candidates.stay_extended[row] if stay else after.label[place])
        fate = "new" if not stay else "merged" if extended > -np.inf else "kept"
        blank, label = float(after.blank[place]), float(after.label[place])
        living.append(Living(after.prefixes[place], blank, label, stayed, extended, fate))
    strongest = order[len(living) :]
    left = scores > -np.inf
    left[order[: len(living)]] = False
    lived = np.setdiff1d(np.flatnonzero(left[: len(before.prefixes)]), strongest)
    named = np.concatenate([strongest, lived[np.argsort(-scores[lived], kind="stable")]])
    stays, rows, places = _places(before, candidates, named)
    gone = zip(named, stays, rows, candidates.labels[places], strict=True)
    return Step(
        tuple(living),
        tuple(Dropped(_prefix(before, *of), float(scores[index]), bool(of[0])) for index, *of in gone),
        int(left.sum()) + candidates.passed_over,
        float(np.logaddexp(_sum(scores[left]), candidates.passed_over_sum)),
    )
