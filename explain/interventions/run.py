"""A picture's pass with changes made inside the network: only what lies behind a changed layer is computed again.

touched = run(network, picture, untouched, [Intervention("conv_3", Where(channels=(151,)))])
touched.values["outputs"], touched.changed["conv_7"]     # every layer, and how much each has changed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from explain.interventions.intervention import Intervention, InterventionError, changed, check
from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.running import onward
from explain.network.session import LOGITS, Network

Values = Mapping[str, np.ndarray]  # outputs by layer, without the batch
TOLERANCE = 1e-3  # of the largest number in a layer

_right: WeakKeyDictionary[Network, dict[tuple, bool]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Touched:
    """values: every layer's output and "logits", without the batch, as the changed network gives them. changed: by
    layer, from the first that is changed on, how much it has changed: the length of the difference over the length of
    the untouched values, taken as vectors; above 1 it is more than nothing would be off."""

    values: dict[str, np.ndarray]
    changed: dict[str, float]


def behind(description: Description, layer: str) -> tuple[str, ...]:
    """The layers that take a layer's output, directly or through others, in order, and "logits" where made of it."""
    found = {layer}
    for other in description.layers[1:]:
        if found & set(other.inputs):
            found.add(other.name)
    names = tuple(name for name in description.layer_names if name in found and name != layer)
    made = description.output.name in names and description.logits != layer
    return (*names, LOGITS) if made else names


def leads(network: Network, layer: str) -> bool:
    """Whether the values before the last softmax depend on a layer, or are its own."""
    return LOGITS in behind(network.description, layer) or network.tensor(LOGITS) == network.tensor(layer)


def taken_beside(description: Description, layer: str) -> tuple[str, ...]:
    """What the layers behind a layer take besides it: layers that do not depend on it, and the picture if they do."""
    later = set(behind(description, layer))
    taken = [name for other in description.layers if other.name in later for name in other.inputs]
    return tuple(dict.fromkeys(name for name in taken if name not in later and name != layer))


def run(
    network: Network,
    picture: np.ndarray,
    untouched: Values,
    changes: Sequence[Intervention],
    other: Values | None = None,
) -> Touched:
    """All layers with changes made, in the order of the layers; those in one layer in the order in which they come.

    picture: `(1, height, width, channel)`. untouched: every layer and "logits" for it, from one pass. other: the same
    of another picture, whose values are put in by changes of kind "patch"; one of equal size.
    Raises InterventionError, in one sentence, for a change that cannot be made, or where this network cannot be run on
    from there.
    """
    description = network.description
    values = dict(untouched)
    order = {name: number for number, name in enumerate(description.layer_names)}
    for name in sorted({change.layer for change in changes}, key=lambda name: order.get(name, -1)):
        before = values.get(name)
        for change in (change for change in changes if change.layer == name):
            check(description, change, np.shape(untouched.get(name, ())))
            output = changed(description.layer(name), change, values[name], (other or {}).get(name))
            values = put(network, values, name, output)
        if not np.array_equal(values[name], before):
            check_cut(network, picture, untouched, name)
            found = after(network, picture, values, name, values[name][None], behind(description, name))
            values |= {layer: output[0] for layer, output in found.items()}
    touched = {change.layer for change in changes}
    later = touched.union(*(behind(description, name) for name in touched))
    names = [name for name in description.layer_names if name in later]
    return Touched(values, {name: relative_change(untouched[name], values[name]) for name in names})


def put(network: Network, values: Values, layer: str, output: np.ndarray) -> dict[str, np.ndarray]:
    """The values with a layer's exchanged, which may be the logits as well."""
    same = (LOGITS,) if network.tensor(LOGITS) == network.tensor(layer) else ()
    return {**values, **dict.fromkeys((layer, *same), output)}


def after(
    network: Network, picture: np.ndarray, values: Values, layer: str, outputs: np.ndarray, wanted: Sequence[str]
) -> dict[str, np.ndarray]:
    """Layers behind a layer, with the batch, for n outputs of it. values: of the layers that don't depend on it.

    wanted: layers, and "logits"; those that are not behind this one are as in the values.
    Raises InterventionError where the network cannot be run on from there.
    """
    description = network.description
    beside = [name for name in taken_beside(description, layer) if name != description.input.name]
    given = {layer: outputs, description.input.name: picture} | {name: values[name][None] for name in beside}
    later = behind(description, layer)
    computed = [name for name in wanted if name in later]
    here = {layer, *((LOGITS,) if network.tensor(LOGITS) == network.tensor(layer) else ())}
    others = [name for name in wanted if name not in later]
    known = {name: np.broadcast_to(values[name], (len(outputs), *values[name].shape)) for name in others}
    known |= dict.fromkeys(here & set(wanted), outputs)
    if not computed:
        return known
    try:
        found = onward.run(network, given, computed)
    except NetworkError as error:
        raise InterventionError(
            f"{description.title} cannot be run on from {description.layer(layer).title}."
        ) from error
    return known | found


def check_cut(network: Network, picture: np.ndarray, untouched: Values, layer: str) -> None:
    """Raises InterventionError unless a network run on from a layer's own values answers as a whole pass does.

    Tried once for a layer and a size of pictures, of networks that do not come along with the project: what a file says
    of its layers may be wrong.
    """
    if network.card is not None:
        return
    known = _right.setdefault(network, {})
    key = (layer, picture.shape)
    if key not in known:
        later = behind(network.description, layer)
        found = after(network, picture, untouched, layer, np.asarray(untouched[layer])[None], later)
        known[key] = all(_near(found[name][0], untouched[name]) for name in later)
    if not known[key]:
        title = network.description.layer(layer).title
        raise InterventionError(
            f"Run on from {title}, this network answers otherwise than as a whole, so it is left alone."
        )


def _near(found: np.ndarray, expected: np.ndarray) -> bool:
    if found.shape != expected.shape:
        return False
    return not expected.size or np.abs(found - expected).max() <= TOLERANCE * max(1.0, np.abs(expected).max())


def relative_change(before: np.ndarray, now: np.ndarray) -> float:
    """The length of the difference over the length of what was there before, both as vectors."""
    # Not by np.linalg.norm, whose dot product has all cores spin for a few thousand numbers; in the order in which they
    # lie, as maps with the channel last are views of maps with the channel first.
    rows = (np.ravel(before, "K"), np.ravel(now - before, "K"))
    length, difference = (float(np.einsum("i,i->", row, row)) ** 0.5 for row in rows)
    return float(difference / length) if length else float(difference > 0)
