"""The deeper view *One unit by hand*: one number of a network, and the whole sum it came from, down to the pixels."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from explain.layers import feature_maps
from explain.layers.receptive_field import receptive_field
from explain.layers.recompute import RecomputeError, recompute
from explain.layers.workings import Unit
from explain.network.layers import Layer
from explain.panels.inputs import layer as layer_input
from explain.panels.inputs import photograph
from explain.panels.interventions.silence import channel_and_unit, silence
from explain.panels.layers import exemplars, names
from explain.panels.layers import feature_maps as feature_maps_panel
from explain.panels.layers import workings as workings_panel
from explain.panels.layers.focus import Focus, weights
from explain.panels.page import address, views
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import show_picture
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption
from explain.pictures import images
from explain.pictures.crops import cut, framed

# What the parameters of the address begin with, by the kind of head; links that are out there have them.
PREFIXES = {"ctc": "hand_", "classes": "hand_vgg_", "none": "hand_other_"}
TILES = {True: 16, False: 8}  # maps shown, by whether the picture is wide; square ones are large
TYPED, TITLE, NETWORK = "hand-typed", "One unit by hand", "hand_network"
Place = tuple[int, int]


@fragment
def show(word: Subject) -> None:
    """Draws the view for the word, or for a photograph where the network chosen looks at one."""
    caption(
        "Every number in a network is a small sum that you can check. Click a place on a map: its sum stands on the "
        "right. The button below it leads on to the input that counts most, down to the pixels."
    )
    subject = photograph.or_word("Network worked out by hand", NETWORK, word)
    description = subject.description
    prefix = PREFIXES[description.head.kind]
    in_address = (prefix + "layer", prefix + "unit", prefix + "scale")
    first = layer_input.first_layer(description)
    layer = description.layer(address.choice(in_address[0], description.layer_names, first))
    focus = Focus(subject, layer, in_address)
    drawn = feature_maps.is_drawn(focus.activation)
    channel, place = _unit(focus) if drawn else (0, (0, 0))
    maps, working = st.columns([1, 1.6], gap="medium")
    with maps:
        feature_maps_panel.tiles_of(
            subject,
            layer,
            # Fresh maps for each layer and each typed unit: the mounted ones would go on marking what was clicked.
            key=f"hand-maps-{layer.name}-{st.session_state.get(TYPED, 0)}",
            count=TILES[feature_maps_panel.is_wide(subject)],
            columns=4,
            chips=True,
            in_address=in_address,
            first={"channel": channel, "y": place[0], "x": place[1]},
        )
        if drawn:
            _answers(focus, channel)
    with working:
        if drawn:
            _working(focus, channel, place)
            silence(subject, layer, channel_and_unit(layer, channel, *place), "hand")


def lead_to(subject: Subject, layer: Layer, channel: int, key: str) -> None:
    """Draws a button that opens this view at the strongest unit of a channel."""
    prefix = PREFIXES[subject.description.head.kind]
    focus = Focus(subject, layer, (prefix + "layer", prefix + "unit", prefix + "scale"))
    lead = views.leading(TITLE, subject.network, NETWORK)

    def go() -> None:
        address.note(focus.in_address[0], layer.name, feature_maps_panel.first_layer(subject.description))
        _mark(focus, *_strongest(focus, focus.activation, channel))
        address.tell_all()
        lead()

    st.button("Its strongest unit by hand", key=key, icon=":material/calculate:", on_click=go)


def _answers(focus: Focus, channel: int) -> None:
    """Under the maps: the filters where they are pictures, and what the channel answers to in other words."""
    exemplars.filters(
        focus.description, focus.layer, channel, lambda other: _mark(focus, *_strongest(focus, focus.activation, other))
    )
    if focus.layer.kind == "lstm":
        exemplars.sentence(focus.description, focus.layer, channel)
    else:
        exemplars.channel(focus.subject, focus.layer, channel)


def _mark(focus: Focus, channel: int, place: Place) -> None:
    """From a callback: a unit that was not clicked on its map, which is drawn afresh to mark it."""
    address.note(focus.in_address[1], f"{channel}.{place[0]}.{place[1]}")
    st.session_state[TYPED] = st.session_state.get(TYPED, 0) + 1


def _working(focus: Focus, channel: int, place: Place) -> None:
    layer = focus.layer
    try:
        unit = recompute(
            focus.description, layer.name, channel, place, focus.values, weights(focus.description, layer.name)
        )
    except RecomputeError as problem:
        st.markdown(f"**{_unit_name(focus, layer, channel, place)}** · {names.kind_name(focus.description, layer)}")
        st.info(plain(str(problem)), icon=":material/info:")
        _numbers(focus, channel, place)
        _receptive_field(focus, place)
        return
    st.markdown(f"**{_unit_name(focus, layer, channel, place)}** · {names.kind_name(focus.description, layer)}")
    st.markdown(verdict(unit))
    _numbers(focus, channel, place)
    _receptive_field(focus, place)
    workings_panel.show(focus, unit)
    _follow(focus, unit)


def _unit(focus: Focus) -> tuple[int, Place]:
    """The unit that the address names, else one worth seeing.

    That is the strongest, `_strongest` says where; of an answer the likeliest at the chosen frame, else the
    surest that is not the blank; of an LSTM, whose strongest are saturated, the one that changes most from one step to
    the next.
    """
    activation, layer = focus.activation, focus.layer
    unit = feature_maps_panel.unit_of(activation, address.numbers(focus.in_address[1], 3))
    if unit:
        return unit["channel"], (unit["y"], unit["x"])
    if names.is_labelled(focus.description, layer):
        frame = address.numbers("frame", 1)
        if frame and activation.ndim == 2 and frame[0] < len(activation):  # the one that is chosen in other views
            return int(activation[frame[0]].argmax()), (0, frame[0])
        return feature_maps.surest(activation, focus.description.blank)
    if layer.kind == "lstm" and activation.ndim == 2:
        return feature_maps.largest_change(activation)
    return _strongest(focus, activation)


def _strongest(focus: Focus, activation: np.ndarray, channel: int | None = None) -> tuple[int, Place]:
    """The unit of the largest magnitude, of one channel or of all, that sees nothing beyond the edge of the picture."""
    field, inside = receptive_field(focus.description, focus.layer.name), None
    if field is not None:
        inside = field.inside(feature_maps.maps(activation).shape[1:], focus.picture_size)
    return feature_maps.strongest_unit(activation, channel, inside)


def verdict(unit: Unit) -> str:
    """Both values and whether they agree, as Markdown; all of it red where they don't."""
    both = f"by hand **{unit.by_hand:.6g}**, ONNX Runtime **{unit.by_runtime:.6g}**"
    if not unit.agrees:
        return f":red[{both}: **they don't agree**, the difference is {unit.difference:.3g}]"
    difference = f"{unit.difference:.0e}" if unit.difference else "none"
    return f"{both}: they agree :gray[(difference {difference}, allowed {unit.allowed:.0e})]"


def _unit_name(focus: Focus, layer: Layer, channel: int, place: Place) -> str:
    """A unit in words: its layer, channel and place."""
    description = focus.description
    at = {
        3: f", row {place[0]}, column {place[1]}",
        2: f", {names.place_name(description, layer)} {place[1]}",
    }.get(len(layer.shape), "")
    return f"{names.layer_name(description, layer)}, {names.channel_name(description, layer, channel)}{at}"


def _numbers(focus: Focus, channel: int, place: Place) -> None:
    """Channel and place as numbers to type, for channels that are not among the tiles."""
    description, layer = focus.description, focus.layer
    channels, height, width = feature_maps.maps(focus.activation).shape
    prefix = f"hand-{description.name}-{layer.name}-"
    now = {"channel": channel, "row": place[0], "column": place[1]}

    def note() -> None:
        # An emptied field holds None.
        typed = {what: st.session_state.get(prefix + what, now[what]) for what in now}
        new_channel, *new_place = (now[what] if typed[what] is None else typed[what] for what in now)
        _mark(focus, new_channel, tuple(new_place))

    ends = {"channel": channels, "row": height, "column": width}
    labels = {"channel": "Channel", "row": "Row", "column": "Column"}
    if len(layer.shape) == 2:
        labels["column"] = names.place_name(description, layer).capitalize()
    fields = [what for what in now if what == "channel" or ends[what] > 1]
    for column, what in zip(st.columns(3), fields, strict=False):
        st.session_state[prefix + what] = now[what]
        if what == "channel" and names.is_labelled(description, layer):
            options = range(channels)
            named = [names.channel_name(description, layer, option) for option in options]
            column.selectbox("Stands for", options, format_func=named.__getitem__, key=prefix + what, on_change=note)
        else:
            label, most = f"{labels[what]}, 0 to {ends[what] - 1}", ends[what] - 1
            # Without value None an emptied field would become 0.
            column.number_input(label, 0, most, None, step=1, key=prefix + what, on_change=note)


def _receptive_field(focus: Focus, place: Place) -> None:
    """What the unit can see: framed on the picture, and cut out."""
    picture, wide = focus.subject.seen, feature_maps_panel.is_wide(focus.subject)
    field = receptive_field(focus.description, focus.layer.name)
    if field is None:
        width = 384 if wide else 224
        enlarged = images.enlarge(picture, max(3, math.ceil(width / picture.width)))
        show_picture(enlarged, width=width, alt="The picture as the network sees it")
        caption("This unit sees the whole picture, by way of the layers before it.")
        return
    box = field.box(*place)
    # Of what lies far beyond the picture only a third of its height is drawn.
    room = picture.height // 3
    ends = picture.height + room, picture.width + room
    drawn = (max(box[0], -room), max(box[1], -room), min(box[2], ends[0]), min(box[3], ends[1]))
    whole, piece = st.columns([2.4 if wide else 1, 1], vertical_alignment="center")
    width = 480 if wide else 260
    frame = framed(picture, drawn, math.ceil(width / picture.width))
    show_picture(frame, whole, width=width, alt="The picture, with what this unit can see framed")
    show_picture(cut(picture, drawn, 150), piece, width="content", alt="What this unit can see, cut out")
    clipped = field.clipped(*place, focus.picture_size)
    top, left, bottom, right = clipped
    sentence = f"It can see rows {top} to {bottom - 1}, columns {left} to {right - 1} of the picture and nothing else."
    if clipped != box:
        height, width = field.size
        sentence += (
            f" The rest of its {height} × {width} pixels lies beyond the edge (stripes), where layers read zeros."
        )
    caption(sentence)


def _follow(focus: Focus, unit: Unit) -> None:
    """A button that leads to the unit that this one depends on most, in one of the layers that its layer takes."""
    before = focus.description.layer(unit.source)
    channel, place = unit.biggest
    name = _unit_name(focus, before, channel, place)
    if before is focus.description.input:
        caption(f"The input that counts most is a pixel: {name}. Here the network begins.")
        return

    def go() -> None:
        address.note(focus.in_address[0], before.name)
        address.note(focus.in_address[1], f"{channel}.{place[0]}.{place[1]}")

    st.button(f"On to the input that counts most: {name}", icon=":material/south:", on_click=go, key="hand-follow")
