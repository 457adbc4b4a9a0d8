"""Panel 1, *Layers*: the layers of a network in order, and the feature maps of the one that is looked at."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts.network.words import short_name
from explain.layers import feature_maps
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.components import component
from explain.panels.ctc import believed
from explain.panels.inputs.layer import first_layer
from explain.panels.interventions.silence import channel_and_unit, silence
from explain.panels.layers import names
from explain.panels.page import address
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.wording import network_badge
from explain.panels.words.explained import caption
from explain.pictures import images

COUNT, COLUMNS = {True: 20, False: 18}, {True: 4, False: 6}  # of maps, by whether the picture is wide
TALL, LOW = 320, 150  # screen pixels that a picture is high at most: alone, and above maps that are to be in sight


@fragment
def show(word: Subject) -> None:
    """Draws the panel for a word."""
    description = word.description
    layer = description.layer(address.choice("layer", description.layer_names, first_layer(description)))
    st.markdown(f"**Layers** {network_badge(description.called)}{believed.whose(word)}")
    caption(
        "Bright is where a channel of the layer responds most. Hover over its map: the orange rectangle on the "
        f"{'picture' if description.blank is None else 'word'} is all that this one number can see. Click to keep it.",
        more=names.rim(layer) or None,
    )
    wide = is_wide(word)
    tiles_of(word, layer, key="layers", count=COUNT[wide], columns=COLUMNS[wide], chips=True, tall=LOW)
    if unit := unit_of(word.values[layer.name], address.numbers("unit", 3)):
        silence(word, layer, channel_and_unit(layer, **unit), "layers")


def is_wide(subject: Subject) -> bool:
    """Whether the picture is much wider than high, as words are: then fewer maps stand side by side."""
    return subject.width > 2 * subject.height


def tiles_of(
    subject: Subject,
    layer: Layer,
    *,
    key: str,
    count: int,
    columns: int,
    chips: bool = False,
    in_address: tuple[str, str, str] = ("layer", "unit", "scale"),
    first: dict | None = None,
    tall: int = TALL,
) -> None:
    """The feature maps of one layer, strongest first, over the picture they came from.

    key: of the component on the page. chips: whether the layer is picked here. in_address: under which names the layer,
    the unit and the scale stand in the address. first: the unit that is marked where the address has none, as `unit_of`
    returns it. tall: how many screen pixels the picture is high at most.
    """
    layer_in_address, unit_in_address, scale_in_address = in_address
    description, activation = subject.description, subject.values[layer.name]
    if not feature_maps.is_drawn(activation):
        caption(f"{names.layer_name(description, layer)} is no map, sequence or row of units, so it is not drawn.")
        return
    unit = unit_of(activation, address.numbers(unit_in_address, 3)) or first
    tiles = feature_maps.strongest(activation, count)
    if unit and unit["channel"] not in [tile.channel for tile in tiles]:
        tiles[-1] = feature_maps.tile(activation, unit["channel"])

    def choose_layer() -> None:
        # A unit belongs to its layer: with another layer there is none.
        address.note(layer_in_address, st.session_state[key].get("layer"), first_layer(description) if chips else None)
        address.note(unit_in_address, None)

    def choose_unit() -> None:
        clicked = st.session_state[key].get("unit")
        if clicked and clicked["layer"] == layer.name:
            address.note(unit_in_address, f"{clicked['channel']}.{clicked['y']}.{clicked['x']}")

    def choose_scale() -> None:
        address.note(scale_in_address, "shared" if st.session_state[key].get("shared") else None)

    component(
        "feature_maps",
        key=key,
        data={
            **(_chips(description) if chips else {"layers": [], "short": [], "titles": []}),
            "layer": layer.name,
            "title": names.layer_name(description, layer),
            "facts": f"{names.layer_name(description, layer)} · {names.facts(description, layer)}",
            "input": {"src": images.data_url(subject.seen), "width": subject.width, "height": subject.height},
            "place": names.place_name(description, layer),
            "columns": columns,
            "tall": tall,
            "shared": address.choice(scale_in_address, ("shared",), "") == "shared",
            "field": _field(description, layer),
            "unit": unit,
            **_drawn(description, layer, activation, tiles),
        },
        on_layer_change=choose_layer,
        on_unit_change=choose_unit,
        on_shared_change=choose_scale,
    )


def _chips(description: Description) -> dict[str, list[str]]:
    layers = description.layers[1:]
    return {
        "layers": [layer.name for layer in layers],
        "short": [short_name(description, layer) for layer in layers],
        "titles": [names.layer_name(description, layer) for layer in layers],
    }


def _field(description: Description, layer: Layer) -> dict[str, list[int]] | None:
    field = receptive_field(description, layer.name)
    if field is None:
        return None
    return {"size": list(field.size), "stride": list(field.stride), "start": list(field.start)}


def _drawn(description: Description, layer: Layer, activation: np.ndarray, tiles: list[feature_maps.Tile]) -> dict:
    """The tiles with their size and colours."""
    signed = feature_maps.is_signed(activation)
    height, width = tiles[0].values.shape
    return {
        "width": width,
        "height": height,
        "signed": signed,
        "palette": images.palette_base64("diverging" if signed else "unsigned"),
        "tiles": [
            {**feature_maps.packed(tile), "name": names.channel_name(description, layer, tile.channel)}
            for tile in tiles
        ],
    }


def unit_of(activation: np.ndarray, numbers: tuple[int, ...] | None) -> dict | None:
    """The unit that the address names, where this layer has it: `{"channel", "y", "x"}`."""
    if numbers is None or not feature_maps.is_drawn(activation):
        return None
    channel, y, x = numbers
    channels, height, width = feature_maps.maps(activation).shape
    return {"channel": channel, "y": y, "x": x} if channel < channels and y < height and x < width else None
