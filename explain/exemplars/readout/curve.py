"""Which layer first tells one character from another: a read-out at every layer, over words that the network reads.

curve = measured(network, twins(description, ("e", "c")), chance=0.5)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np

from explain.exemplars.chosen_words import frames_needed
from explain.exemplars.readout import ridge
from explain.exemplars.readout.places import at_characters
from explain.exemplars.readout.ridge import Separation
from explain.exemplars.readout.words import Example
from explain.layers.activations import probabilities
from explain.layers.frames import frames
from explain.network.session import LOGITS, Network

AT_ONCE = 4  # words of one size in a pass
LEAST = 2  # examples of a character on either side
TELLS = 0.95  # the share from which a layer is said to tell them apart

OnStep = Callable[[int, int], bool]


@dataclass(frozen=True)
class Curve:
    """layers: how well each tells the classes apart, in order, the picture first. chance: of guessing. classes: how
    many there are. words: how many were read."""

    layers: dict[str, Separation]
    chance: float
    classes: int
    words: int

    def first(self, share: float = TELLS) -> str | None:
        """The first layer that reads out so much right; None where none does."""
        return next((name for name, one in self.layers.items() if one.share >= share), None)


def measured(network: Network, examples: Iterable[Example], of: int, on_step: OnStep | None = None) -> Curve | None:
    """of: how many examples there are, for the progress.

    Returns None where `on_step` returned False.
    Raises ValueError, in one sentence, where too few of the words can be read by the network at all.
    """
    gathered, coming, steps = _Gathered(), iter(examples), _Steps(of, len(network.description.layers), on_step)
    while batch := list(islice(coming, AT_ONCE)):
        for same in _of_one_size(batch):
            _run(network, same, gathered)
        if not steps.read(len(batch)):
            return None
    classes, halves, kept = gathered.split()
    layers = {}
    for layer in network.description.layers:
        values = gathered.of_layer(layer.name, kept)
        if values is not None:
            layers[layer.name] = ridge.separation(values, classes, halves)
        if not steps.fitted():
            return None
    return Curve(layers, ridge.chance(classes), int(classes.max()) + 1, steps.words)


class _Steps:
    """Progress: a step a word, and as many for fitting all layers as for a quarter of the words."""

    def __init__(self, words: int, layers: int, on_step: OnStep | None) -> None:
        self.words, self._tell = 0, on_step or (lambda done, of: True)
        self._done, self._a_layer = 0, max(1, words // (4 * layers))
        self._of = words + layers * self._a_layer

    def read(self, words: int) -> bool:
        self.words += words
        return self._more(words)

    def fitted(self) -> bool:
        return self._more(self._a_layer)

    def _more(self, steps: int) -> bool:
        self._done += steps
        return self._tell(self._done, max(self._of, self._done))


def _of_one_size(examples: Iterable[Example]) -> list[list[Example]]:
    by_size: dict[tuple, list[Example]] = {}
    for example in examples:
        by_size.setdefault(example.batch.shape, []).append(example)
    return list(by_size.values())


class _Gathered:
    """Values at the places of all words so far."""

    def __init__(self) -> None:
        self.values: dict[str, list[np.ndarray]] = {}
        self.classes: list[int] = []
        self.halves: list[bool] = []

    def add(self, example: Example, values: dict[str, np.ndarray]) -> None:
        for layer, at in values.items():
            self.values.setdefault(layer, []).append(at[list(example.places)].astype(np.float32))
        self.classes += example.classes
        self.halves += [example.half] * len(example.places)

    def split(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Classes and halves of the examples that count, and which of all those are; of rare classes none do."""
        classes, halves = np.array(self.classes, int), np.array(self.halves, bool)
        count = classes.max(initial=0) + 1
        enough = np.minimum(*(np.bincount(classes[side], minlength=count) for side in (halves, ~halves))) >= LEAST
        if enough.sum() < 2:
            raise ValueError("The network has too few frames for these words, so their characters have no place.")
        kept = enough[classes]
        return np.unique(classes[kept], return_inverse=True)[1], halves[kept], kept

    def of_layer(self, layer: str, kept: np.ndarray) -> np.ndarray | None:
        """`(n, value)`, handed over for good; None for a layer without places."""
        parts = self.values.pop(layer, [])
        return np.concatenate(parts)[kept] if sum(map(len, parts)) == len(kept) else None


def _run(network: Network, examples: list[Example], gathered: _Gathered) -> None:
    """One pass over words of one size."""
    description = network.description
    batch = np.concatenate([example.batch for example in examples])
    outputs = network.run(batch)
    softmax = probabilities(description, outputs)
    where = frames(description, softmax.shape[1], batch.shape[2])
    for at, example in enumerate(examples):
        if frames_needed(example.text) > softmax.shape[1]:
            continue
        values = {name: value[at] for name, value in outputs.items() if name != LOGITS}
        values[description.input.name] = example.batch[0]
        labels = [description.labels.index(character) for character in example.text]
        gathered.add(example, at_characters(description, values, softmax[at], labels, where))
