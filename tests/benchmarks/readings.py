"""What readings have in common where they go wrong, and whether the probability of a text means what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from explain.ctc import decoding
from explain.pictures import images
from explain.pictures.sheets import Layout, Lettering, sheet
from models import crnn

BINS = 10
TEMPERATURES = np.round(np.geomspace(0.5, 4, 25), 3)


@dataclass(frozen=True)
class Reading:
    """One word: the picture as the network sees it, (32, 128) in [0, 1]; the softmax, (31, 63); what is written; what
    the best path reads."""

    seen: np.ndarray
    frames: np.ndarray
    truth: str
    read: str

    @property
    def right(self) -> bool:
        return self.read == self.truth


def details(readings: Sequence[Reading], file: Path | None = None) -> dict:
    """Confusion pairs, accuracy by length and by case, reliability of the text's probability; the worst 50 as a PNG."""
    if file:
        worst_sheet(readings).save(file)
    return {
        "confusions": confusion_pairs([(r.truth, r.read) for r in readings]),
        "by_length": _shares(readings, lambda r: min(len(r.truth), 13)),
        "by_case": _shares(readings, lambda r: case(r.truth)),
        "reliability": reliability(readings),
    }


def confusion_pairs(pairs: Sequence[tuple[str, str]], most: int = 25) -> list[tuple[str, str, int]]:
    """(written, read, how often), commonest first; "" for a character left out or put in. From one shortest edit."""
    found: Counter = Counter()
    for truth, read in pairs:
        found.update((a, b) for a, b in aligned(truth, read) if a != b)
    return [(a, b, count) for (a, b), count in found.most_common(most)]


def aligned(a: str, b: str) -> list[tuple[str, str]]:
    """The characters of a and b side by side with the fewest differences, "" where one has none (Levenshtein 1966)."""
    cost = np.zeros((len(a) + 1, len(b) + 1), int)
    cost[:, 0], cost[0] = np.arange(len(a) + 1), np.arange(len(b) + 1)
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            cost[i, j] = min(cost[i - 1, j - 1] + (x != y), cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    i, j, answer = len(a), len(b), []
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (a[i - 1] != b[j - 1]):
            i, j = i - 1, j - 1
            answer.append((a[i], b[j]))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            answer.append((a[i], ""))
        else:
            j -= 1
            answer.append(("", b[j]))
    return answer[::-1]


def case(text: str) -> str:
    """How a word is written: "digits", "lower", "UPPER", "Capital" or "miXed"; by its letters where it has any."""
    letters = "".join(c for c in text if c.isalpha())
    if not letters:
        return "digits"
    if letters.islower():
        return "lower"
    if len(letters) > 1 and letters.isupper():
        return "UPPER"
    return "Capital" if letters[0].isupper() and not letters[1:].strip(letters[1:].lower()) else "miXed"


def _shares(readings: Sequence[Reading], key) -> dict:
    """For each group: words, share right, share right with case ignored."""
    groups: dict = {}
    for reading in readings:
        groups.setdefault(key(reading), []).append(reading)
    return {
        str(name): {
            "n": len(group),
            "word_accuracy": round(float(np.mean([r.right for r in group])), 4),
            "word_accuracy_ignore_case": round(float(np.mean([r.read.lower() == r.truth.lower() for r in group])), 4),
        }
        for name, group in sorted(groups.items(), key=lambda item: (str(type(item[0])), item[0]))
    }


def text_probability(frames: np.ndarray, text: str, temperature: float = 1.0) -> float:
    """Probability of a text over all its paths, the softmax (31, 63) taken at a temperature."""
    hot = frames.astype(np.float64) ** (1 / temperature)
    hot /= hot.sum(axis=1, keepdims=True)
    return float(np.exp(decoding.log_probability(hot, [crnn.LABELS.index(c) for c in text])))


def reliability(readings: Sequence[Reading]) -> dict:
    """Does a probability of 0.9 mean 90 %? Ten equal bins, and the temperature that makes the probabilities likeliest.

    Expected calibration error as in Guo et al. 2017, https://arxiv.org/abs/1706.04599.
    """
    right = np.array([r.right for r in readings])
    plain = np.array([text_probability(r.frames, r.read) for r in readings])
    losses = []
    for temperature in TEMPERATURES:
        p = np.clip([text_probability(r.frames, r.read, temperature) for r in readings], 1e-6, 1 - 1e-6)
        losses.append(float(-np.where(right, np.log(p), np.log1p(-p)).mean()))
    best = float(TEMPERATURES[int(np.argmin(losses))])
    at_best = np.array([text_probability(r.frames, r.read, best) for r in readings])
    return {
        "bins": bins(plain, right),
        "calibration_error": calibration_error(plain, right),
        "best_temperature": best,
        "calibration_error_at_best": calibration_error(at_best, right),
    }


def bins(probabilities: np.ndarray, right: np.ndarray) -> list[dict]:
    """Ten equal bins from 0 to 1: how many words, their mean probability, the share right; empty ones left out."""
    place = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return [
        {
            "n": int((place == b).sum()),
            "probability": round(float(probabilities[place == b].mean()), 4),
            "right": round(float(right[place == b].mean()), 4),
        }
        for b in range(BINS)
        if (place == b).any()
    ]


def calibration_error(probabilities: np.ndarray, right: np.ndarray) -> float:
    """Mean over all words of the distance between a bin's mean probability and its share of right ones."""
    return round(sum(b["n"] * abs(b["probability"] - b["right"]) for b in bins(probabilities, right)) / len(right), 4)


def worst_sheet(readings: Sequence[Reading], most: int = 50, columns: int = 5) -> Image.Image:
    """The misread words whose reading the network was surest of, surest first: picture, truth, reading."""
    wrong = [r for r in readings if not r.right]
    wrong.sort(key=lambda r: -text_probability(r.frames, r.read))
    wrong = wrong[:most]
    seen = [images.enlarge(Image.fromarray(np.rint(r.seen * 255).astype(np.uint8)), 2) for r in wrong]
    captions = [f"{r.truth}, read as {r.read or 'nothing'}" for r in wrong]
    layout = Layout((2 * crnn.WIDTH, 2 * crnn.HEIGHT), columns, gap=(14, 14), margin=7, below=14)
    return sheet(seen, layout, under=captions, lettering=Lettering.of(14))
