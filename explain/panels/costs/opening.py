"""Which part of *Layer by layer* is shown, and how a click on a layer in one of the others opens it."""

from __future__ import annotations

import streamlit as st

from explain.panels.page import address

PART, LAYER, UNIT, FILTER = "deep_part", "deep", "deep_unit", "deep_filter"  # in the address
ONE, EACH, TELLS = "One layer", "Cost of each layer", "Which layer tells?"
PARTS = (ONE, EACH, TELLS)


def clicked(chart: str) -> None:
    """From a callback: the layer that was clicked in a chart, by its key, is opened."""
    points = st.session_state[chart]["selection"].get("layer") or []
    layer = points[0].get("layer") if points else None
    if layer:
        open_layer(layer)


def open_layer(layer: str) -> None:
    """From a callback: the layer is looked at by itself."""
    for name in (UNIT, FILTER):
        address.note(name, None)
    address.note(LAYER, layer)
    st.session_state[PART] = ONE
