"""Occlusion of a recogniser with thousands of labels: what is kept are the labels asked for, and all others as one.

Six thousand labels at twenty frames under two hundred patches are 100 MB a word; the labels of its text with their
rivals are 1 MB, and every answer stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from explain.attribution.occlusion import Occlusion
from explain.attribution.targets import LOGITS, Character, TargetError, log_softmax

LEAST = 1e-30  # probability of all other labels together that is told from none


@dataclass(frozen=True)
class FewLabels:
    """As `Occlusion`, for characters whose label and rival are among a few.

    occlusion: its outputs are log-probabilities, of each of the labels and, last, of all others together.
    """

    occlusion: Occlusion
    labels: tuple[int, ...]

    @property
    def boxes(self) -> np.ndarray:
        return self.occlusion.boxes

    def drops(self, target: Character) -> np.ndarray:
        """As `Occlusion.drops`. Raises TargetError for a label that was not kept."""
        return self.occlusion.drops(self._placed(target))

    def map(self, target: Character) -> np.ndarray:
        """As `Occlusion.map`. Raises TargetError for a label that was not kept."""
        return self.occlusion.map(self._placed(target))

    def _placed(self, target: Character) -> Character:
        """The same target, its labels by their places among the few."""
        unknown = {target.label, target.rival} - {None, *self.labels}
        if unknown:
            raise TargetError(f"Of label {unknown.pop()} nothing was kept; cover the word again.")
        places = {label: place for place, label in enumerate(self.labels)}
        return replace(target, label=places[target.label], rival=places.get(target.rival))


def few(covered: Occlusion, labels: Iterable[int]) -> FewLabels:
    """What is asked of these labels, from an occlusion that kept `logits`, `(patch, frame, label)`."""
    kept = tuple(dict.fromkeys(labels))
    outputs = (
        {LOGITS: np.stack([_narrowed(frames, kept) for frames in batch[LOGITS]])}
        for batch in (covered.whole, covered.covered)
    )
    whole, under = outputs
    return FewLabels(replace(covered, whole=whole, covered=under), kept)


def _narrowed(logits: np.ndarray, labels: tuple[int, ...]) -> np.ndarray:
    """Log-probabilities `(frame, label + 1)` of the labels and of all others together."""
    log_p = log_softmax(logits.astype(np.float64))[:, list(labels)]
    others = np.log(np.maximum(1 - np.exp(log_p).sum(axis=1, keepdims=True), LEAST))
    return np.concatenate([log_p, others], axis=1).astype(np.float32)
