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
from explain.network.description import Description
from explain.network.session import LOGITS, Network

AT_ONCE = 4  # words of one size in a pass
VALUES, VALUES_OF_ALL = 2048, 512  # of a layer at one place, at most: of two characters, and where there are thousands
LEAST = 4  # examples of a character, of which there are two on either side at best
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


def measured(
    network: Network, examples: Iterable[Example], of: int, on_step: OnStep | None = None, most: int = VALUES
) -> Curve | None:
    """of: how many examples there are, for the progress. most: values of a layer at one place.

    Returns None where `on_step` returned False.
    Raises ValueError, in one sentence, where too few of the words can be read by the network at all.
    """
    description = network.description
    gathered, coming = _Gathered(most), iter(examples)
    while batch := list(islice(coming, AT_ONCE)):
        for same in _of_one_size(batch):
            _run(network, same, gathered)
        gathered.words += len(batch)
        if on_step is not None and not on_step(gathered.words, of):
            return None
    return gathered.curve(description)


def _of_one_size(examples: Iterable[Example]) -> list[list[Example]]:
    by_size: dict[tuple, list[Example]] = {}
    for example in examples:
        by_size.setdefault(example.batch.shape, []).append(example)
    return list(by_size.values())


class _Gathered:
    """Values at the places of all words so far."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.values: dict[str, list[np.ndarray]] = {}
        self.classes: list[int] = []
        self.halves: list[bool] = []
        self.words = 0

    def add(self, example: Example, values: dict[str, np.ndarray]) -> None:
        for layer, at in values.items():
            self.values.setdefault(layer, []).append(at[list(example.places)].astype(np.float32))
        self.classes += example.classes
        self.halves += [example.half] * len(example.places)

    def curve(self, description: Description) -> Curve:
        classes, halves = np.array(self.classes, int), np.array(self.halves, bool)
        counts = [np.bincount(classes[side], minlength=classes.max(initial=0) + 1) for side in (halves, ~halves)]
        enough = np.minimum(*counts) >= LEAST // 2
        if enough.sum() < 2:
            raise ValueError("The network has too few frames for these words, so their characters have no place.")
        kept = enough[classes]
        _, classes = np.unique(classes[kept], return_inverse=True)
        layers = {}
        for layer in description.layers:
            parts = self.values.pop(layer.name, [])
            if sum(map(len, parts)) == len(kept):
                values = np.concatenate(parts)[kept].astype(np.float64)
                layers[layer.name] = ridge.separation(values, classes, halves[kept])
        return Curve(layers, ridge.chance(classes), int(classes.max()) + 1, self.words)


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
        gathered.add(example, at_characters(description, values, softmax[at], labels, where, gathered.most))
