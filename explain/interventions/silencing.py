"""Do the channels said to matter matter? They are silenced together, more and more of them, against others.

Beside them others in as many: at random, and the most active ones, which is what a look at the feature maps alone
would name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explain.attribution import targets
from explain.interventions.intervention import Intervention, Where, changed
from explain.interventions.run import Values, after, check_cut
from explain.interventions.which import SILENCED, OnStep, falls_of
from explain.layers import activations
from explain.network.session import LOGITS, Network

NAMED, RANDOM, ACTIVE = "named", "random", "active"
COUNTS = (1, 2, 3, 5, 10, 20, 50)
DRAWS = 4  # random orders whose mean is taken


@dataclass(frozen=True)
class Curves:
    """counts: how many channels are silenced together. costs: by order ("named", "random", "active"), `(count,)`: by
    how much the target's number falls."""

    counts: tuple[int, ...]
    costs: Mapping[str, np.ndarray]


def most_active(values: np.ndarray) -> tuple[int, ...]:
    """The channels of a layer's output, those with the largest mean magnitude first."""
    mean = np.abs(values, dtype=np.float64).reshape(-1, values.shape[-1]).mean(axis=0)
    return tuple(int(channel) for channel in np.argsort(-mean, kind="stable"))


def silenced(
    network: Network,
    picture: np.ndarray,
    untouched: Values,
    layer: str,
    target: targets.Target,
    groups: Sequence[Sequence[int]],
    on_step: OnStep | None = None,
) -> np.ndarray:
    """What it costs the target to silence some channels of a layer together, for each group of them, `(group,)`.

    picture, untouched, target, on_step and what is raised: as for `explain.interventions.which.costs`.
    """
    outputs = (_without(network, untouched, layer, group) for group in groups)
    return falls_of(network, picture, untouched, layer, target, outputs, len(groups), on_step)


def answers_without(
    network: Network, picture: np.ndarray, untouched: Values, layer: str, groups: Sequence[Sequence[int]]
) -> np.ndarray:
    """The probabilities that the network answers with each group of a layer's channels silenced, `(group, ...)`.

    For some groups: the layer's output is made for all of them at once. The rest as for `silenced`.
    """
    check_cut(network, picture, untouched, layer)
    outputs = np.stack([_without(network, untouched, layer, group) for group in groups])
    description = network.description
    found = after(network, picture, untouched, layer, outputs, (description.output.name, LOGITS))
    return activations.probabilities(description, found)


def _without(network: Network, untouched: Values, layer: str, group: Sequence[int]) -> np.ndarray:
    """A layer's output with some of its channels set to zero."""
    values = untouched[layer]
    if not len(group):
        return values
    silent = Intervention(layer, Where(channels=tuple(int(channel) for channel in group)), SILENCED)
    return changed(network.description.layer(layer), silent, values)


def curves(
    network: Network,
    picture: np.ndarray,
    untouched: Values,
    layer: str,
    target: targets.Target,
    named: Sequence[int],
    counts: Sequence[int] = COUNTS,
    seed: int = 0,
    on_step: OnStep | None = None,
) -> Curves:
    """What it costs to silence the first k of the channels named, k at random, and the k most active.

    named: channels, the one that matters most first; counts of more than there are of them are left out. The cost at
    random is the mean over four orders drawn from the seed. The rest as for `silenced`.
    """
    values = untouched[layer]
    counts = tuple(count for count in counts if count <= min(len(named), values.shape[-1]))
    random = np.random.default_rng(seed)
    orders = [tuple(named), most_active(values)] + [tuple(random.permutation(values.shape[-1])) for _ in range(DRAWS)]
    groups = [tuple(int(channel) for channel in order[:count]) for order in orders for count in counts]
    costs = silenced(network, picture, untouched, layer, target, groups, on_step).reshape(len(orders), len(counts))
    return Curves(counts, {NAMED: costs[0], ACTIVE: costs[1], RANDOM: costs[2:].mean(axis=0)})
