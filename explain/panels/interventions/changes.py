"""The changes made inside a network: the list of them with a switch each, kept in the address, and how one is added."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st

from explain.interventions import intervention
from explain.interventions.intervention import Intervention, InterventionError, Span, What, Where
from explain.interventions.run import leads
from explain.layers.feature_maps import is_drawn, strongest
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.inputs import layer as layer_input
from explain.panels.layers import names
from explain.panels.page import address
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption

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
FEW = 4  # columns, of which none are the middle


class Listed(NamedTuple):
    """One change of the list, and whether it is switched on."""

    change: Intervention
    on: bool


def layers_of(subject: Subject) -> list[str]:
    """The layers whose values the answer is made of."""
    return [name for name in subject.description.layer_names if is_changeable(subject, name)]


def is_changeable(subject: Subject, layer: str) -> bool:
    """Whether the answer is made of a layer's values, and these are maps, a sequence or a row of units."""
    return leads(subject.opened.network, layer) and layer in subject.values and is_drawn(subject.values[layer])


def choose_layer(subject: Subject) -> Layer:
    """Draws the choice of a layer, which the parts of the view have in common."""
    description, layers = subject.description, layers_of(subject)
    usual = usual_layer(subject, layers)
    return description.layer(layer_input.choose("Layer", description, layers, usual, layer_key(description)))


def usual_layer(subject: Subject, layers: list[str]) -> str:
    """The layer to begin with, of those that can be changed."""
    usual = layer_input.first_layer(subject.description)
    return usual if usual in layers else layers[0]


def layer_key(description: Description) -> str:
    """Under which name the choice of a layer stands in the address: two networks may stand side by side."""
    return f"{LAYER}_{description.name}" if description.card else LAYER


def listed(subject: Subject) -> list[Listed]:
    """The changes in the address that this network has a place for; where it names none, an example."""
    if address.given(CHANGES) == EMPTY:
        return []
    return made(subject) or [Listed(change, True) for change in example(subject)]


def made(subject: Subject) -> list[Listed]:
    """The changes in the address alone."""
    off = {int(number) for number in address.given(OFF)[:99].split(".") if number.isascii() and number.isdigit()}
    known = []
    for number, change in enumerate(intervention.parse(address.given(CHANGES))):
        try:
            if change.layer in subject.description.layer_names and is_changeable(subject, change.layer):
                intervention.check(subject.description, change, subject.values[change.layer].shape)
                known.append(Listed(change, number not in off))
        except InterventionError:
            continue
    return known


def example(subject: Subject) -> list[Intervention]:
    """What is shown at first: the middle quarter of a layer silenced, of one without columns its strongest channel.

    The strongest channel of a layer of many seldom turns an answer. Nothing where the first layer leads to no answer.
    """
    layer = layer_input.first_layer(subject.description)
    if not is_changeable(subject, layer):
        return []
    values = subject.values[layer]
    if values.ndim == 1 or values.shape[-2] < FEW:
        return [Intervention(layer, Where((strongest(values, 1)[0].channel,)))]
    return [Intervention(layer, Where(columns=(3 * values.shape[-2] // 8, 5 * values.shape[-2] // 8)))]


def keep(changes: list[Listed]) -> None:
    """From a callback: these are the changes from now on."""
    changes = changes[-intervention.MOST :]
    address.note(CHANGES, intervention.write(one.change for one in changes) or EMPTY)
    address.note(OFF, ".".join(str(number) for number, one in enumerate(changes) if not one.on) or None)


def switch_on(subject: Subject, change: Intervention) -> None:
    """From a callback: this change alone is switched on; earlier ones stay in the list."""
    before = [one._replace(on=False) for one in made(subject) if one.change != change]
    keep([*before, Listed(change, True)])


def place(subject: Subject, layer: Layer, where: Where) -> str:
    """A part of a layer, by what the page calls its channels."""
    return intervention.place(layer, where, _called(subject.description, layer))


def sentence(subject: Subject, change: Intervention) -> str:
    """What is changed, and how, by what the page calls its channels."""
    description = subject.description
    return intervention.sentence(description, change, _called(description, description.layer(change.layer)))


def _called(description: Description, layer: Layer) -> Callable[[int], str]:
    def name(channel: int) -> str:
        called = names.channel_name(description, layer, channel)
        if names.is_labelled(description, layer):
            return f"“{called}”"
        return f"unit {called}" if layer.kind == "lstm" and len(layer.directions) == 2 else called

    return name


def strip(subject: Subject, changes: list[Listed]) -> None:
    """Draws the list: each change with its switch and a button that takes it away, and one button for all."""
    for number, one in enumerate(changes):
        switch, away = st.columns([6, 1], vertical_alignment="center")
        key = f"{number}-{one.on}-{intervention.write([one.change])}"
        flipped = [other._replace(on=not other.on) if at == number else other for at, other in enumerate(changes)]
        switch.toggle(
            plain(sentence(subject, one.change)),
            value=one.on,
            key=f"changes-switch-{key}",
            on_change=keep,
            args=(flipped,),
        )
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
        amount = st.number_input(
            "By how much", -LARGEST, LARGEST, AMOUNTS[kind], key=f"touch_{kind}", bind="query-params", width=160
        )
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
        _place(values, more)
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


def _place(values: np.ndarray, more: Callable[[Where], None]) -> None:
    """A rectangle of all maps, or some frames of a sequence."""
    if values.ndim == 1:
        caption("This layer has no places, only units: choose a channel.")
        return
    spans = []
    for axis, title in ((-3, "Rows"), (-2, "Columns" if values.ndim == 3 else "Frames")):
        length = values.shape[axis] if values.ndim >= -axis else 0
        spans.append(_span(title, length) if length > 1 else (0, 1) if length else None)
    st.button("Change this place", key="touch-place", on_click=more, args=(Where(rows=spans[0], columns=spans[1]),))


def _span(title: str, length: int) -> Span:
    """The first and the last that are to be changed of so many rows, columns or frames, on one slider."""
    in_address = f"touch_{title.lower()}"
    key, usual, ends = f"{in_address}-{length}", (length // 3, length // 2), address.numbers(in_address, 2)

    def note() -> None:
        address.note(in_address, ".".join(map(str, st.session_state[key])), ".".join(map(str, usual)))

    ends = ends if ends and ends[0] <= ends[1] < length else usual
    first, last = st.slider(title, 0, length - 1, ends, key=key, on_change=note, width=420)
    return first, last + 1
