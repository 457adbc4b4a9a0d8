"""Steps of the tour on what one number of a map is made of: one filter and its sum, and what pooling keeps."""

from __future__ import annotations

import numpy as np

from explain.layers import feature_maps
from explain.layers.feature_maps import is_drawn
from explain.layers.receptive_field import receptive_field
from explain.layers.recompute import recompute
from explain.layers.workings import Convolution, Unit
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.layers import names
from explain.panels.layers.by_hand import PREFIXES
from explain.panels.layers.focus import weights
from explain.panels.tour.scene import PLACES, Scene, by, called, map_of, map_url, signed, url, values_of
from explain.pictures import images

LARGEST = 81  # numbers of a window that are shown


def first(description: Description, *kinds: str) -> Layer | None:
    """The first layer of these kinds that puts out maps."""
    return next((layer for layer in description.of_kind(*kinds) if len(layer.shape) == 3), None)


def one_filter(subject) -> Scene:
    """The first convolution's strongest channel: products of pixels and weights, added up place by place."""
    layer = first(subject.description, "conv")
    units = _along(subject, layer)
    strongest = max(units, key=lambda unit: abs(unit.by_runtime))
    channel = int(strongest.order[0])
    source = subject.description.layer(strongest.source)
    into = names.channel_name(subject.description, source, strongest.first_channel + channel)
    moments = [
        _moment(unit, unit.inputs[..., channel], _says_sum(unit, layer))
        | {"weights": _rows(unit.weights[..., channel])}
        for unit in units
    ]
    facts = {
        "layer": called(subject, layer),
        "kernel": by(*strongest.inputs.shape[:2]),
        "terms": str(strongest.products.size),
        "value": signed(strongest.by_runtime),
        "channel": str(strongest.channel),
    }
    labels = (f"the picture’s numbers ({into})", f"the filter’s weights ({into})")
    picture = _sums(subject, layer, strongest, moments, labels)
    return Scene(facts, picture, address=_by_hand(subject, layer, strongest))


def pooling(subject) -> Scene:
    """The first pooling's strongest channel: of every window one number goes on."""
    layer = first(subject.description, "max_pool", "average_pool")
    units = _along(subject, layer)
    strongest = max(units, key=lambda unit: abs(unit.by_runtime))
    largest = layer.kind == "max_pool"
    moments = [
        _moment(unit, unit.inputs, f"the {'largest' if largest else 'mean'} is {signed(unit.by_runtime)}")
        for unit in units
    ]
    before = values_of(subject)[layer.inputs[0]]
    facts = {
        "layer": called(subject, layer),
        "window": by(*strongest.inputs.shape),
        "count": str(strongest.inputs.size),
        "before": by(*before.shape[:2]),
        "after": by(*subject.values[layer.name].shape[:2]),
    }
    picture = _sums(subject, layer, strongest, moments, (f"a window of {called(subject, _taken(subject, layer))}", ""))
    return Scene(facts, picture, "text" if largest else "mean", {"layer": layer.name})


def _taken(subject, layer: Layer) -> Layer:
    return subject.description.layer(layer.inputs[0])


def _along(subject, layer: Layer) -> list[Unit]:
    """Units of the layer's strongest channel, worked out by hand along the row of its largest value."""
    activation, field = subject.values[layer.name], receptive_field(subject.description, layer.name)
    height, width = activation.shape[:2]
    inside = field.inside((height, width), (subject.height, subject.width)) if field else None
    channel, (y, x) = feature_maps.strongest_unit(activation, inside=inside)
    columns = sorted({*np.linspace(0, width - 1, min(PLACES, width)).round().astype(int).tolist(), x})
    read, values = weights(subject.description, layer.name), values_of(subject)
    return [recompute(subject.description, layer.name, channel, (y, column), values, read) for column in columns]


def _rows(values: np.ndarray) -> list[list[float]]:
    return [[float(f"{value:.4g}") for value in row] for row in values]


def _moment(unit: Unit, inputs: np.ndarray, says: str) -> dict:
    """One place of the window. inputs: the numbers under it, `(height, width)`."""
    (top, left), (y, x) = unit.corner, unit.place
    step = unit.dilation if isinstance(unit, Convolution) else (1, 1)
    high, wide = ((count - 1) * gap + 1 for count, gap in zip(inputs.shape, step, strict=True))
    return {
        "from": [left, top, left + wide, top + high],
        "to": [x, y, x + 1, y + 1],
        "inputs": _rows(inputs),
        "says": says,
        "value": float(unit.by_runtime),
    }


def _says_sum(unit: Convolution, layer: Layer) -> str:
    summed, before = float(np.sum(unit.products)), float(unit.before)
    sign = "+" if before >= summed else "−"
    says = (
        f"{unit.products.size} products add up to {signed(summed, 3)}, {sign} {signed(abs(before - summed), 3)} (bias)"
    )
    says += f" = {signed(before, 3)}"
    if layer.activation == "relu":
        return f"{says}; ReLU {'keeps it' if before > 0 else 'makes it 0, as all below zero'}"
    after = f"; {names.activation_name(layer)} makes it {signed(unit.by_runtime, 3)}"
    return says + (after if layer.activation else "")


def _sums(subject, layer: Layer, unit: Unit, moments: list[dict], labels: tuple[str, str]) -> dict:
    source = subject.description.layer(unit.source)
    own = source is subject.description.input
    taken = subject.seen if own else images.coloured(map_of(subject, unit.source, unit.channel))
    output = map_of(subject, layer.name, unit.channel)
    title = f"{called(subject, layer)}, channel {unit.channel}"
    before = "the picture" if own else f"{called(subject, source)}, channel {unit.channel}"
    return {
        "kind": "sums",
        "describes": f"A window slides over {before}; each place gives one number of {title}",
        "palette": images.palette_base64("diverging"),
        "input": {
            "src": url(taken) if own else images.data_url(taken),
            "width": taken.width,
            "height": taken.height,
            "label": before,
        },
        "output": {"src": map_url(output), "width": output.shape[1], "height": output.shape[0], "label": title},
        "inputs": labels[0],
        "weights": labels[1],
        "moments": moments,
    }


def _by_hand(subject, layer: Layer, unit: Unit) -> dict[str, str]:
    prefix = PREFIXES[subject.description.head.kind]
    place = ".".join(map(str, (unit.channel, *unit.place)))
    return {f"{prefix}layer": layer.name, f"{prefix}unit": place}


def has_maps(subject) -> bool:
    """Whether numbers of its first convolution can be worked out and drawn."""
    layer = first(subject.description, "conv")
    return layer is not None and "kernel" in layer.weights and _works(subject, layer)


def has_pooling(subject) -> bool:
    """Whether numbers of a pooling of maps can be worked out and drawn."""
    layer = first(subject.description, "max_pool", "average_pool")
    return layer is not None and _works(subject, layer)


def _works(subject, layer: Layer) -> bool:
    """Whether a window of the layer fits on the card, and one of its numbers can be worked out by hand."""
    if not is_drawn(subject.values[layer.name]) or layer.window is None or np.prod(layer.window.kernel) > LARGEST:
        return False
    try:
        read = weights(subject.description, layer.name)
        recompute(subject.description, layer.name, 0, (0, 0), values_of(subject), read)
    except ValueError:  # what the methods refuse, each in a sentence that has its place in the view itself
        return False
    return True
