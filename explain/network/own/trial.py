"""A network run on sample pictures as if it were answered: which labels its frames say, how likely its classes are.

The network is anything with `.description` and `.run(batch, layers)` as `explain.network.session.Network` has them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from explain.ctc.decoding import collapse
from explain.network.errors import NetworkError
from models.preprocessing import Preprocessing, fitting_size

LEVELS = (255, 128, 0)  # of the pictures with nothing on them: white, grey, black
Read = tuple[int, ...]


class Trial:
    """Runs of one network, each picture prepared in the way that is tried."""

    def __init__(self, network):
        self.network = network
        self.description = network.description
        self._lying = self.description.input_axes.index("W") < self.description.input_axes.index("H")

    def outputs(self, wanted: Preprocessing, pictures: Iterable[Image.Image], layer: str) -> list[np.ndarray]:
        """What the layer puts out for each picture, without the batch. Raises NetworkError where the network takes no
        such pictures."""
        smallest = self.description.smallest
        batches = [wanted.prepare(picture, *fitting_size(wanted, picture.size, smallest)) for picture in pictures]
        found: list[np.ndarray | None] = [None] * len(batches)
        for shape in dict.fromkeys(batch.shape for batch in batches):
            places = [place for place, batch in enumerate(batches) if batch.shape == shape]
            together = np.concatenate([batches[place] for place in places])
            if wanted.transposed != self._lying:
                together = together.transpose(0, 2, 1, 3)
            for place, output in zip(places, self.network.run(together, [layer])[layer], strict=True):
                found[place] = output
        return found

    def probabilities(self, wanted: Preprocessing, pictures: Iterable[Image.Image]) -> list[np.ndarray]:
        """Of the last layer's units, `(frame, unit)` or `(unit,)` for each picture, whether or not it is a softmax."""
        return [_softmax(values) for values in self.outputs(wanted, pictures, self.description.output.name)]

    def blank(self, wanted: Preprocessing) -> tuple[int, float]:
        """The unit that wins most frames of pictures with nothing on them, and the share of the frames that it wins."""
        height = wanted.height or 32
        size = (wanted.width or 3 * height, height)
        mode = "L" if wanted.colour == "grey" else "RGB"
        frames = self.probabilities(wanted, [Image.new("L", size, level).convert(mode) for level in LEVELS])
        units, counts = np.unique(np.concatenate(frames).argmax(axis=-1), return_counts=True)
        return int(units[counts.argmax()]), float(counts.max() / counts.sum())


def _softmax(values: np.ndarray) -> np.ndarray:
    """Probabilities of logits, over the last axis; what adds up to 1 already is taken as it is."""
    if not np.isfinite(values).all():
        raise NetworkError("The network answers with values that are not finite.")
    values = values.astype(np.float64)
    if values.size and values.min() >= 0 and np.abs(values.sum(axis=-1) - 1).max() < 1e-3:
        return values
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def alike(read: str, text: str) -> float:
    """1 for the same text, whatever the case and width of its characters; less by a character's share for each that
    has to be changed."""
    read, text = (unicodedata.normalize("NFKC", each).lower() for each in (read, text))
    if not text or not read:
        return float(read == text)
    return max(0.0, 1 - _distance(read, text) / max(len(read), len(text)))


def _distance(a: str, b: str) -> int:
    """The fewest characters inserted, left out or exchanged between two texts (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]


def by_labels(labels: Sequence[str], reads: list[Read], texts: Sequence[str]) -> list[float]:
    """How well texts were read, each from 0 to 1, by a network whose labels are known."""
    return [alike("".join(labels[unit] for unit in read), text) for read, text in zip(reads, texts, strict=True)]


def by_pattern(reads: list[Read], texts: Sequence[str]) -> list[float]:
    """How well texts may have been read by a network whose labels nobody knows.

    A text read right has as many characters as units were read, and one unit for each of its characters, the same
    wherever the character comes in any text. What is counted are characters whose unit is the one that they mostly
    have, while no other character has that one more often.
    """
    fitting = [len(read) == len(text) for read, text in zip(reads, texts, strict=True)]
    pairs: dict[tuple[str, int], int] = {}
    for fits, read, text in zip(fitting, reads, texts, strict=True):
        for unit, character in zip(read, text, strict=True) if fits else ():
            pairs[character, unit] = pairs.get((character, unit), 0) + 1
    best_unit: dict[str, int] = {}
    best_character: dict[int, str] = {}
    for (character, unit), _ in sorted(pairs.items(), key=lambda entry: -entry[1]):
        best_unit.setdefault(character, unit)
        best_character.setdefault(unit, character)

    def right(read: Read, text: str) -> float:
        agreed = [best_unit[c] == u and best_character[u] == c for c, u in zip(text, read, strict=True)]
        return sum(agreed) / len(agreed) if agreed else 0.0

    return [right(*pair[1:]) if pair[0] else 0.0 for pair in zip(fitting, reads, texts, strict=True)]


def read_units(frames: np.ndarray, blank: int) -> Read:
    """The units that the best path of `(frame, unit)` collapses to."""
    return tuple(span.label for span in collapse(frames.argmax(axis=-1), blank))


def sureness(frames: np.ndarray) -> float:
    """The logarithm of the best path's probability, on average over the frames."""
    return float(np.log(frames.max(axis=-1)).mean())
