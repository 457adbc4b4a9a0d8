"""Another path that reads as the same text: why a text is likelier than its best path."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from explain.ctc.decoding import collapse


class Detour(NamedTuple):
    """A path that differs from the best one at one frame and reads as the same text.

    label: what it says there. probability: of the whole path.
    """

    frame: int
    label: int
    probability: float


def detour(probabilities: np.ndarray, path: np.ndarray, blank: int) -> Detour | None:
    """The likeliest path that says something else at one frame and still reads the same; None where there is none."""
    return next(iter(detours(probabilities, path, blank)), None)


def detours(probabilities: np.ndarray, path: np.ndarray, blank: int) -> list[Detour]:
    """All paths that say something else at one frame and still read the same, the likeliest first.

    probabilities: `(frame, label)`. path: `(frame,)`, a label for every frame. Only the blank, and what a neighbour
    says, can stand in a frame without changing the text.
    """
    path = [int(label) for label in path]
    read = [span.label for span in collapse(path, blank)]
    whole = float(np.prod([probabilities[frame, label] for frame, label in enumerate(path)], dtype=np.float64))
    found = []
    for frame, said in enumerate(path):
        for label in {blank, *path[max(frame - 1, 0) : frame], *path[frame + 1 : frame + 2]} - {said}:
            other = [*path[:frame], label, *path[frame + 1 :]]
            if [span.label for span in collapse(other, blank)] != read or not probabilities[frame, said]:
                continue
            probability = whole * float(probabilities[frame, label]) / float(probabilities[frame, said])
            found.append(Detour(frame, label, probability))
    return sorted(found, key=lambda one: -one.probability)
