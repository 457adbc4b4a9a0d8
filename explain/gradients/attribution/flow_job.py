"""The job "flow": a target followed back through the layers of any network; see `explain.attribution.flow`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from explain.attribution import flow, targets
from explain.gradients.attribution import job
from explain.gradients.attribution.conductance import FIRST_STEPS, conductance
from explain.gradients.attribution.costs import costs, recurrent_after, steadied
from explain.gradients.attribution.links import links as links_between
from explain.gradients.attribution.methods import Differentiable
from explain.gradients.attribution.way import Point, Way
from explain.gradients.kinds import Report, check_whole
from explain.network import paths
from explain.network.description import Description, describe
from explain.network.layers import WEIGHING
from models.card import Card

if TYPE_CHECKING:
    from explain.gradients.network.function import NetworkFunction

STEPS, LINKED = range(1, 257), range(0, 13)
NUMBERS_AT_ONCE = 2**24  # of the layers' outputs: 64 MB, and as much of their gradients
CONDUCTANCE, COSTS, LINKS = 75, 5, 20  # shares of the work, in hundredths


def check(settings: dict[str, Any], network: Card | Description) -> dict[str, Any]:
    """The settings in full; raises ValueError, in one sentence, for what cannot be done.

    picture: `(height, width, channel)` as the network takes it. target: as `explain.attribution.targets.describe` tells
    it. baseline: a number or a picture of the same shape; unless given as for integrated gradients
    (`explain.gradients.attribution.job.baseline`). layers: names, the picture's among them if wanted; unless given, all
    that the target is made of. steps: of the way, to begin with. links: how many channels of each layer are linked to
    those of its neighbours, 0 for none; which, says `explain.attribution.flow.named`.
    """
    card = describe(network)
    known = ("network", "picture", "target", "baseline", "layers", "steps", "links")
    if unknown := sorted(set(settings) - set(known)):
        raise ValueError(f"A flow has no setting {unknown[0]!r}; it has {', '.join(known)}.")
    settings = {"steps": FIRST_STEPS, "links": 4, **settings}
    picture, target = job.explained(card, settings)
    allowed = paths.before(card, _last(card, target))
    layers = settings.get("layers") or allowed
    if not isinstance(layers, list | tuple) or not set(layers) <= set(allowed):
        raise ValueError(f"Choose layers among {', '.join(allowed)}.")
    for name, numbers in (("steps", STEPS), ("links", LINKED)):
        check_whole(name, settings[name], numbers)
    return {
        "network": card.name,
        "picture": picture,
        "target": targets.describe(target),
        "baseline": _baseline(card, picture, settings.get("baseline")),
        "layers": [layer for layer in allowed if layer in layers],
        **{name: settings[name] for name in ("steps", "links")},
    }


def _baseline(card: Description, picture: np.ndarray, baseline: Any) -> np.ndarray:
    values = np.asarray(job.baseline(card, picture) if baseline is None else baseline)
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise ValueError("A baseline is a number or a picture.")
    if values.shape not in ((), picture.shape[2:], picture.shape):
        raise ValueError(f"A baseline is a number or a picture of shape {picture.shape}, not of {values.shape}.")
    return np.ascontiguousarray(np.broadcast_to(values, picture.shape), np.float32)


def _last(card: Description, target: targets.Target) -> str:
    """The layer that a target reads; of the values before the last softmax the layer that they are part of."""
    return card.output.name if target.layer == targets.LOGITS else target.layer


def run(function: NetworkFunction, settings: dict[str, Any], report: Report) -> dict[str, Any]:
    """What `explain.attribution.flow.from_result` makes a Flow of. Empty where the report said to stop."""
    card, picture, target = function.description, settings["picture"], targets.parse(settings["target"])
    layers = settings["layers"]
    network = Differentiable(function, _at_once(card, picture, layers))
    # The picture itself is always followed: by it the steps are seen to be short enough, whatever layers are asked for.
    way = Way(network, picture, target, settings["baseline"], list(dict.fromkeys([card.input.name, *layers])))
    cuts = [cut for cut in paths.cuts(card, _last(card, target)) if set(cut) <= set(way.layers)]
    on_step = job.progress(report, 0, CONDUCTANCE, settings["steps"])
    passed = conductance(way, cuts, settings["steps"], on_step=on_step)
    if passed is None:
        return {}
    there, point = _at_the_picture(network, picture, target, layers)
    lost = costs(there, point, job.progress(report, CONDUCTANCE, COSTS, len(point.values)))
    if lost is None:
        return {}
    shown = {layer: flow.named(lost[layer], settings["links"]) for layer in layers}
    on_step = job.progress(report, CONDUCTANCE + COSTS, LINKS, len(layers))
    links = links_between(there, point, shown, paths.neighbours(card, shown), lost, on_step)
    if links is None:
        return {}
    arrays = {f"channels of {layer}": passed.channels[layer].astype(np.float32) for layer in layers}
    arrays |= {f"places of {layer}": passed.places[layer].astype(np.float32) for layer in layers}
    arrays |= {f"costs of {layer}": lost[layer].astype(np.float32) for layer in layers}
    return {
        "difference": passed.difference,
        "score": passed.scores[-1],
        "layers": list(layers),
        "cuts": [list(cut) for cut in cuts if set(cut) <= set(layers)],
        "steps": len(passed.shares) - 1,
        "links": [[*link.start, *link.end] for link in links],
        "amounts": np.array([link.amount for link in links]),
        **arrays,
    }


def _at_the_picture(
    network: Differentiable, picture: np.ndarray, target: targets.Target, layers: Sequence[str]
) -> tuple[Way, Point]:
    """The picture's point, with steadied slopes, and a way with all layers that are needed to tell costs and links."""
    card = network.function.description
    last = _last(card, target)
    made_of = paths.before(card, last)
    takers = {recurrent_after(card, layer) for layer in layers} & set(made_of)
    passed = [cut[0] for cut in paths.cuts(card, last) if len(cut) == 1 and cut[0] != last]
    first = next((layer for layer in passed if card.layer(layer).kind in WEIGHING), None)
    wanted = {*layers, *takers, *([first] if first else [])}
    way = Way(network, picture, target, picture, [layer for layer in made_of if layer in wanted])
    (point,) = way.points([1.0])
    return way, steadied(way, point, first) if first else point


def _at_once(card: Description, picture: np.ndarray, layers: Sequence[str]) -> int:
    """How many points of the way are worked on at once: of each, the values of all layers and their gradients are
    held. Where nothing says how long a layer's sides are, they are taken to be the picture's."""
    sides = picture.shape[:2]
    shapes = [card.layer(layer).shape for layer in layers]
    lengths = [[length or side for length, side in zip(shape, (*sides, 1), strict=False)] for shape in shapes]
    numbers = sum(map(math.prod, lengths))
    return min(job.at_once(card, picture), max(1, NUMBERS_AT_ONCE // max(1, numbers)))


KIND = job.kind(run, check, __name__)
