"""Steps of the tour on pictures and maps: the numbers of a picture, a layer's many filters, deeper channels."""

from __future__ import annotations

import numpy as np
from PIL import Image

from explain.exemplars import channel_answers
from explain.layers import feature_maps, filters
from explain.layers.feature_maps import is_drawn
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.layers import exemplars, names
from explain.panels.layers.feature_maps import is_wide
from explain.panels.layers.filters import colour_of
from explain.panels.layers.focus import weights
from explain.panels.tour import windows
from explain.panels.tour.scene import (
    PLACES,
    Scene,
    by,
    called,
    map_of,
    picture_of,
    signed,
    small_url,
    tiles,
)
from explain.pictures import images
from explain.pictures.notation import listed

LENS = (5, 9)  # rows and columns under it
TILES, FEW = 14, 8  # maps of the first convolution, and of a deep one
ANSWERS = 0.5  # standard deviations from which on a channel is said to answer to a character
NAMED = 4


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


def many_filters(subject) -> Scene:
    """The first convolution's strongest maps, each with the weights that made it where these are a picture."""
    description, layer = subject.description, windows.first(subject.description, "conv")
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


def has_deeper(subject) -> bool:
    return is_drawn(subject.values[deep_layer(subject.description).name])
