"""What one pass of a CTC network tells of how far its reading can be believed, as numbers.

Logits are `(frame, label)`, sequences `(frame, feature)`. Nothing here knows which network it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from explain.ctc import decoding
from explain.network.description import Description
from explain.network.session import LOGITS

LEAST = 1e-12  # below it probabilities are all the same: none


def energies(logits: np.ndarray) -> np.ndarray:
    """`(frame,)` log of the sum of the exponentials of a frame's logits: low where nothing known is seen.

    **Ref.** W. Liu, X. Wang, J. Owens, Y. Li, Energy-based Out-of-distribution Detection, NeurIPS 2020,
    https://arxiv.org/abs/2010.03759
    """
    logits = np.asarray(logits, np.float64)
    largest = logits.max(axis=1)
    return largest + np.log(np.exp(logits - largest[:, None]).sum(axis=1))


def entropies(probabilities: np.ndarray) -> np.ndarray:
    """`(frame,)` in nats: how undecided each frame is."""
    p = np.clip(np.asarray(probabilities, np.float64), LEAST, 1)
    return -(p * np.log(p)).sum(axis=1)


def confidences(probabilities: np.ndarray, spans: Sequence[decoding.Span]) -> np.ndarray:
    """`(character,)` the largest probability of each character of the best path among its frames."""
    return np.array([probabilities[span.start : span.end, span.label].max() for span in spans])


def margins(probabilities: np.ndarray, spans: Sequence[decoding.Span]) -> np.ndarray:
    """`(character,)` log of each character's probability over the next best label's, in its surest frame."""
    found = []
    for span in spans:
        frame = span.start + int(probabilities[span.start : span.end, span.label].argmax())
        others = np.delete(probabilities[frame], span.label)
        found.append(np.log(max(probabilities[frame, span.label], LEAST) / max(others.max(), LEAST)))
    return np.array(found)


def switches(text: str) -> int:
    """How often the kind of character changes as it seldom does in a word: "aB", "a1", "1a"; not "Ab"."""
    return sum(
        _kind(left) != _kind(right) and not (left.isupper() and right.islower()) for left, right in pairwise(text)
    )


def _kind(character: str) -> str:
    return "digit" if character.isdigit() else "upper" if character.isupper() else "other"


NAMES = (
    "energy, mean",
    "energy, least",
    "energy, largest",
    "energy, spread",
    "energy of the characters, mean",
    "energy of the characters, least",
    "entropy, mean",
    "entropy, largest",
    "best path's log-probability",
    "text's log-probability",
    "text's log-odds",
    "confidence, mean",
    "confidence, least",
    "margin, mean",
    "margin, least",
    "characters",
    "log-probability a character",
    "frames a character",
    "frames before the first character",
    "frames behind the last character",
    "widest gap in frames",
    "switches",
    "switches a character",
)


def scalars(logits: np.ndarray, probabilities: np.ndarray, blank: int, labels: Sequence[str]) -> np.ndarray:
    """One number for each of NAMES. Shares are of all frames, so that a network's number of frames does not matter.

    Of an empty reading the characters' numbers are those of the frames: energies and confidences of the likeliest
    character that was not read.
    """
    frames = len(logits)
    energy, entropy = energies(logits), entropies(probabilities)
    best = decoding.best_path(probabilities, blank)
    log_p = decoding.log_probability(probabilities, best.labels, blank)
    spans = best.spans or (_nearest(probabilities, blank),)
    middles = np.array([(span.start + span.end - 1) / 2 for span in spans])
    seen = energy[np.concatenate([np.arange(span.start, span.end) for span in spans])]
    sure, margin = confidences(probabilities, spans), margins(probabilities, spans)
    text = "".join(labels[label] for label in best.labels)
    count = len(best.labels)
    log_p, path = max(log_p, -100.0), max(best.log_probability, -100.0)
    return np.array(
        [
            *(energy.mean(), energy.min(), energy.max(), energy.std(), seen.mean(), seen.min()),
            *(entropy.mean(), entropy.max(), path, log_p, log_p - np.log(max(-np.expm1(min(log_p, 0.0)), 1e-6))),
            *(sure.mean(), sure.min(), margin.mean(), margin.min(), count, log_p / max(count, 1)),
            *((middles[-1] - middles[0]) / max(count - 1, 1) / frames, middles[0] / frames),
            *(1 - middles[-1] / frames, np.diff(middles).max(initial=0) / frames),
            *(switches(text), switches(text) / max(count, 1)),
        ]
    )


def _nearest(probabilities: np.ndarray, blank: int) -> decoding.Span:
    """The frame and label of the likeliest character where all frames say blank."""
    others = np.array(probabilities, np.float64)
    others[:, blank] = -1
    frame, label = np.unravel_index(int(others.argmax()), others.shape)
    return decoding.Span(int(label), int(frame), int(frame) + 1)


def sequences(description: Description, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The late layers that have one vector a frame: `(frame, feature)` by layer, the network's answer left out."""
    frames = len(values[LOGITS])
    return {
        name: values[name]
        for name in description.layer_names
        if name != description.output.name and values[name].ndim == 2 and len(values[name]) == frames
    }


def pooled(sequence: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Mean and spread of each feature over all frames, and its mean over the frames `read`, that carry characters."""
    sequence = np.asarray(sequence, np.float64)
    return np.concatenate([sequence.mean(axis=0), sequence.std(axis=0), sequence[read].mean(axis=0)])


def frames_read(probabilities: np.ndarray, blank: int) -> np.ndarray:
    """`(frame,)` which frames carry characters on the best path; the likeliest one where nothing is read."""
    read = probabilities.argmax(axis=1) != blank
    if not read.any():
        read[_nearest(probabilities, blank).start] = True
    return read
