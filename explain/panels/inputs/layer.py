"""Which of several layers is looked at: a row of buttons, or a list where there are too many for a row."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explain.network.description import Description
from explain.panels.layers import names

IN_A_ROW = 20  # buttons, in two or three lines


def first_layer(description: Description) -> str:
    """The layer to begin with: the convolution a third of the way in, whose maps still look like the picture."""
    convolutions = description.of_kind("conv") or description.layers[1:]
    return convolutions[len(convolutions) // 3].name


def choose(label: str, description: Description, layers: Sequence[str], default: str, key: str) -> str:
    """Draws the choice, kept in the address under key, and returns the chosen layer."""

    def called(name: str) -> str:
        return names.layer_name(description, description.layer(name))

    if len(layers) > IN_A_ROW:
        return st.selectbox(
            label, layers, layers.index(default), format_func=called, key=key, bind="query-params", width=420
        )
    chosen = st.segmented_control(
        label, layers, default=default, required=True, format_func=called, key=key, bind="query-params"
    )
    return chosen or default
