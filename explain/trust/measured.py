"""What was measured of a network's readings: a small file beside its weights, and the two scores that it gives.

**Ref.** D. Hendrycks, M. Mazeika, T. Dietterich, Deep Anomaly Detection with Outlier Exposure, ICLR 2019,
https://arxiv.org/abs/1812.04606: the scores are fitted on words against pictures of other things than those measured.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from explain.ctc import decoding
from explain.layers.activations import probabilities
from explain.network.description import Description
from explain.network.session import LOGITS
from explain.trust import features, regression

STEPS, WIDTH_OF_BELL = 50, 0.4  # of the curve; the width in log-odds
LEVELS = 5  # told apart in words: with more of them some would be off by 5 points on a thousand words by chance alone
REACH = 4.0  # deviations beyond which a feature counts no further


@dataclass(frozen=True, eq=False)
class Measured:
    """digest: of the network's files that it holds for. layer: whose means and spreads are used beside the scalars.

    mean, deviation: `(feature,)` over what it was fitted on. word: `(feature + 1,)` coefficients of the log-odds that
    the picture is a word, the constant last; right: `(scalar + 2,)` of those that a word's reading is right, the
    likeness being the last feature. steps, shares: a rising curve from these log-odds to the share that is right.
    edges, told: `(level - 1,)` between neighbouring levels of that share, and `(level,)` what is said of each, the
    share right of its words. least_like, least_right: below these a picture is not like a word, a reading not to be
    relied on. false_alarms, doubted: of the rightly read words of the fit, the share called not a word, and the share
    with either mark.
    """

    digest: str
    layer: str
    mean: np.ndarray
    deviation: np.ndarray
    word: np.ndarray
    right: np.ndarray
    steps: np.ndarray
    shares: np.ndarray
    edges: np.ndarray
    told: np.ndarray
    least_like: float
    least_right: float
    false_alarms: float
    doubted: float

    def scores(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Likeness in log-odds and share right, of feature vectors `(picture, feature)` as `vector` gives them."""
        scaled = standardised(vectors, self.mean, self.deviation)
        likeness = linear(scaled, self.word)
        return likeness, np.interp(linear(beside(scaled, likeness), self.right), self.steps, self.shares)

    def said(self, shares: np.ndarray) -> np.ndarray:
        """The same shares as coarsely as they are told: each the share of its level."""
        return self.told[np.searchsorted(self.edges, shares)]

    def save(self, path: Path) -> None:
        np.savez_compressed(path, **asdict(self))


def standardised(vectors: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Features in deviations from what is usual, within REACH."""
    return np.clip((vectors - mean) / deviation, -REACH, REACH)


def linear(values: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    return values @ coefficients[:-1] + coefficients[-1]


def beside(scaled: np.ndarray, likeness: np.ndarray) -> np.ndarray:
    """What tells right from wrong readings: the scalars, and the likeness within bounds."""
    return np.column_stack([scaled[:, : len(features.NAMES)], np.clip(likeness, -10, 10) / 3])


def last_sequence(description: Description, values: Mapping[str, np.ndarray]) -> str:
    """The last layer with one vector a frame before the answer; "" where there is none."""
    return next(reversed(features.sequences(description, values)), "")


def vector(description: Description, values: Mapping[str, np.ndarray], layer: str) -> np.ndarray:
    """`(feature,)` of one pass: the scalars of `features`, then what a layer's frames are like."""
    p = np.asarray(probabilities(description, values), np.float64)
    numbers = features.scalars(values[LOGITS], p, description.blank, description.labels)
    if not layer:
        return numbers
    return np.concatenate([numbers, features.pooled(values[layer], features.frames_read(p, description.blank))])


def reading(description: Description, values: Mapping[str, np.ndarray]) -> str:
    best = decoding.best_path(probabilities(description, values), description.blank)
    return decoding.text(best.labels, description.labels)


def load(path: Path, digest: str) -> Measured | None:
    """What such a file says; None where it was measured of other weights, or cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = {field.name: archive[field.name] for field in fields(Measured)}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    found = {name: array.item() if array.ndim == 0 else array for name, array in found.items()}
    return Measured(**found) if found["digest"] == digest else None


def digest_of(files: Iterable[Path]) -> str:
    """SHA-256 of the network's files, one after the other."""
    found = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(2**20):
                found.update(block)
    return found.hexdigest()


def measured_of(description: Description) -> Measured | None:
    """What was measured of this very network, where its card names such a file and the digest fits."""
    card = description.card
    if card is None or card.trust is None or description.blank is None or not card.trust.is_file():
        return None
    stamps = tuple((str(path), path.stat().st_mtime_ns) for path in [card.trust, *description.files])
    return _kept(stamps)


@lru_cache(maxsize=8)
def _kept(stamps: tuple[tuple[str, int], ...]) -> Measured | None:
    trust, *files = (Path(path) for path, _ in stamps)
    return load(trust, digest_of(files))


def curve(log_odds: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A smooth rising curve from log-odds to shares: at each step the share right of the words around it.

    What is around is told by a bell of WIDTH_OF_BELL; where the averages fall, neighbours are joined.
    **Ref.** B. Zadrozny, C. Elkan, Transforming Classifier Scores into Accurate Multiclass Probability Estimates, 2002.
    """
    steps = np.linspace(*np.quantile(log_odds, (0.01, 0.99)), STEPS)
    bell = np.exp(-0.5 * ((steps[:, None] - log_odds) / WIDTH_OF_BELL) ** 2)
    return steps, regression.isotonic(bell @ right / bell.sum(axis=1), bell.sum(axis=1))


def levels(shares: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Edges and told shares of at most LEVELS equally filled levels; words of one share stay in one."""
    edges = np.unique(np.quantile(shares, np.arange(1, LEVELS) / LEVELS))
    place = np.searchsorted(edges, shares)
    filled = np.unique(place)
    return edges[filled[1:] - 1], np.array([right[place == level].mean() for level in filled])
