"""The columns of a path's picture: of each layer the channels to show, with their maps and what they are called."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explain.attribution import cam
from explain.attribution.flow import Flow, LayerFlow
from explain.charts.flow.lines import Shown
from explain.charts.flow.parts import Column, Node
from explain.charts.network.words import short_name
from explain.layers import feature_maps
from explain.network.description import Description
from explain.network.layers import WEIGHING, Layer
from explain.panels.layers import names
from explain.panels.page.subject import Subject
from explain.pictures import images, photograph_overlay

SIDE = 128  # pixels of a map's longer side at most


def key_of(description: Description, layer: str, channel: int) -> str:
    """What a click on a channel tells, and the address keeps: the number of its layer, and its own."""
    return f"{description.layer_names.index(layer)}.{channel}"


def of_key(description: Description, key: str) -> tuple[Layer, int]:
    """The layer and the channel of a key."""
    layer, channel = map(int, key.split("."))
    return description.layer(description.layer_names[layer]), channel


def strongest(subject: Subject, layers: Sequence[str], count: int) -> list[Column]:
    """The columns before anything is known of the path: the channels of each layer that answer most."""
    columns = []
    for name in layers:
        tiles = feature_maps.strongest(subject.values[name], count)
        nodes = tuple(_node(subject, name, tile.channel) for tile in tiles)
        columns.append(_column(subject, name, nodes))
    return columns


def columns(subject: Subject, flow: Flow, path: Sequence[Shown]) -> list[Column]:
    """Of each layer its channels on the path, what the others count for, and where in the picture."""
    return [_followed(subject, flow.layer(layer), channels) for layer, channels in path]


def _followed(subject: Subject, through: LayerFlow, channels: Sequence[int]) -> Column:
    amounts = [float(through.costs[channel]) for channel in channels]
    size = float(np.abs(through.costs).sum()) or 1.0
    nodes = tuple(
        _node(subject, through.layer, channel, amount, abs(amount) / size)
        for channel, amount in zip(channels, amounts, strict=True)
    )
    rest = float(through.costs.sum(dtype=float)) - sum(amounts)
    return _column(subject, through.layer, nodes, rest, where(subject, through))


def _node(subject: Subject, layer: str, channel: int, amount: float | None = None, share: float = 0.0) -> Node:
    description = subject.description
    shown, values = description.layer(layer), feature_maps.tile(subject.values[layer], channel).values
    url = images.data_url(images.shrink(images.coloured(values), SIDE))
    name = names.channel_name(description, shown, channel)
    short = str(channel) if name == f"channel {channel}" else name.replace("forward", "→").replace("backward", "←")
    called = f"{names.layer_name(description, shown)}, {name}"
    return Node(key_of(description, layer, channel), short, called, url, amount, share)


def _column(
    subject: Subject, layer: str, nodes: tuple[Node, ...], rest: float | None = None, where: str = ""
) -> Column:
    description = subject.description
    shown, others = description.layer(layer), subject.values[layer].shape[-1] - len(nodes)
    called = f"{names.layer_name(description, shown)}: {names.kind_name(description, shown)}"
    return Column(short_name(description, shown), called, nodes, others, rest, where)


def where(subject: Subject, through: LayerFlow) -> str:
    """The picture in grey, red where what passes through a layer speaks for the answer and blue where against it."""
    places = np.atleast_2d(through.places)
    if places.size <= 1:
        return ""
    values = cam.over_picture(subject.description, through.layer, places, (subject.height, subject.width))
    picture = photograph_overlay.picture(subject.seen, values, factor=1, signed=True)
    return images.data_url(images.shrink(picture, SIDE))


def first_layers(description: Description, layers: Sequence[str], most: int) -> list[str]:
    """Of some layers those to begin with: what weighs what it takes, at most so many, the first and the last of them.

    A network of eighty layers has too many for one picture; those between are left out evenly.
    """
    weighing: list[Layer] = [description.layer(name) for name in layers]
    shown = [layer.name for layer in weighing if layer.kind in WEIGHING] or list(layers)
    if len(shown) <= most:
        return shown
    places = np.linspace(0, len(shown) - 1, most).round().astype(int)
    return [shown[place] for place in dict.fromkeys(places.tolist())]
