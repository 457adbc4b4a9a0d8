"""A unit worked out by hand, as a plain record for each kind of layer; `explain.layers.recompute` fills them in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

TOLERANCE = 1e-4
GATES = ("input", "forget", "candidate", "output")  # in the order of Keras's arrays


@dataclass(frozen=True)
class Unit:
    """One unit's value and where it came from.

    inputs, weights, products: what is weighed, with what, and `inputs * weights`; their shapes are the subclass's.
    sums: the products added up by where they came from. bias: what is added to them. before: the value before the
    activation. by_hand, by_runtime: the value worked out here, and the one ONNX Runtime gave.
    """

    layer: str
    channel: int
    place: tuple[int, int]
    inputs: np.ndarray
    weights: np.ndarray
    products: np.ndarray
    sums: np.ndarray
    bias: float | np.ndarray
    before: float | np.ndarray
    by_hand: float
    by_runtime: float

    @property
    def difference(self) -> float:
        return abs(self.by_hand - self.by_runtime)

    @property
    def allowed(self) -> float:
        """How far apart both values may be: 1e-4, and so much of the value where that is above one."""
        return TOLERANCE * max(1.0, abs(self.by_hand))

    @property
    def agrees(self) -> bool:
        """Whether both values are the same but for what is allowed; never so for NaN and infinity."""
        return bool(self.difference <= self.allowed) and math.isfinite(self.difference)

    @property
    def order(self) -> np.ndarray:
        """Indices into `sums`, those with the largest absolute value first; ties keep their order."""
        return np.argsort(-np.abs(self.sums), axis=0, kind="stable")

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        """Channel and place, in the layer before, of the input with the largest absolute product (first of equals)."""
        return self.channel, self.place


@dataclass(frozen=True)
class Convolution(Unit):
    """inputs, weights, products: `(kernel height, kernel width, input channel)`; sums: `(input channel,)`.

    corner: `(top, left)` of the window in the input, negative in the padding. outside: `(kernel height, kernel width)`,
    True where the window lies beyond the input's edge and reads zero.
    """

    corner: tuple[int, int]
    outside: np.ndarray

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        sizes = np.where(self.outside[:, :, None], -1.0, np.abs(self.products))
        y, x, channel = (int(index) for index in np.unravel_index(sizes.argmax(), sizes.shape))
        return channel, (self.corner[0] + y, self.corner[1] + x)


@dataclass(frozen=True)
class MaxPooling(Unit):
    """inputs, products: `(height, width)` of the window; weights: one for the winner, the first of equals, else zero.

    corner: `(top, left)` of the window in the input. winner: `(y, x)` in the input of the value that was kept.
    """

    corner: tuple[int, int]
    winner: tuple[int, int]

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        return self.channel, self.winner


@dataclass(frozen=True)
class BatchNormalisation(Unit):
    """inputs: the one value, shape `()`; weights: gamma / sqrt(variance + epsilon); bias: beta - mean * weights."""

    gamma: float
    beta: float
    mean: float
    variance: float
    epsilon: float


@dataclass(frozen=True)
class Copy(Unit):
    """A value handed on as it is. source: its `(y, x)` in the layer before, in channel `source_channel`."""

    source: tuple[int, int]
    source_channel: int

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        return self.source_channel, self.source


@dataclass(frozen=True)
class LstmStep(Unit):
    """One unit of one direction at one step.

    inputs: `(features + units,)`, the layer's input at this step, then its own hidden state after the step before (in
    reading order: for the backward direction that is the step to the right). weights, products: `(4, features +
    units)`, one row a gate in the order of GATES. sums: `(4, 2)`, from the input and from the hidden state. bias,
    before, gates: `(4,)`; gates are after sigmoid (input, forget, output) or tanh (candidate).
    cell_before, cell: the unit's memory before and after this step; by_hand = output gate * tanh(cell).
    """

    direction: str
    unit: int
    features: int
    gates: np.ndarray
    cell_before: float
    cell: float

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        """Of the step's input alone, its products with all four gates taken together."""
        return int(np.abs(self.products[:, : self.features]).sum(0).argmax()), self.place


@dataclass(frozen=True)
class Dense(Unit):
    """inputs, weights, products, sums: `(input,)`; before: the logit. logits, probabilities: of all, `(class,)`."""

    logits: np.ndarray
    probabilities: np.ndarray

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        return int(self.order[0]), self.place


@dataclass(frozen=True)
class Mean(Unit):
    """inputs, products: `(height, width)`, one channel; weights: one over the number of places, each; sums: one."""

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        y, x = (int(index) for index in np.unravel_index(np.abs(self.inputs).argmax(), self.inputs.shape))
        return self.channel, (y, x)
