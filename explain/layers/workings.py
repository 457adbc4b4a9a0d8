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

    source: the layer in which `biggest` lies, of several the one that gives most. inputs, weights, products: what is
    weighed, with what, and `inputs * weights`; their shapes are the subclass's. Where a normalisation is a part of the
    layer its scale is in the weights, and its shift in the bias.
    sums: the products added up by where they came from. bias: what is added to them. before: the value before the
    activation. activation: what follows, such as "relu", or None. by_hand, by_runtime: the value worked out here, and
    the one ONNX Runtime gave.
    """

    layer: str
    channel: int
    place: tuple[int, int]
    source: str
    activation: str | None
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
        """Channel and place, in the layer `source`, of the input with the largest absolute product; first of equals."""
        return self.channel, self.place


@dataclass(frozen=True)
class Convolution(Unit):
    """inputs, weights, products: `(kernel height, kernel width, input channel)`; sums: `(input channel,)`.

    The input channels are those of the filter's group, from `first_channel` on.
    corner: `(top, left)` of the window in the input, negative in the padding. outside: `(kernel height, kernel width)`,
    True where the window lies beyond the input's edge and reads zero.
    """

    corner: tuple[int, int]
    outside: np.ndarray
    dilation: tuple[int, int]
    first_channel: int

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        sizes = np.where(self.outside[:, :, None], -1.0, np.abs(self.products))
        y, x, channel = (int(index) for index in np.unravel_index(sizes.argmax(), sizes.shape))
        place = (self.corner[0] + y * self.dilation[0], self.corner[1] + x * self.dilation[1])
        return self.first_channel + channel, place


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
class AveragePooling(Unit):
    """inputs, products: `(height, width)` of the window; weights: one over how many count, zero where none does.

    corner: `(top, left)` of the window in the input. outside: `(height, width)`, True beyond the input's edge.
    """

    corner: tuple[int, int]
    outside: np.ndarray

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        sizes = np.where(self.outside, -1.0, np.abs(self.products))
        y, x = (int(index) for index in np.unravel_index(sizes.argmax(), sizes.shape))
        return self.channel, (self.corner[0] + y, self.corner[1] + x)


@dataclass(frozen=True)
class Combination(Unit):
    """The sum or the product of the values that several layers have at one place.

    operation: "add" or "multiply". inputs, weights, products: one a layer, in the order of `sources`; of a product each
    weight is what all the other values multiply to. places: where each value lies, as (channel, (y, x)).
    """

    operation: str
    sources: tuple[str, ...]
    places: tuple[tuple[int, tuple[int, int]], ...]

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        return self.places[self.sources.index(self.source)]


@dataclass(frozen=True)
class Curve(Unit):
    """One value through an activation function; inputs: the value, shape `()`; weights: 1."""


@dataclass(frozen=True)
class Softmax(Unit):
    """inputs: the values of all channels at the unit's place, `(class,)`; weights: one for its own, else zero.

    probabilities: `(class,)`, of which the unit is one.
    """

    probabilities: np.ndarray


@dataclass(frozen=True)
class BatchNormalisation(Unit):
    """inputs: the one value, shape `()`; weights: gamma / sqrt(variance + epsilon); bias: beta - mean * weights."""

    gamma: float
    beta: float
    mean: float
    variance: float
    epsilon: float


@dataclass(frozen=True)
class Scaling(Unit):
    """A scale and a shift of the channel: one number in each array, the scale being the weight, the shift the bias."""


@dataclass(frozen=True)
class Copy(Unit):
    """A value handed on as it is. source_place: its `(y, x)` in the layer `source`, in channel `source_channel`."""

    source_place: tuple[int, int]
    source_channel: int

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        return self.source_channel, self.source_place


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
    step: int
    features: int
    gates: np.ndarray
    cell_before: float
    cell: float

    @property
    def biggest(self) -> tuple[int, tuple[int, int]]:
        """Of the step's input alone, its products with all four gates taken together."""
        return int(np.abs(self.products[:, : self.features]).sum(0).argmax()), (0, self.step)


@dataclass(frozen=True)
class Dense(Unit):
    """inputs, weights, products, sums: `(input,)`; before: the logit. logits, probabilities: of all, `(class,)`.

    probabilities: None where no softmax follows.
    """

    logits: np.ndarray
    probabilities: np.ndarray | None

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
