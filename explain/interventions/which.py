"""Which channels, frames or directions of a layer matter? Each is silenced in turn, and what that costs is listed.

After the lesions of P. Morcos, Barrett, Rabinowitz and Botvinick, "On the importance of single directions for
generalization", ICLR 2018, https://arxiv.org/abs/1803.06959: silenced alone, so that what several do together, or what
others make good, does not show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from explain.attribution import targets
from explain.interventions.intervention import DIRECTIONS, ZERO, Intervention, InterventionError, What, Where, changed
from explain.interventions.run import Values, after, check_cut, leads
from explain.network.description import Description
from explain.network.session import LOGITS, Network

CHANNELS, PLACES, SIDES = "channels", "columns", "directions"
NUMBERS_AT_ONCE = 2**20  # of a layer's outputs that are made at once: 4 MB
SILENCED = What(ZERO)
OnStep = Callable[[int, int], bool | None]  # told (done, of all); False stops


class Stopped(ValueError):
    """The work was stopped by whoever watched it."""


class Measure(Protocol):
    """One number of an answer. logits: with the batch; a number for each."""

    def score(self, logits: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True)
class Scorer:
    """A target that reads the logits, as a measure."""

    target: targets.Target

    def score(self, logits: np.ndarray) -> np.ndarray:
        return targets.score(self.target, {LOGITS: logits})


@dataclass(frozen=True)
class Cost:
    """where: what was silenced. cost: by how much the target's number fell, below zero where it rose."""

    where: Where
    cost: float


def parts(description: Description, layer: str, shape: Sequence[int]) -> dict[str, list[Where]]:
    """What of a layer can be silenced in turn: by "channels", "columns" (of a sequence, its frames), "directions".

    shape: of its output, without the batch.
    """
    found = {CHANNELS: [Where(channels=(number,)) for number in range(shape[-1])]} if shape else {}
    if len(shape) > 1:
        found[PLACES] = [Where(columns=(number, number + 1)) for number in range(shape[-2])]
    if set(DIRECTIONS) <= set(description.layer(layer).directions):
        found[SIDES] = [Where(direction=name) for name in DIRECTIONS]
    return found


def costs(
    network: Network,
    picture: np.ndarray,
    untouched: Values,
    layer: str,
    target: targets.Target,
    places: Sequence[Where],
    what: What = SILENCED,
    on_step: OnStep | None = None,
) -> list[Cost]:
    """What each of some parts of a layer costs the target when it alone is changed, the dearest first.

    picture: `(1, height, width, channel)`. untouched: every layer and "logits" for it, from one pass. target: one that
    reads the logits. what: is done to each part; set to zero unless given. Nothing is computed for a part that is as it
    would be made, such as a channel that is zero everywhere.
    Raises InterventionError where the network cannot be run on from there, TargetError for a target it does not have,
    and Stopped where on_step returns False.
    """
    shown = network.description.layer(layer)
    outputs = (changed(shown, Intervention(layer, where, what), untouched[layer]) for where in places)
    falls = falls_of(network, picture, untouched, layer, target, outputs, len(places), on_step)
    found = [Cost(where, float(fall)) for where, fall in zip(places, falls, strict=True)]
    return sorted(found, key=lambda one: -one.cost)


def falls_of(
    network: Network,
    picture: np.ndarray,
    untouched: Values,
    layer: str,
    target: targets.Target,
    outputs: Iterable[np.ndarray],
    count: int,
    on_step: OnStep | None = None,
) -> np.ndarray:
    """By how much the target's number falls, for each of `count` outputs that a layer may have in place of its own,
    `(count,)`; what is raised: see `costs`. outputs: each without the batch."""
    if not leads(network, layer):
        raise InterventionError(f"No answer is made of {network.description.layer(layer).title}, so it has no cost.")
    check_cut(network, picture, untouched, layer)
    measure = Scorer(target)
    scores = scores_of(network, picture, untouched, layer, measure, outputs, count, on_step)
    return measure.score(untouched[LOGITS][None])[0] - scores


def scores_of(
    network: Network,
    picture: np.ndarray,
    untouched: Values,
    layer: str,
    measure: Measure,
    outputs: Iterable[np.ndarray],
    count: int,
    on_step: OnStep | None = None,
) -> np.ndarray:
    """What is measured, for each of `count` outputs that a layer may have in place of its own, `(count,)`; see `costs`.

    outputs: each without the batch; those that equal the untouched one take no pass.
    """
    usual = float(measure.score(untouched[LOGITS][None])[0])
    scores = np.full(count, usual)
    at_once = max(1, NUMBERS_AT_ONCE // untouched[layer].size)
    waiting: list[tuple[int, np.ndarray]] = []
    for number, output in enumerate(outputs):
        if not np.array_equal(output, untouched[layer]):
            waiting.append((number, output))
        if waiting and (len(waiting) == at_once or number + 1 == count):
            stacked = np.stack([one for _, one in waiting])
            logits = after(network, picture, untouched, layer, stacked, (LOGITS,))
            scores[[one for one, _ in waiting]] = measure.score(logits[LOGITS])
            waiting = []
            if on_step is not None and on_step(number + 1, count) is False:
                raise Stopped("Stopped.")
    return scores
