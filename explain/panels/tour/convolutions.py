"""Steps of the tour on the picture and the convolutions: its numbers, one filter, many, pooling, deeper channels."""

from __future__ import annotations

import numpy as np
from PIL import Image

from explain.exemplars import channel_answers
from explain.layers import feature_maps, filters
from explain.layers.receptive_field import receptive_field
from explain.layers.recompute import recompute
from explain.layers.workings import Convolution, Unit
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.layers import exemplars, names
from explain.panels.layers.by_hand import PREFIXES
from explain.panels.layers.feature_maps import is_drawn, is_wide
from explain.panels.layers.filters import colour_of
from explain.panels.layers.focus import weights
from explain.panels.tour.scene import (
    Scene,
    by,
    called,
    listed,
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
PLACES = 14  # of the lens and of the window
TILES = {True: 14, False: 14}  # by whether the picture is wide
FEW = 8
ANSWERS = 0.5  # standard deviations from which on a channel is said to answer to a character
NAMED = 4
LARGEST = 81  # numbers of a window that are shown


def numbers(subject) -> Scene:
    """The picture's own numbers under a lens that moves over the row with most contrast."""
    plane = subject.batch[0, :, :, 0]
    tile = feature_maps.packed(feature_maps.Tile(0, np.ascontiguousarray(plane)))
    rows, columns = min(LENS[0], subject.height), min(LENS[1], subject.width)
    row = int(np.clip(int(np.ptp(plane, axis=1).argmax()) - rows // 2, 0, subject.height - rows))
    lefts = np.linspace(0, subject.width - columns, PLACES).round().astype(int)
    channels = subject.batch.shape[3]
    facts = {
        "rows": str(subject.height),
        "columns": str(subject.width),
        "count": f"{subject.batch[0].size:,}",
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
    )
    return Scene(facts, picture, "text" if channels == 1 else "colours")


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


def many_filters(subject) -> Scene:
    """The first convolution's strongest maps, each with the weights that made it where these are a picture."""
    description, layer = subject.description, first(subject.description, "conv")
    kernel, colour = weights(description, layer.name)["kernel"], colour_of(description, layer)
    drawn = filters.pictures(kernel, colour) if colour else None
    shown = feature_maps.strongest(subject.values[layer.name], TILES[is_wide(subject)])
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
    return Scene(facts, _row(subject, items, describes), address={"layer": layer.name})


def _row(subject, items: list[dict], describes: str) -> dict:
    wide = is_wide(subject)
    aspect = subject.width / subject.height
    return tiles(items, aspect, describes, 92 if wide else 62, 112 if wide else 84)


def deep_layer(description: Description) -> Layer:
    """A convolution two thirds of the way in, whose channels answer to parts and still have places."""
    convolutions = [layer for layer in description.of_kind("conv") if len(layer.shape) == 3]
    return convolutions[(2 * (len(convolutions) - 1) + 2) // 3]


def deeper(subject) -> Scene:
    """Channels of a deep convolution: those that answer most to the characters of this word, or the strongest."""
    description, layer = subject.description, deep_layer(subject.description)
    answers = _answers(subject, layer)
    field = receptive_field(description, layer.name)
    sees = "the whole picture"
    if field is not None:
        high, wide = min(field.size[0], subject.height), min(field.size[1], subject.width)
        sees = f"{high} rows and {wide} columns"
    facts = {
        "layer": called(subject, layer),
        "channels": str(subject.values[layer.name].shape[-1]),
        "sees": sees,
    }
    if answers:
        items = [
            {"src": small_url(map_of(subject, layer.name, channel)), "title": f"channel {channel}", "note": note}
            for channel, note in answers.items()
        ]
        bank = exemplars.opened_bank(description)
        facts |= {"words": f"{len(bank.texts):,}", "channel": str(next(iter(answers)))}
        facts["characters"] = next(iter(answers.values())).removeprefix("answers to ")
        describes = f"Maps of channels of {facts['layer']} and the characters they answer to most"
        return Scene(facts, _row(subject, items, describes), "text", {"deep": layer.name})
    shown = feature_maps.strongest(subject.values[layer.name], FEW)
    items = [
        {"src": small_url(tile.values), "title": names.channel_name(description, layer, tile.channel)} for tile in shown
    ]
    describes = f"The {len(shown)} strongest maps of {facts['layer']}"
    return Scene(
        {**facts, "shown": str(len(shown))}, _row(subject, items, describes), "unmeasured", {"deep": layer.name}
    )


def _answers(subject, layer: Layer) -> dict[int, str]:
    """For each character of the reading the channel that answers to it most, and what else that answers to; empty
    where nobody has measured the layer."""
    description = subject.description
    if not exemplars.NEEDS.fits(description) or (bank := exemplars.opened_bank(description)) is None:
        return {}
    if layer.name not in (bank.convolutions or ()):
        return {}
    told: dict[int, str] = {}
    for character in dict.fromkeys(subject.text):
        if character not in bank.characters:
            continue
        for answer in channel_answers.of_character(bank, layer.name, character, 1):
            most = channel_answers.of_channel(bank, layer.name, answer.channel)[:NAMED]
            strong = [one.character for one in most if one.effect > ANSWERS]
            if strong:
                told.setdefault(answer.channel, f"answers to {listed(strong)}")
    return told


def has_maps(subject) -> bool:
    """Whether numbers of its first convolution can be worked out and drawn."""
    layer = first(subject.description, "conv")
    return layer is not None and "kernel" in layer.weights and _works(subject, layer)


def has_pooling(subject) -> bool:
    """Whether numbers of a pooling of maps can be worked out and drawn."""
    layer = first(subject.description, "max_pool", "average_pool")
    return layer is not None and _works(subject, layer)


def has_deeper(subject) -> bool:
    return is_drawn(subject.values[deep_layer(subject.description).name])


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
