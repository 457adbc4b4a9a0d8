"""One word as a CTC network read it: all that a report needs, and the reading as plain numbers and texts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explain.ctc import alternatives, decoding
from explain.ctc.alphabet import Alphabet
from explain.layers import activations, lstm
from explain.layers.frames import Frames
from explain.network.costs.layers import Cost
from explain.network.description import Description
from explain.network.layers import Layer
from explain.report.files import by, channel_names
from explain.trust import wording
from explain.trust.trust import Trust
from models.prepared import Prepared

BEAMS, TEXTS = 25, 10


class ReportError(ValueError):
    """What was handed in does not belong together; the message is one sentence for the reader."""


@dataclass(frozen=True)
class Read:
    """One word as a CTC network read it.

    title: what the word is called, any text. frames: where they lie on the picture. picture: `(height, width)` from 0
    to 1, grey, as the network sees it. values: every layer's output without the batch, and the logits. weights: of each
    recurrent layer by role, as `explain.network.weights` reads them. trust: how far the reading can be believed.
    prepared: the picture as it was handed in, and what was done to it. costs: of each layer. Raises ReportError
    where a layer is missing.
    """

    title: str
    network: Description
    frames: Frames
    picture: np.ndarray
    values: dict[str, np.ndarray]
    weights: Mapping[str, Mapping[str, np.ndarray]]
    trust: Trust = Trust()
    prepared: Prepared | None = None
    costs: tuple[Cost, ...] = ()

    def __post_init__(self):
        missing = [name for name in self.network.layer_names if name not in self.values]
        missing += [name for name, _ in self.recurrent if name not in self.weights]
        if missing:
            raise ReportError(f"There are no values or weights of {', '.join(missing)}: hand in every layer.")
        wanted = self.network.input_shape[:2]
        given = np.shape(self.picture)
        if len(given) != 2 or any(length not in (None, own) for length, own in zip(wanted, given, strict=True)):
            size = by(wanted)
            raise ReportError(f"The picture must be {size} numbers, but its shape is {np.shape(self.picture)}.")

    @property
    def recurrent(self) -> list[tuple[str, str]]:
        """Recurrent layers in order, each with the layer it is fed by."""
        return [(layer.name, layer.inputs[0]) for layer in self.network.of_kind("lstm")]

    @property
    def probabilities(self) -> np.ndarray:
        return activations.probabilities(self.network, self.values)

    @property
    def line(self) -> str:
        """How far the reading can be believed, in words, and what the network can read at all."""
        return " ".join(wording.sentences(self.trust, self.prepared, self.network))

    @cached_property
    def alphabet(self) -> Alphabet:
        return Alphabet(self.network.labels, self.network.blank)

    @cached_property
    def best(self) -> decoding.BestPath:
        return decoding.best_path(self.probabilities, self.alphabet.blank)

    @cached_property
    def lattice(self) -> decoding.Lattice:
        return decoding.lattice(self.probabilities, self.best.labels, self.alphabet.blank)

    @cached_property
    def alignment(self) -> decoding.Alignment:
        return decoding.forced_alignment(self.probabilities, self.best.labels, self.alphabet.blank)

    @cached_property
    def texts(self) -> list[tuple[str, float]]:
        """The likeliest texts that a beam search ends with, each with its exact log-probability."""
        texts = decoding.n_best(self.probabilities, BEAMS, TEXTS, self.alphabet.blank)
        return [(self.alphabet.text(labels), log_probability) for labels, log_probability in texts]

    @cached_property
    def characters(self) -> tuple[alternatives.Character, ...]:
        return alternatives.characters(self.probabilities, self.best.labels, self.alphabet.blank)

    @cached_property
    def traces(self) -> dict[str, lstm.Trace]:
        """Every direction of every recurrent layer by the name `layer_direction`."""
        return {
            f"{layer}_{direction}": lstm.trace(self.values[fed], self.weights[layer], direction)
            for layer, fed in self.recurrent
            for direction in self.network.layer(layer).directions
        }

    def names(self, layer: Layer) -> list[str]:
        """What each channel of a layer is called."""
        if layer is self.network.layers[-1]:
            return [self.alphabet.name(label) for label in range(len(self.network.labels))]
        return channel_names(layer, self.values[layer.name].shape[-1])


def reading(read: Read) -> dict:
    """What was read, as plain numbers and texts for JSON; frames and labels count from 0, an end is left out.

    An impossible probability has no logarithm and is null, as is a rival where no other character is possible.
    """
    alphabet, best = read.alphabet, read.best
    return {
        "title": read.title,
        "network": read.network.title,
        "alphabet": alphabet.text(label for label in range(len(alphabet.labels)) if label != alphabet.blank),
        "trust": {
            "line": read.line,
            "believed": read.trust.believed,
            "right": read.trust.right,
            "likeness": read.trust.likeness,
            "caveats": [{"kind": caveat.kind, "sentence": caveat.sentence} for caveat in read.trust.caveats],
        },
        "best_path": {
            "text": alphabet.text(best.labels),
            "path": [alphabet.name(label) for label in best.path],
            "labels": best.path.tolist(),
            "log_probability": _finite(best.log_probability),
            "probability": best.probability,
            "text_log_probability": _finite(read.lattice.log_probability),
            "text_probability": math.exp(read.lattice.log_probability),
            "spans": [
                {"character": alphabet.name(span.label), "start": span.start, "end": span.end} for span in best.spans
            ],
        },
        "texts": [
            {"text": text, "log_probability": _finite(value), "probability": math.exp(value)}
            for text, value in read.texts
        ],
        "characters": [
            {
                "character": alphabet.name(character.label),
                "start": character.span[0],
                "end": character.span[1],
                "posterior": character.posterior,
                "surest_frame": character.peak,
                "rival": None if character.rival is None else alphabet.name(character.rival),
                "rival_log_ratio": _finite(character.log_ratio),
            }
            for character in read.characters
        ],
        "frames": [{"columns": list(columns)} for columns in read.frames.seen],
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
