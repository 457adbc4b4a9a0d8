"""Panel 1, *Layers*: the layers of the CRNN in order, and the feature maps of the chosen one."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.layers import feature_maps
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description, describe
from explain.network.layers import Layer
from explain.panels.components import component
from explain.panels.page import address
from explain.panels.page.subject import Subject
from explain.pictures import images
from models import crnn

CARD = describe(crnn.CARD)
FIRST = "conv_3"
COUNT = 20
SHORT = {"batch_norm_5": "bn_5", "batch_norm_6": "bn_6"}


@st.fragment
def show(word: Subject) -> None:
    """Draws the panel for a word."""
    st.markdown("**Layers**")
    st.caption(
        "What each layer hands on, brightest where it responds most. The frame on the word is what one number can see: "
        "hover over a map, click to keep it."
    )
    layer = address.choice("layer", CARD.layer_names, FIRST)
    activation = word.ran.values[layer]
    tiles_of(CARD, layer, activation, images.data_url(word.seen), key="layers", count=COUNT, columns=4, chips=True)


def tiles_of(
    card: Description,
    name: str,
    activation: np.ndarray,
    seen: str,
    *,
    key: str,
    count: int,
    columns: int,
    chips: bool = False,
    names: tuple[str, str, str] = ("layer", "unit", "scale"),
    first: dict | None = None,
) -> None:
    """The feature maps of one layer, strongest first, over the input they came from.

    seen: data URL of the picture as the network sees it. key: of the component on the page. chips: whether the layer is
    chosen here. names: under which the layer, the unit and the scale stand in the address.
    first: the unit that is marked where the address has none, as `unit_of` gives it.
    """
    layer_in_address, unit_in_address, scale_in_address = names
    layer = card.layer(name)
    kept = address.numbers(unit_in_address, 3)
    unit = unit_of(activation, kept) or first
    tiles = feature_maps.strongest(activation, count)
    if unit and unit["channel"] not in [tile.channel for tile in tiles]:
        tiles[-1] = feature_maps.tile(activation, unit["channel"])
    signed = bool(min(float(tile.values.min()) for tile in tiles) < 0)
    height, width = tiles[0].values.shape
    field = receptive_field(card, name)

    def choose_layer() -> None:
        # A unit belongs to its layer: with another layer there is none.
        address.note(layer_in_address, st.session_state[key].get("layer"), FIRST if chips else None)
        address.note(unit_in_address, None)

    def choose_unit() -> None:
        chosen = st.session_state[key].get("unit")
        if chosen and chosen["layer"] == name:
            address.note(unit_in_address, f"{chosen['channel']}.{chosen['y']}.{chosen['x']}")

    def choose_scale() -> None:
        address.note(scale_in_address, "shared" if st.session_state[key].get("shared") else None)

    component(
        "feature_maps",
        key=key,
        data={
            "layers": list(card.layer_names) if chips else [],
            "short": [SHORT.get(other, other) for other in card.layer_names] if chips else [],
            "layer": name,
            "facts": facts(card, layer),
            "input": {"src": seen, "width": card.input_shape[1], "height": card.input_shape[0]},
            "width": width,
            "height": height,
            "columns": columns,
            "signed": signed,
            "shared": address.choice(scale_in_address, ("shared",), "") == "shared",
            "palette": images.palette_base64("diverging" if signed else "unsigned"),
            "field": None
            if field is None
            else {"size": list(field.size), "stride": list(field.stride), "start": list(field.start)},
            "tiles": [{**feature_maps.packed(tile), "name": channel_name(card, layer, tile.channel)} for tile in tiles],
            "unit": unit,
        },
        on_layer_change=choose_layer,
        on_unit_change=choose_unit,
        on_shared_change=choose_scale,
    )


def unit_of(activation: np.ndarray, kept: tuple[int, ...] | None) -> dict | None:
    """The unit the address names, if this layer has it: `{"channel", "y", "x"}`."""
    if kept is None:
        return None
    channel, y, x = kept
    channels, height, width = feature_maps.maps(activation).shape
    return {"channel": channel, "y": y, "x": x} if channel < channels and y < height and x < width else None


def channel_name(card: Description, layer: Layer, channel: int) -> str:
    """What a tile is called: the character or class of an output, else the channel's number."""
    if layer is card.layers[-1]:
        return card.labels[channel] or "blank"
    if layer.kind == "lstm":
        half = layer.shape[-1] // 2
        return f"forward {channel}" if channel < half else f"backward {channel - half}"
    return f"channel {channel}"


def facts(card: Description, layer: Layer) -> str:
    """Shape, what one number can see, and parameters, in one line."""
    field = receptive_field(card, layer.name)
    sees = "sees everything" if field is None else f"sees {field.size[0]} × {field.size[1]} pixels"
    weights = f"{layer.parameters:,} parameters" if layer.parameters else "no parameters"
    return f"{layer.name} · {' × '.join(map(str, layer.shape))} · {sees} · {weights}"
