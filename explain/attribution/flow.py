"""From one target back through the layers: how much of it passes through each channel and each place of a layer.

`explain.gradients.attribution` works it out (the job "flow"); here is what comes of it, and what can be said of that
without a gradient. The amounts are layer conductance: the change of the target from an empty picture to this one,
parted among what a layer puts out.

**Ref.** K. Dhamdhere, M. Sundararajan, Q. Yan, How Important Is a Neuron?, ICLR 2019, https://arxiv.org/abs/1805.12233
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

COSTS, CHANNELS = "costs", "channels"  # the amounts of a layer's channels
Node = tuple[str, int]  # a layer's name and one of its channels


@dataclass(frozen=True)
class LayerFlow:
    """How much of a target's change passes through one layer's channels, or a flat layer's units, and its places.

    layer: its name. channels: `(channel,)`, signed, in the target's units; below zero is what speaks against it.
    places: `(height, width)`, `(frame,)` of a sequence, `()` of a flat layer: the same amounts, summed over the
    channels in place of the places. Both sum to `total`.
    costs: `(channel,)`, what the target is expected to lose if that channel alone is set to zero in all places, below
    zero where it would gain: gradient times activation, at the picture. Not the same as `channels`, and seldom in the
    same order: what an empty picture has there as well carries nothing of the change, and is missed all the same once
    it is gone; and on the way from an empty picture much passes for the target that is taken back later.
    """

    layer: str
    channels: np.ndarray
    places: np.ndarray
    costs: np.ndarray

    @property
    def total(self) -> float:
        """What passes through the layer altogether: the target's whole change, where nothing passes it by."""
        return float(self.channels.sum(dtype=np.float64))


@dataclass(frozen=True)
class Link:
    """How much of what passes through a channel (`end`) has come through a channel of the layer before (`start`).

    start, end: `(layer, channel)`. amount: signed, in the target's units; summed over all channels of the layer before,
    those that are not shown as well, it is what passes through `end`.
    """

    start: Node
    end: Node
    amount: float


@dataclass(frozen=True)
class Flow:
    """A target followed back through a network.

    difference: the target for the picture less the target for the baseline. score: the target for the picture.
    layers: in the network's order. links: between the channels of neighbouring layers that carry most.
    cuts: sets of layers, each of one layer or of several side by side, through which everything passes: what their
    parts sum up to is `difference`, up to an error (`error`). steps: of the way from the baseline to the picture.
    """

    difference: float
    score: float
    layers: tuple[LayerFlow, ...]
    links: tuple[Link, ...]
    cuts: tuple[tuple[str, ...], ...]
    steps: int

    def layer(self, name: str) -> LayerFlow:
        """Raises KeyError for a layer that was not followed."""
        for layer in self.layers:
            if layer.layer == name:
                return layer
        raise KeyError(f"There is no flow through {name!r} here.")

    def error(self, cut: tuple[str, ...]) -> float:
        """By how much the parts of the layers of a cut fail to sum up to the difference, as a share of it."""
        total = sum(self.layer(name).total for name in cut)
        return abs(total - self.difference) / max(abs(self.difference), 1e-12)


@dataclass(frozen=True)
class Top:
    """The channels of a layer that matter most.

    channels: their numbers, the largest amount first, whatever its sign. amounts: of each, signed. share: of all
    amounts of the layer, for the target and against it alike, how much is theirs, from 0 to 1. rest: the share of all
    the others, so that the two are 1. net: their signed sum over that of the whole layer, which may be more than 1: the
    rest then speaks against the target.
    """

    channels: tuple[int, ...]
    amounts: tuple[float, ...]
    share: float
    rest: float
    net: float


def top(flow: LayerFlow, count: int, by: str = COSTS) -> Top:
    """The `count` channels with the largest amounts, by magnitude: what speaks against the target is part of its path
    as well. Those with none are left out.

    by: which amounts, "costs" or "channels". By costs unless told: these agree with what silencing a channel really
    does (`python -m tests.benchmarks flow`), what passes on the way from an empty picture does not.
    """
    amounts = getattr(flow, by).astype(np.float64)
    order = list(most(amounts, count))
    all_of_them, total = np.abs(amounts).sum(), amounts.sum()
    share = float(np.abs(amounts[order]).sum() / all_of_them) if order else 0.0
    net = float(amounts[order].sum() / total) if total else 0.0
    return Top(tuple(order), tuple(map(float, amounts[order])), share, 1 - share, net)


def most(amounts: np.ndarray, count: int) -> tuple[int, ...]:
    """The numbers of the `count` largest amounts by magnitude, the largest first; without those that are zero."""
    size = np.abs(amounts)
    return tuple(int(number) for number in np.argsort(-size, kind="stable")[:count] if size[number] > 0)


def dearest(flow: LayerFlow, count: int) -> tuple[int, ...]:
    """The channels whose silencing is expected to cost the target most, the dearest first; at most those that are
    expected to cost anything."""
    order = np.argsort(-flow.costs, kind="stable")[:count]
    return tuple(int(channel) for channel in order if flow.costs[channel] > 0)


def from_result(result: Mapping[str, Any]) -> Flow:
    """What the job "flow" returned, as a Flow."""
    links = zip(result["links"], result["amounts"], strict=True)
    return Flow(
        float(result["difference"]),
        float(result["score"]),
        tuple(
            LayerFlow(name, *(np.asarray(result[f"{part} of {name}"]) for part in ("channels", "places", "costs")))
            for name in result["layers"]
        ),
        tuple(Link((start, int(a)), (end, int(b)), float(amount)) for (start, a, end, b), amount in links),
        tuple(tuple(cut) for cut in result["cuts"]),
        int(result["steps"]),
    )
