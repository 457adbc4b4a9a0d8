"""One channel of the path, under it: what it counts for, expected and tried, its map, and where to look next."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.attribution import targets
from explain.attribution.flow import Flow
from explain.charts.flow.parts import unsigned
from explain.interventions import silencing
from explain.interventions.intervention import InterventionError, Where
from explain.layers import feature_maps
from explain.network.layers import Layer
from explain.panels.inputs import target
from explain.panels.interventions.silence import silence
from explain.panels.layers import by_hand, exemplars, names
from explain.panels.layers.feature_maps import is_wide
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import show_picture
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption
from explain.pictures import images

WIDE, SQUARE = 420, 224  # screen pixels of the map
REMEMBERED = 256  # numbers


def show(
    subject: Subject, layer: Layer, channel: int, answer: str, followed: targets.Target, flow: Flow | None
) -> None:
    """Draws the channel that was clicked. answer: what is followed, in words. flow: None where the path is not known,
    or not yet."""
    description = subject.description
    name = names.channel_name(description, layer, channel)
    st.markdown(f"**{plain(layer.title)}, {plain(name)}** · {names.kind_name(description, layer)}")
    if flow:
        of = f"the {target.quantity(followed)} of {plain(answer)}"
        st.markdown(f"{_expected(layer, channel, of, flow)} {_tried(subject, layer, channel, followed)}")
    in_bank = exemplars.has(description, layer)
    if not in_bank:  # whose map stands among its exemplars
        _map(subject, layer, channel, name)
    with st.container(horizontal=True):
        silence(subject, layer, [Where((channel,))], "follow")
        by_hand.lead_to(subject, layer, channel, f"follow-hand-{description.name}")
    if layer.kind == "lstm":
        exemplars.sentence(description, layer, channel)
    elif in_bank:
        exemplars.channel(subject, layer, channel)


def _expected(layer: Layer, channel: int, of: str, flow: Flow) -> str:
    """What silencing the channel is expected to cost, in words."""
    costs = flow.layer(layer.name).costs
    cost = float(costs[channel])
    place = int((np.abs(costs) > abs(cost)).sum()) + 1
    return (
        f"Silenced, it should {'lower' if cost >= 0 else 'raise'} {of} by **{unsigned(cost)}**: number {place} among "
        f"{plain(layer.title)}'s {len(costs)} channels."
    )


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """What silencing a channel cost, by network, picture, layer, channel and target."""
    return Recent(REMEMBERED)


def _tried(subject: Subject, layer: Layer, channel: int, followed: targets.Target) -> str:
    """What silencing it does cost; nothing where the network cannot be run on from there."""
    key = (subject.description, subject.ran.digest, layer.name, channel, followed)
    cost = _remembered().get(key)
    if cost is None:
        network, picture, values = subject.opened.network, subject.batch, subject.values
        try:
            cost = float(silencing.silenced(network, picture, values, layer.name, followed, [[channel]])[0])
        except InterventionError:
            return ""
        _remembered().add(key, cost)
    return f"Tried, it {'lowers' if cost >= 0 else 'raises'} it by **{unsigned(cost)}**."


def _map(subject: Subject, layer: Layer, channel: int, name: str) -> None:
    values = feature_maps.tile(subject.values[layer.name], channel).values
    if values.size == 1:
        caption(f"It has one value for the whole picture: {float(values[0, 0]):.4g}.")
        return
    low, high, _ = images.scale(values)
    drawn = images.coloured(values)
    width = WIDE if is_wide(subject) or values.shape[0] == 1 else SQUARE
    height = max(20, round(width * subject.height / subject.width)) if values.shape[0] > 1 else 28
    show_picture(drawn.resize((width, height), 0), width=width, alt=f"{layer.title}, {name}: its map for this picture")
    what = "Its course over the steps" if values.shape[0] == 1 else "Its feature map"
    caption(f"{what} for this picture, from {low:.3g} to {high:.3g} on a scale of its own.")
