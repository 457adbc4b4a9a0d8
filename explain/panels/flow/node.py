"""One channel of the path, under it: its map, what passes through it, and where to look next."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.attribution.flow import Flow
from explain.charts.flow.parts import signed
from explain.layers import feature_maps
from explain.network.layers import Layer
from explain.panels.interventions import changes
from explain.panels.layers import by_hand, exemplars, names
from explain.panels.layers.feature_maps import is_wide
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption
from explain.pictures import images

WIDE, SQUARE = 420, 224  # screen pixels of the map


def show(subject: Subject, layer: Layer, channel: int, flow: Flow | None) -> None:
    """Draws the channel that was clicked. flow: None where the path is not known, or not yet."""
    description = subject.description
    name = names.channel_name(description, layer, channel)
    st.markdown(f"**{plain(layer.title)}, {plain(name)}** · {names.kind_name(description, layer)}")
    if flow:
        st.markdown(_carries(layer, channel, flow))
    in_bank = exemplars.has(description, layer)
    if not in_bank:  # whose map stands among its exemplars
        _map(subject, layer, channel, name)
    with st.container(horizontal=True):
        changes.silence(subject, layer, channel, f"follow-silence-{description.name}")
        by_hand.lead_to(subject, layer, channel, f"follow-hand-{description.name}")
    if layer.kind == "lstm":
        exemplars.sentence(description, layer, channel)
    elif in_bank:
        exemplars.channel(subject, layer, channel)


def _carries(layer: Layer, channel: int, flow: Flow) -> str:
    """What the channel would cost, and what passes through it, in words."""
    through = flow.layer(layer.name)
    cost, amount = float(through.costs[channel]), float(through.channels[channel])
    place = int((np.abs(through.costs) > abs(cost)).sum()) + 1
    share = abs(amount) / (float(np.abs(through.channels).sum()) or 1.0)
    return (
        f"Without it alone, the answer is expected to {'lose' if cost >= 0 else 'gain'} **{abs(cost):.2g}**: number "
        f"{place} of {plain(layer.title)}'s {len(through.costs)}. **{signed(amount)}** passes through it, {share:.1%} "
        "of all that passes through the layer."
    )


def _map(subject: Subject, layer: Layer, channel: int, name: str) -> None:
    values = feature_maps.tile(subject.values[layer.name], channel).values
    if values.size == 1:
        caption(f"It has one value for the whole picture: {float(values[0, 0]):.4g}.")
        return
    low, high, _ = images.scale(values)
    drawn = images.coloured(values)
    width = WIDE if is_wide(subject) or values.shape[0] == 1 else SQUARE
    height = max(20, round(width * subject.height / subject.width)) if values.shape[0] > 1 else 28
    st.image(drawn.resize((width, height), 0), width=width, alt=f"{layer.title}, {name}: its map for this picture")
    what = "Its course over the steps" if values.shape[0] == 1 else "Its feature map"
    caption(f"{what} for this picture, from {low:.3g} to {high:.3g} on a scale of its own.")
