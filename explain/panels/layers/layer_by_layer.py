"""The deeper view *Layer by layer*: every layer of a network in order, and the feature maps of the chosen one."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.layers import feature_maps
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.components import component
from explain.panels.inputs import photograph
from explain.panels.layers import feature_maps as feature_maps_panel
from explain.panels.layers import filters
from explain.panels.page import address, resources
from explain.panels.page.subject import Subject
from explain.pictures import images

KINDS = {
    "conv": "convolution",
    "max_pool": "max pooling",
    "average_pool": "average pooling",
    "batch_norm": "batch normalisation",
    "activation": "activation",
    "add": "sum of layers",
    "multiply": "product of layers",
    "concat": "layers side by side",
    "reshape": "map to sequence",
    "flatten": "flatten",
    "lstm": "bidirectional LSTM",
    "dense": "dense, softmax",
    "global_average_pool": "global average pooling",
    "softmax": "softmax",
    "other": "other",
}
IN_LIST, IN_DETAIL = 6, 32


@st.fragment
def show(word: Subject) -> None:
    """Draws the view for the word, or for a photograph when VGG16 is chosen."""
    subject = photograph.or_word("Network", "network", word)
    card, ran, seen = subject.description, subject.ran, subject.seen
    chosen = address.choice("deep", card.layer_names, card.layer_names[0])
    order, detail = st.columns([1, 1.1], gap="medium")
    with order:
        st.caption(
            f"{card.title}: {len(card.layer_names)} layers, {card.parameters:,} parameters, every layer from one pass "
            f"({ran.milliseconds:.0f} ms). Each strip shows the {IN_LIST} strongest channels, each on its own scale."
        )
        with st.container(height=620, border=False):
            _list(card, ran, chosen)
    with detail:
        layer = card.layer(chosen)
        st.markdown(f"**{chosen}** · {KINDS[layer.kind]}")
        st.caption(layer.words)
        feature_maps_panel.tiles_of(
            card,
            chosen,
            ran.values[chosen],
            images.data_url(seen),
            key="deep-maps",
            count=IN_DETAIL,
            columns=4 if subject.width > 2 * subject.height else 8,
            names=("deep", "deep_unit", "deep_scale"),
        )
    filters.show(card, layer, ran.values[chosen], key=f"deep-filters-{card.name}", in_address="deep_filter")


def _list(card: Description, ran: resources.Pass, chosen: str) -> None:
    def choose() -> None:
        address.note("deep", st.session_state["deep-list"].get("layer"), card.layer_names[0])
        address.note("deep_unit", None)

    component(
        "layer_list",
        key="deep-list",
        data={
            "title": card.title,
            "layers": _rows(card.name, ran.digest, ran.values),
            "chosen": chosen,
            "aspect": f"{card.input_shape[1]} / {card.input_shape[0]}",
        },
        on_layer_change=choose,
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _rows(name: str, digest: str, _values: dict[str, np.ndarray]) -> list[dict]:
    """What the list says and shows of every layer; drawn once a picture."""
    card = resources.description(name)
    return [
        {
            "name": layer.name,
            "kind": KINDS[layer.kind],
            "says": layer.words,
            "facts": feature_maps_panel.facts(card, layer).split(" · ", 1)[1],
            "pictures": _pictures(card, layer, _values[layer.name]),
        }
        for layer in card.layers[1:]
    ]


def _pictures(card: Description, layer: Layer, activation: np.ndarray) -> list[dict[str, str]]:
    return [
        {
            "src": images.data_url(images.shrink(images.coloured(tile.values), 128)),
            "name": feature_maps_panel.channel_name(card, layer, tile.channel),
        }
        for tile in feature_maps.strongest(activation, IN_LIST)
    ]
