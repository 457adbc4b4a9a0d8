"""Every path through a few frames, written out: what each reads as, and what each text adds up to.

For small examples: with n labels and t frames there are n to the power of t paths. `explain.ctc.decoding` sums up the
same without listing them.

**Ref.** A. Graves et al., Connectionist Temporal Classification, ICML 2006, equations 2 and 3,
https://www.cs.toronto.edu/~graves/icml_2006.pdf
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from explain.ctc.decoding import collapse
from explain.ctc.lattice import Text

MOST = 10_000  # paths that are listed


@dataclass(frozen=True)
class Path:
    """labels: one a frame, blanks included. text: what is left when repeats are merged and blanks dropped.
    probability: the product of the frames' probabilities."""

    labels: Text
    text: Text
    probability: float


@dataclass(frozen=True)
class Reading:
    """A text with all the paths that read as it, the likeliest first; ties in the order of the labels."""

    text: Text
    paths: tuple[Path, ...]

    @property
    def probability(self) -> float:
        """Of the text: the sum over its paths."""
        return sum(path.probability for path in self.paths)


def paths(probabilities: np.ndarray, blank: int) -> list[Path]:
    """All paths, in the order of their labels. probabilities: `(frame, label)`.

    Raises ValueError, in one sentence, where there are too many to be listed.
    """
    frames, labels = np.shape(probabilities)
    if labels**frames > MOST:
        raise ValueError(f"{labels} labels over {frames} frames make {labels**frames:,} paths, too many to be listed.")
    return [
        Path(path, tuple(span.label for span in collapse(path, blank)), float(np.prod(probabilities[at, path])))
        for at in [np.arange(frames)]
        for path in product(range(labels), repeat=frames)
    ]


def readings(probabilities: np.ndarray, blank: int) -> list[Reading]:
    """Every text that can be read, the likeliest first; of equal ones the shorter first."""
    by_text: dict[Text, list[Path]] = {}
    for path in paths(probabilities, blank):
        by_text.setdefault(path.text, []).append(path)
    every = [Reading(text, tuple(sorted(own, key=lambda path: -path.probability))) for text, own in by_text.items()]
    return sorted(every, key=lambda reading: (-reading.probability, len(reading.text), reading.text))
