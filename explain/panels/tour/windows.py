"""Steps of the tour on pictures and maps: numbers of a picture, one filter and its sum, many filters, pooling."""

from __future__ import annotations

import numpy as np
from PIL import Image

from explain.interventions.picture import shifted
from explain.interventions.run import relative_change
from explain.layers import feature_maps, filters
from explain.layers.feature_maps import is_drawn
from explain.layers.receptive_field import receptive_field
from explain.layers.recompute import recompute
from explain.layers.workings import Convolution, Unit
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.layers import names
from explain.panels.layers.by_hand import PREFIXES
from explain.panels.layers.feature_maps import is_wide
from explain.panels.layers.filters import colour_of
from explain.panels.layers.focus import weights
from explain.panels.tour.scene import (
    PLACES,
    Scene,
    by,
    called,
    map_of,
    map_url,
    picture_of,
    signed,
    small_url,
    tiles,
    url,
    values_of,
)
from explain.pictures import images

LENS = (5, 9)  # rows and columns under it
LARGEST = 81  # numbers of a window that are shown
TILES = 14  # maps of the first convolution


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
        "value": signed(strongest.by_runtime, 3),
        "channel": str(strongest.channel),
        "row": str(strongest.place[0]),
        "column": str(strongest.place[1]),
    }
    labels = (f"the picture’s numbers ({into})", f"the filter’s weights ({into})")
    picture = _sums(subject, layer, strongest, moments, labels) | {"start": units.index(strongest)}
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
    still, moved = _moved(subject, layer)
    facts = {
        "layer": called(subject, layer),
        "source": called(subject, _taken(subject, layer)),
        "still": f"{100 * still:.0f} %",
        "moved": f"{100 * moved:.0f} %",
        "window": by(*strongest.inputs.shape),
        "count": str(strongest.inputs.size),
        "before": by(*before.shape[:2]),
        "after": by(*subject.values[layer.name].shape[:2]),
    }
    picture = _sums(subject, layer, strongest, moments, (f"a window of {facts['source']}", ""))
    picture["start"] = units.index(strongest)
    variant = ("text" if largest else "mean") if moved < still else ("alike" if largest else "mean_alike")
    return Scene(facts, picture, variant, {"layer": layer.name, "unit": _unit(strongest)})


def _moved(subject, layer: Layer) -> tuple[float, float]:
    """By how much what the layer takes, and what it makes of that, change when the picture moves one column on."""
    description, source = subject.description, layer.inputs[0]
    moved = description.preprocessing.scaled(np.asarray(shifted(subject.seen, 1)))[None]
    wanted = {source, layer.name} - {description.input.name}
    after = {**subject.opened.network.run(moved, wanted), description.input.name: moved}
    before = values_of(subject)
    return tuple(relative_change(before[name], after[name][0]) for name in (source, layer.name))


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
    return {f"{prefix}layer": layer.name, f"{prefix}unit": _unit(unit)}


def _unit(unit: Unit) -> str:
    """A unit as the address has it."""
    return ".".join(map(str, (unit.channel, *unit.place)))


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


def numbers(subject) -> Scene:
    """The picture's own numbers under a lens that moves over the row with most contrast."""
    plane = subject.batch[0, :, :, 0]
    tile = feature_maps.packed(feature_maps.Tile(0, np.ascontiguousarray(plane)))
    rows, columns = min(LENS[0], subject.height), min(LENS[1], subject.width)
    row = int(np.clip(int(np.ptp(plane, axis=1).argmax()) - rows // 2, 0, subject.height - rows))
    lefts = np.linspace(0, subject.width - columns, PLACES).round().astype(int)
    channels = subject.batch.shape[3]
    scale = subject.description.preprocessing
    pixel = () if scale.colour == "grey" else (scale.channels,)
    black, white = (float(scale.scaled(np.full(pixel, grey))[0]) for grey in (0, 255))
    facts = {
        "rows": str(subject.height),
        "columns": str(subject.width),
        "count": f"{subject.batch[0].size:,}",
        "black": f"{black:.3g}",
        "white": f"{white:.3g}",
        "low": signed(tile["low"]),
        "high": signed(tile["high"]),
        "channels": str(channels),
    }
    describes = f"Numbers of the picture under a lens, from {facts['low']} to {facts['high']}"
    picture = picture_of(
        subject,
        "numbers",
        describes=describes,
        tile=tile,
        low=tile["low"],
        high=tile["high"],
        lens=[rows, columns],
        path=[[int(left), row] for left in lefts],
        start=PLACES // 2,
    )
    return Scene(facts, picture, "text" if channels == 1 else "colours")


def many_filters(subject) -> Scene:
    """The first convolution's strongest maps, each with the weights that made it where these are a picture."""
    description, layer = subject.description, first(subject.description, "conv")
    kernel, colour = weights(description, layer.name)["kernel"], colour_of(description, layer)
    drawn = filters.pictures(kernel, colour) if colour else None
    shown = feature_maps.strongest(subject.values[layer.name], TILES)
    items = [
        {
            "src": small_url(tile.values),
            "title": names.channel_name(description, layer, tile.channel),
            **({"inset": images.data_url(Image.fromarray(drawn[tile.channel]))} if drawn is not None else {}),
        }
        for tile in shown
    ]
    facts = {
        "layer": called(subject, layer),
        "filters": str(kernel.shape[3]),
        "kernel": by(*kernel.shape[:2]),
        "shown": str(len(shown)),
    }
    describes = f"The {len(shown)} strongest of {kernel.shape[3]} maps of {facts['layer']}, with their filters"
    return Scene(facts, row_of(subject, items, describes), address={"layer": layer.name, "unit": None})


def row_of(subject, items: list[dict], describes: str) -> dict:
    wide = is_wide(subject)
    aspect = subject.width / subject.height
    return tiles(items, aspect, describes, 92 if wide else 62, 112 if wide else 84)
