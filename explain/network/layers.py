"""A layer of a network as a person would call one, told as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = (
    "input",
    "conv",
    "max_pool",
    "average_pool",
    "batch_norm",
    "scaling",
    "activation",
    "add",
    "multiply",
    "concat",
    "reshape",
    "flatten",
    "lstm",
    "dense",
    "global_average_pool",
    "softmax",
    "other",
)
WEIGHING = ("conv", "lstm", "dense")  # they weigh what they take; what stands between these puts out nearly the same
WINDOW, PLACE, WHOLE = "window", "place", "whole"
Pair = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """What a layer slides over its input; pairs are (vertical, horizontal).

    padding: rows before and after, then columns before and after, ((top, bottom), (left, right)).
    """

    kernel: Pair
    stride: Pair = (1, 1)
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)

    @property
    def extent(self) -> Pair:
        """Rows and columns from the first to the last that one unit reads."""
        return tuple((kernel - 1) * step + 1 for kernel, step in zip(self.kernel, self.dilation, strict=True))


@dataclass(frozen=True)
class Stored:
    """Where an array of weights lies in the file, and how it is brought to Keras's order.

    tensors: names in the file, of initializers or of what constant nodes make of them; several are added up, and none
        means zeros.
    steps: what is done to each, in order: ("take", index) along the first axis, ("gates",) from ONNX's order of an
        LSTM's gates to Keras's, ("transpose", axes), ("reshape", shape), ("halves",) adds the second half of the first
        axis to the first half, ("negative",), ("inverse",) one over each.
    shape: in Keras's order.
    """

    tensors: tuple[str, ...]
    steps: tuple[tuple, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One layer: with its bias, what a converter made of its normalisation, and its activation.

    name: of the tensor that it puts out. title: for people, equal to the name where the file names its layers.
    kind: one of KINDS. inputs: names of the layers it takes.
    shape: of the output without the batch: `(height, width, channel)`, `(step, feature)` or `(unit,)`; for a picture of
        the size that the network's preprocessing makes, None where nothing says a length.
    window: what slides over the input, None for a layer without.
    sees: "window", "place" (each place of the input alone) or "whole" (every unit depends on all of the input).
    groups: of channels, in a convolution. activation: "relu", "sigmoid", "softmax", ... or None.
    parameters: numbers learned, counted as Keras does. weights: by role, see `explain.network.weights`.
    settings: constants of the operators, such as epsilon, or alpha and beta of an activation; and, where it has any:
        "then" what follows a weighted sum, in order, as (operation, role); "padded_before" where a node of its own lays
        zeros around a convolution's input; "axis" of a concatenation or softmax, from the last on; "units" and
        "last_step" of an LSTM; "order" and "laid", the orders of axes in which a reshape has its numbers in one row
        before and after; "operator" of a layer of kind other.
    words: one plain sentence on what the layer does.
    """

    name: str
    title: str
    kind: str
    inputs: tuple[str, ...]
    shape: tuple[int | None, ...]
    window: Window | None = None
    sees: str = PLACE
    groups: int = 1
    activation: str | None = None
    parameters: int = 0
    weights: Mapping[str, Stored] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    words: str = ""

    @property
    def directions(self) -> tuple[str, ...]:
        """Of an LSTM, those that it reads in: "forward", "backward" or both."""
        return tuple(name for name in ("forward", "backward") if f"{name}_kernel" in self.weights)

    @property
    def recurrent(self) -> bool:
        """Whether it goes from step to step: an LSTM, or a GRU and others that are no kind of their own."""
        return "units" in self.settings
