"""Prefix beam search over the frames of a CTC network, in log space.

**Ref.** A. Graves, Supervised Sequence Labelling with Recurrent Neural Networks, 2012, section 7.5.3,
https://www.cs.toronto.edu/~graves/preprint.pdf ; A. Hannun, A. Maas, D. Jurafsky, A. Ng, First-Pass Large Vocabulary
Continuous Speech Recognition using Bi-Directional Recurrent DNNs, 2014, https://arxiv.org/abs/1408.2873 (here without
a language model).

Callers want `explain.ctc.beam_search`, which checks what it is given; this is its inner loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explain.ctc_lattice import Text


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


def start() -> Beams:
    """Before the first frame: nothing read, and that for certain."""
    return Beams(((),), np.zeros(1), np.full(1, -np.inf))


def advance(beams: Beams, frame: np.ndarray, blank: int, width: int) -> Beams:
    """The `width` likeliest prefixes after one more frame, whose log-probabilities are `frame` `(label,)`."""
    last = np.array([prefix[-1] if prefix else blank for prefix in beams.prefixes])
    rows = np.arange(len(last))
    total = beams.total

    stay_blank = total + frame[blank]
    stay_label = np.where(last == blank, -np.inf, beams.label + frame[last])

    longer = total[:, None] + frame
    longer[rows, last] = beams.blank + frame[last]  # the same label again is a new character only after a blank
    longer[:, blank] = -np.inf

    # A prefix made longer may be one that is already kept: both ways of getting there belong together.
    place = {prefix: row for row, prefix in enumerate(beams.prefixes)}
    for row, prefix in enumerate(beams.prefixes):
        parent = place.get(prefix[:-1]) if prefix else None
        if parent is not None:
            stay_label[row] = np.logaddexp(stay_label[row], longer[parent, prefix[-1]])
            longer[parent, prefix[-1]] = -np.inf

    scores = np.concatenate([np.logaddexp(stay_blank, stay_label), longer.ravel()])
    # The stable sort makes ties fall the same way every time: shorter prefixes that stay first, then by rank and label.
    kept = np.argsort(-scores, kind="stable")[:width]
    kept = kept[scores[kept] > -np.inf]
    stays = kept < len(rows)
    row, label = np.divmod(np.where(stays, 0, kept - len(rows)), len(frame))
    row = np.where(stays, kept, row)
    prefixes = tuple(
        beams.prefixes[r] if stay else (*beams.prefixes[r], int(c))
        for r, c, stay in zip(row, label, stays, strict=True)
    )
    return Beams(
        prefixes,
        np.where(stays, stay_blank[row], -np.inf),
        np.where(stays, stay_label[row], longer[row, label]),
    )


def search(log_probabilities: np.ndarray, blank: int, width: int) -> Beams:
    """Read all frames `(frame, label)` from left to right with at most `width` prefixes."""
    beams = start()
    for frame in log_probabilities:
        beams = advance(beams, frame, blank, width)
    return beams
