"""From one target back through the layers: which channels of each it would miss, and where what makes it comes from.

`explain.gradients.attribution` works it out (the job "flow"); here is what comes of it, and what can be said of that
without a gradient. Two amounts: what a target is expected to lose with a channel (`costs`), by which channels are
named, and layer conductance, the target's change from an empty picture to this one, parted among what a layer puts out.

**Ref.** K. Dhamdhere, M. Sundararajan, Q. Yan, How Important Is a Neuron?, ICLR 2019, https://arxiv.org/abs/1805.12233
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Node = tuple[str, int]  # a layer's name and one of its channels


@dataclass(frozen=True)
class LayerFlow:
    """How much of a target's change passes through one layer's channels, or a flat layer's units, and its places.

    layer: its name. channels: `(channel,)`, signed, in the target's units; below zero is what speaks against it.
    places: `(height, width)`, `(frame,)` of a sequence, `()` of a flat layer: the same amounts, summed over the
    channels in place of the places. Both sum to `total`.
    costs: `(channel,)`, what the target is expected to lose if that channel alone is set to zero in all places, below
    zero where it would gain; see `explain.gradients.attribution.costs`. Not the same as `channels`, and seldom in the
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
    """How much of what a channel (`end`) counts for hangs on a channel of the layer before (`start`).

    start, end: `(layer, channel)`. amount: signed, in the target's units: the part of the end channel's `costs` that
    the start channel's values bring. Summed over all channels of the layer before, those that are not shown as well, it
    is those costs, but for what the end channel has from its bias or a bend brings about.
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


def named(costs: np.ndarray, count: int) -> tuple[int, ...]:
    """The channels of a path: of so many the last is the one without which the target is expected to gain most, the
    others those that it is expected to miss most, the dearest first. Those of the wrong sign are left out.

    costs: as of `LayerFlow`.
    """
    order = np.argsort(-costs, kind="stable")
    against = [int(order[-1])] if count > 1 and costs[order[-1]] < 0 else []
    return (*(int(channel) for channel in order[: count - len(against)] if costs[channel] > 0), *against)


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
