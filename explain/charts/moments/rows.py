"""The rows of a heat map that stay the same at every moment of a training."""

from __future__ import annotations

import numpy as np

from explain.charts.ctc import MOST_ROWS
from explain.ctc.alphabet import Alphabet


def over_time(probabilities: np.ndarray, text: str, alphabet: Alphabet, most: int = MOST_ROWS) -> list[int]:
    """Labels that get a row: the blank, those of the word in order, then what was ever believed most of the others.

    probabilities: `(moment, frame, label)`.
    """
    rows = [alphabet.blank, *dict.fromkeys(label for _, label in alphabet.split(text) if label >= 0)]
    others = [int(label) for label in np.argsort(-probabilities.max(axis=(0, 1)), kind="stable")]
    return [*rows, *(label for label in others if label not in rows)][: max(most, len(rows))]
