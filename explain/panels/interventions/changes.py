"""The changes made inside a network: the list of them with a switch each, kept in the address, and how one is added."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st

from explain.interventions import intervention
from explain.interventions.intervention import Intervention, InterventionError, What, Where
from explain.interventions.run import leads
from explain.layers.feature_maps import strongest
from explain.network.layers import Layer
from explain.panels.inputs import layer as layer_input
from explain.panels.layers import names
from explain.panels.layers.feature_maps import first_layer, is_drawn
from explain.panels.page import address, views
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption

WHAT_IF, INSIDE = "What if?", "Inside the network"  # the view, and the part of it that shows the changes
CHANGES, OFF, LAYER, EMPTY = "changes", "changes_off", "touch_layer", "none"
PARTS = ("A channel", "A place", "A direction", "The whole layer")
DOES = {
    "silence": intervention.ZERO,
    "set to the mean": intervention.MEAN,
    "multiply": intervention.SCALE,
    "add": intervention.ADD,
    "put in from the other picture": intervention.PATCH,
}
AMOUNTS = {intervention.SCALE: 2.0, intervention.ADD: 1.0}
LARGEST = 1000.0


class Listed(NamedTuple):
    """One change of the list, and whether it is switched on."""

    change: Intervention
    on: bool


def layers_of(subject: Subject) -> list[str]:
    """The layers whose values the answer is made of."""
    network = subject.opened.network
    return [name for name in subject.description.layer_names if leads(network, name) and _fits(subject, name)]


def _fits(subject: Subject, layer: str) -> bool:
    values = subject.values.get(layer)
    return values is not None and is_drawn(values)


def choose_layer(subject: Subject) -> Layer:
    """Draws the choice of a layer, which the parts of the view have in common."""
    description, layers = subject.description, layers_of(subject)
    usual = first_layer(description)
    key = f"{LAYER}_{description.name}" if description.card else LAYER  # two networks may stand side by side
    return description.layer(
        layer_input.choose("Layer", description, layers, usual if usual in layers else layers[0], key)
    )


def listed(subject: Subject) -> list[Listed]:
    """The changes in the address that this network has a place for; where it names none, an example: a channel off."""
    text = address.given(CHANGES)
    if text == EMPTY:
        return []
    off = {int(number) for number in address.given(OFF)[:99].split(".") if number.isascii() and number.isdigit()}
    layers = layers_of(subject)
    found = []
    for number, change in enumerate(intervention.parse(text)):
        try:
            if change.layer in layers:
                intervention.check(subject.description, change, subject.values[change.layer].shape)
                found.append(Listed(change, number not in off))
        except InterventionError:
            continue
    return found or _example(subject, layers)


def _example(subject: Subject, layers: list[str]) -> list[Listed]:
    layer = first_layer(subject.description)
    if layer not in layers:
        return []
    channel = strongest(subject.values[layer], 1)[0].channel
    return [Listed(Intervention(layer, Where(channels=(channel,))), True)]


def keep(changes: list[Listed]) -> None:
    """From a callback: these are the changes from now on."""
    changes = changes[-intervention.MOST :]
    address.note(CHANGES, intervention.write(one.change for one in changes) or EMPTY)
    address.note(OFF, ".".join(str(number) for number, one in enumerate(changes) if not one.on) or None)


def silence(subject: Subject, layer: Layer, channel: int, key: str) -> None:
    """Draws a button that sets a channel to zero and opens the view that shows what becomes of the answer."""
    if layer.name not in layers_of(subject):
        return

    def open_view() -> None:
        keep([Listed(Intervention(layer.name, Where(channels=(channel,))), True)])
        address.tell_all()
        st.session_state[views.VIEW] = WHAT_IF
        st.session_state["touch_network"] = next(
            (title for title, name in views.titles(views.to_look_into()).items() if name == subject.network), None
        )
        st.session_state["what_if_part"] = INSIDE

    name = names.channel_name(subject.description, layer, channel)
    st.button(f"Silence {name}: what if?", key=key, icon=":material/volume_off:", on_click=open_view)


def strip(subject: Subject, changes: list[Listed]) -> None:
    """Draws the list: each change with its switch and a button that takes it away, and one button for all."""
    for number, one in enumerate(changes):
        switch, away = st.columns([6, 1], vertical_alignment="center")
        key = f"{number}-{one.on}-{intervention.write([one.change])}"
        flipped = [other._replace(on=not other.on) if at == number else other for at, other in enumerate(changes)]
        words = plain(intervention.sentence(subject.description, one.change))
        switch.toggle(words, value=one.on, key=f"changes-switch-{key}", on_change=keep, args=(flipped,))
        rest = changes[:number] + changes[number + 1 :]
        away.button("Remove", key=f"changes-away-{key}", on_click=keep, args=(rest,), type="tertiary")
    if changes:
        st.button("Clear all changes", key="changes-clear", icon=":material/undo:", on_click=keep, args=([],))
    else:
        caption("Nothing is changed. Choose a layer and a channel of it, and see what becomes of the answer.")


def add(subject: Subject, layer: Layer, changes: list[Listed]) -> None:
    """Draws what a further change of a layer is made of; a channel is changed as soon as it is chosen."""
    part = address.switch("Which part of it", PARTS, key="touch_part", labelled=True)
    kind = DOES[address.switch("What is done to it", DOES, key="touch_what", labelled=True)]
    amount = 0.0
    if kind in AMOUNTS:
        amount = st.number_input("By how much", -LARGEST, LARGEST, AMOUNTS[kind], key=f"touch-amount-{kind}", width=160)
    what, values = What(kind, float(amount)), subject.values[layer.name]

    def more(where: Where) -> None:
        keep([*changes, Listed(Intervention(layer.name, where, what), True)])

    if part == "A channel":
        key, channels = f"touch-channel-{layer.name}", _channels(subject, layer)

        def chosen() -> None:
            if st.session_state[key] is not None:
                more(Where(channels=(channels[st.session_state[key]],)))
            st.session_state[key] = None

        st.selectbox(
            "Channel",
            list(channels),
            index=None,
            placeholder="Choose a channel, or type its number",
            key=key,
            on_change=chosen,
            width=320,
        )
    elif part == "A place":
        _place(layer.name, values, more)
    elif part == "A direction":
        if set(intervention.DIRECTIONS) <= set(layer.directions):
            for name in intervention.DIRECTIONS:
                st.button(
                    f"Change the {name} direction", key=f"touch-{name}", on_click=more, args=(Where(direction=name),)
                )
        else:
            caption(f"{plain(layer.title)} does not read in two directions.")
    else:
        st.button("Change the whole layer", key="touch-whole", on_click=more, args=(Where(),))


def _channels(subject: Subject, layer: Layer) -> dict[str, int]:
    """The channels of a layer by what they are called; of two that are called alike, one with its number."""
    found: dict[str, int] = {}
    for channel in range(subject.values[layer.name].shape[-1]):
        name = names.channel_name(subject.description, layer, channel)
        found[f"{name} ({channel})" if name in found else name] = channel
    return found


def _place(layer: str, values: np.ndarray, more) -> None:
    """A rectangle of all maps, or some frames of a sequence."""
    if values.ndim == 1:
        caption("This layer has no places, only units: choose a channel.")
        return
    spans = []
    for axis, name in ((-3, "Rows"), (-2, "Columns" if values.ndim == 3 else "Frames")):
        length = values.shape[axis] if values.ndim >= -axis else 1
        first, last = 0, length - 1
        if length > 1:
            first, last = st.slider(
                name, 0, length - 1, (length // 3, length // 2), key=f"touch-{name}-{layer}", width=420
            )
        spans.append((first, last + 1) if values.ndim >= -axis else None)
    st.button("Change this place", key="touch-place", on_click=more, args=(Where(rows=spans[0], columns=spans[1]),))
