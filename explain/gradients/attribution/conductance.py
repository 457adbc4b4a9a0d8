"""Layer conductance: how much of a target's change from a baseline to the picture passes through each unit of a layer.

What a unit passes on in a short step of the way is the target's gradient with respect to it times its own change; over
all steps the units of a layer through which everything passes sum up to the target's change. One pass back serves all
layers. Importing this module does not import TensorFlow; calling it does.

**Ref.** K. Dhamdhere, M. Sundararajan, Q. Yan, How Important Is a Neuron?, ICLR 2019, https://arxiv.org/abs/1805.12233;
computed as by A. Shrikumar, J. Su, A. Kundaje, Computationally Efficient Measures of Internal Neuron Importance, 2018,
https://arxiv.org/abs/1807.09946
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explain.gradients.attribution.methods import LOCAL_TOLERANCE, TOLERANCE, OnStep
from explain.gradients.attribution.way import Point, Span, Way

FIRST_STEPS, MOST_STEPS, AHEAD = 24, 256, 3  # AHEAD: points at which the target is looked at, for each first step


@dataclass(frozen=True)
class Conductance:
    """channels, places: by layer, as in `explain.attribution.flow.LayerFlow`. difference: the target for the picture
    less that for the baseline. shares: where on the way the network was asked, from 0 to 1; scores: the target there.
    """

    channels: dict[str, np.ndarray]
    places: dict[str, np.ndarray]
    difference: float
    shares: tuple[float, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class _Step:
    """What passes on one step of the way, by layer; and the target at its beginning and its end."""

    channels: dict[str, np.ndarray]
    places: dict[str, np.ndarray]
    scores: tuple[float, float]

    @property
    def change(self) -> float:
        return self.scores[1] - self.scores[0]

    def miss(self, cut: Sequence[str]) -> float:
        """By how much the parts of layers that everything passes fail to sum up to the change."""
        return sum(self.channels[layer].sum() for layer in cut) - self.change


def conductance(
    way: Way,
    cuts: Sequence[Sequence[str]],
    steps: int = FIRST_STEPS,
    most_steps: int = MOST_STEPS,
    on_step: OnStep | None = None,
) -> Conductance | None:
    """The conductance of the layers of a way along it; None where stopped.

    cuts: sets of these layers that everything passes, see `explain.network.paths.cuts`: what each step of the way
    should bring through each of them is known, the target's change on it. The steps that miss it by most are halved, a
    batch of them at a time, until for every cut the whole is missed by at most `TOLERANCE` of the difference and the
    steps' misses, whatever their signs, sum up to at most `LOCAL_TOLERANCE` of it, or until most_steps is reached. The
    first steps are shorter near the baseline, as in `methods.integrated_gradients`, and where the target changes fast.
    """
    edges = _edges(way, steps)
    new: list[Span] = list(zip(edges[:-1], edges[1:], strict=True))
    parts: dict[Span, _Step] = {}
    while True:
        total = len(parts) + len(new)
        for before, after in way.spans(new):
            parts[before.share, after.share] = _step(before, after)
            if on_step is not None and on_step(len(parts), total) is False:
                return None
        difference = sum(step.change for step in parts.values())
        misses = np.array([[step.miss(cut) for step in parts.values()] for cut in cuts]) / max(abs(difference), 1e-12)
        whole, each = np.abs(misses.sum(axis=1)), np.abs(misses).sum(axis=1)
        if (whole <= TOLERANCE).all() and (each <= LOCAL_TOLERANCE).all() or len(parts) >= most_steps:
            return _together(way.layers, parts, difference)
        count = min(way.network.batch, most_steps - len(parts))
        worst = [list(parts)[number] for number in np.argsort(-np.abs(misses).max(axis=0))[:count]]
        new = sorted(half for first, last in worst for half in _halves(first, last))
        for span in worst:
            del parts[span]


def _edges(way: Way, steps: int) -> list[float]:
    """Where the first steps begin and end: on each the target changes by about as much, or the way goes on as far.

    Found by looking ahead, at three times as many points, by passes forward alone.
    """
    fine = (np.arange(AHEAD * steps + 1) / (AHEAD * steps)) ** 2
    changes = np.abs(np.diff(way.network.score(way.pictures(fine), way.target).astype(np.float64)))
    pace = changes / max(changes.sum(), 1e-12) + 1 / len(changes)
    reached = np.append(0, np.cumsum(pace))
    edges = np.interp(np.linspace(0, reached[-1], steps + 1), reached, fine)
    return [0.0, *map(float, edges[1:-1]), 1.0]


def _halves(first: float, last: float) -> tuple[Span, Span]:
    middle = (first + last) / 2
    return (first, middle), (middle, last)


def _step(before: Point, after: Point) -> _Step:
    channels, places = {}, {}
    for layer, value in after.values.items():
        passed = (value - before.values[layer]) * (after.gradients[layer] + before.gradients[layer])
        channels[layer] = passed.reshape(-1, passed.shape[-1]).sum(axis=0, dtype=np.float64) / 2
        places[layer] = passed.sum(axis=-1) / 2
    return _Step(channels, places, (before.score, after.score))


def _together(layers: Sequence[str], parts: dict[Span, _Step], difference: float) -> Conductance:
    steps = list(parts.values())
    scores = {share: score for span, step in parts.items() for share, score in zip(span, step.scores, strict=True)}
    shares = sorted(scores)
    return Conductance(
        {layer: np.sum([step.channels[layer] for step in steps], axis=0) for layer in layers},
        {layer: np.sum([step.places[layer] for step in steps], axis=0) for layer in layers},
        difference,
        tuple(shares),
        tuple(scores[share] for share in shares),
    )
