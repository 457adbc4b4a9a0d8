"""The deeper view *One unit by hand*: one number of a network, and the whole sum it came from, down to the pixels."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.layers import feature_maps
from explain.layers.receptive_field import ReceptiveField, receptive_field
from explain.layers.recompute import recompute
from explain.layers.workings import Unit
from explain.network.layers import Layer
from explain.panels.inputs import photograph
from explain.panels.layers import exemplars, layer_by_layer
from explain.panels.layers import feature_maps as feature_maps_panel
from explain.panels.layers import workings as workings_panel
from explain.panels.layers.workings import Chosen, input_name
from explain.panels.page import address, resources
from explain.panels.page.subject import Subject
from explain.pictures import images
from explain.pictures.crops import cut, framed

FIRST = {"crnn": "conv_3", "vgg16-cam": "block3_conv1"}
STEP = {"dense": "frame"}  # what a place of a sequence is called; a step elsewhere
TILES = {"crnn": 16, "vgg16-cam": 8}  # maps shown; those of VGG16 are large
TYPED = "hand-typed"
Place = tuple[int, int]


@st.fragment
def show(word: Subject) -> None:
    """Draws the view for the word, or for a photograph when VGG16 is chosen."""
    st.caption(
        "Every number in a network is the result of a small sum that you can check. Choose a layer and click a place "
        "on a map: on the right stands what this one number takes in, what each part weighs, and how they add up. The "
        "last button leads on to the input that counted most, and so, layer by layer, down to the pixels."
    )
    subject = photograph.or_word("Network worked out by hand", "hand_network", word)
    name, card, seen = subject.network, subject.description, subject.seen
    names = tuple(("hand_" if name == "crnn" else "hand_vgg_") + what for what in ("layer", "unit", "scale"))
    values = {**subject.values, card.input.name: subject.batch[0]}
    layer = card.layer(address.choice(names[0], card.layer_names, FIRST[name]))
    chosen = Chosen(card, values, seen, layer, names)
    channel, place = _unit(chosen)
    maps, working = st.columns([1, 1.6], gap="medium")
    with maps:
        feature_maps_panel.tiles_of(
            card,
            layer.name,
            values[layer.name],
            images.data_url(seen),
            # Fresh maps for each layer and each typed unit: the mounted ones would go on marking what was clicked.
            key=f"hand-maps-{layer.name}-{st.session_state.get(TYPED, 0)}",
            count=TILES[name],
            columns=4,
            chips=True,
            names=names,
            first={"channel": channel, "y": place[0], "x": place[1]},
        )
        if name == "crnn":
            _bank(chosen, channel)
    with working:
        _working(chosen, channel, place)


def _bank(chosen: Chosen, channel: int) -> None:
    """Under the maps: the filters where they are pictures, and what the channel answers to in other words."""
    name, values = chosen.layer.name, chosen.values[chosen.layer.name]
    if name == exemplars.FILTERS:
        exemplars.filters(channel, lambda other: _choose(chosen, *_strongest(chosen, values, other)))
    if chosen.layer.kind == "lstm":
        exemplars.sentence(name, channel)
    else:
        exemplars.channel(chosen.layer, channel, chosen.seen, values)


def _choose(chosen: Chosen, channel: int, place: Place) -> None:
    """From a callback: a unit that was not clicked on its map, which is drawn afresh to mark it."""
    address.note(chosen.names[1], f"{channel}.{place[0]}.{place[1]}")
    st.session_state[TYPED] = st.session_state.get(TYPED, 0) + 1


def _working(chosen: Chosen, channel: int, place: Place) -> None:
    unit = recompute(
        chosen.card,
        chosen.layer.name,
        channel,
        place,
        chosen.values,
        resources.layer_weights(chosen.card.name, chosen.layer.name),
    )
    _title(chosen, unit)
    _numbers(chosen, unit)
    _seen(chosen, unit)
    workings_panel.show(chosen, unit)
    _follow(chosen, unit)


def _unit(chosen: Chosen) -> tuple[int, Place]:
    """The unit that the address names, else one worth seeing.

    That is the strongest, `_strongest` says where; of the outputs the surest that is not the blank; of an LSTM, whose
    strongest are saturated, the one that changes most from one step to the next.
    """
    activation = chosen.values[chosen.layer.name]
    kept = feature_maps_panel.unit_of(activation, address.numbers(chosen.names[1], 3))
    if kept:
        return kept["channel"], (kept["y"], kept["x"])
    if chosen.layer is chosen.card.layers[-1]:
        activation = activation[..., [label != "" for label in chosen.card.labels]]  # the last: no channel moves
    elif chosen.layer.kind == "lstm":
        activation = np.diff(activation, axis=0, prepend=0)
    return _strongest(chosen, activation)


def _strongest(chosen: Chosen, activation: np.ndarray, channel: int | None = None) -> tuple[int, Place]:
    """The unit of the largest magnitude, of one channel or of all.

    Among those that see nothing beyond the edge of the picture, where there are such: at the edge the zeros read beyond
    it excite the first layers more than anything in the picture does.
    """
    stack = np.abs(feature_maps.maps(activation))
    field = receptive_field(chosen.card, chosen.layer.name)
    if field is not None:
        inside = _inside(field, stack.shape[1:], chosen.card.input_shape)
        stack = np.where(inside | ~inside.any(), stack, -1.0)
    only = slice(None) if channel is None else slice(channel, channel + 1)
    found, y, x = (int(index) for index in np.unravel_index(stack[only].argmax(), stack[only].shape))
    return found if channel is None else channel, (y, x)


def _inside(field: ReceptiveField, places: tuple[int, int], picture: tuple[int, ...]) -> np.ndarray:
    """`(height, width)`: which places of a map see nothing beyond the edge of the picture."""
    sides = []
    for axis in (0, 1):
        first = field.start[axis] + field.stride[axis] * np.arange(places[axis])
        sides.append((first >= 0) & (first + field.size[axis] <= picture[axis]))
    return sides[0][:, None] & sides[1]


def _title(chosen: Chosen, unit: Unit) -> None:
    st.markdown(f"**{_named(chosen, unit)}** · {layer_by_layer.KINDS[chosen.layer.kind]}")
    st.markdown(verdict(unit))


def verdict(unit: Unit) -> str:
    """Both values and whether they agree, as Markdown; all of it red where they don't."""
    both = f"by hand **{unit.by_hand:.6g}**, ONNX Runtime **{unit.by_runtime:.6g}**"
    if not unit.agrees:
        return f":red[{both}: **they don't agree**, the difference is {unit.difference:.3g}]"
    difference = f"{unit.difference:.0e}" if unit.difference else "none"
    return f"{both}: they agree :gray[(difference {difference}, allowed {unit.allowed:.0e})]"


def _named(chosen: Chosen, unit: Unit) -> str:
    name = feature_maps_panel.channel_name(chosen.card, chosen.layer, unit.channel)
    return f"{chosen.layer.name}, {name}{_where(chosen.layer, unit.place)}"


def _where(layer: Layer, place: Place) -> str:
    return {3: f", row {place[0]}, column {place[1]}", 2: f", {STEP.get(layer.kind, 'step')} {place[1]}"}.get(
        len(layer.shape), ""
    )


def _numbers(chosen: Chosen, unit: Unit) -> None:
    """Channel and place as numbers to type, for channels that are not among the tiles."""
    channels, height, width = feature_maps.maps(chosen.values[chosen.layer.name]).shape
    prefix = f"hand-{chosen.card.name}-{chosen.layer.name}-"
    now = {"channel": unit.channel, "row": unit.place[0], "column": unit.place[1]}

    def keep() -> None:
        # An emptied field holds None.
        typed = {what: st.session_state.get(prefix + what, now[what]) for what in now}
        channel, *kept = (now[what] if typed[what] is None else typed[what] for what in now)
        _choose(chosen, channel, tuple(kept))

    ends = {"channel": channels, "row": height, "column": width}
    labels = {"channel": "Channel", "row": "Row", "column": "Column"}
    if len(chosen.layer.shape) == 2:
        labels["column"] = STEP.get(chosen.layer.kind, "step").capitalize()
    fields = [what for what in now if what == "channel" or ends[what] > 1]
    for place, what in zip(st.columns(3), fields, strict=False):
        st.session_state[prefix + what] = now[what]
        if what == "channel" and chosen.layer is chosen.card.layers[-1]:
            options = range(channels)
            named = [feature_maps_panel.channel_name(chosen.card, chosen.layer, option) for option in options]
            place.selectbox("Stands for", options, format_func=named.__getitem__, key=prefix + what, on_change=keep)
        else:
            label, most = f"{labels[what]}, 0 to {ends[what] - 1}", ends[what] - 1
            # Without value None an emptied field would become 0.
            place.number_input(label, 0, most, None, step=1, key=prefix + what, on_change=keep)


def _seen(chosen: Chosen, unit: Unit) -> None:
    """The receptive field: framed on the picture, and cut out."""
    field = receptive_field(chosen.card, chosen.layer.name)
    wide = chosen.seen.width > 2 * chosen.seen.height
    if field is None:
        st.image(images.enlarge(chosen.seen, 3), width=384 if wide else 224, alt="The picture as the network sees it")
        st.caption("This unit sees the whole picture, by way of the layers before it.")
        return
    box = field.box(*unit.place)
    # Of what lies far beyond the picture only a third of its height is drawn.
    room = chosen.seen.height // 3
    ends = chosen.seen.height + room, chosen.seen.width + room
    drawn = (max(box[0], -room), max(box[1], -room), min(box[2], ends[0]), min(box[3], ends[1]))
    whole, piece = st.columns([2.4 if wide else 1, 1], vertical_alignment="center")
    picture = framed(chosen.seen, drawn, 4 if wide else 2)
    whole.image(picture, width=480 if wide else 260, alt="The picture, with what this unit can see framed")
    piece.image(cut(chosen.seen, drawn, 150), width="content", alt="What this unit can see, cut out")
    clipped = field.clipped(*unit.place, chosen.card.input_shape)
    top, left, bottom, right = clipped
    said = f"It can see rows {top} to {bottom - 1}, columns {left} to {right - 1} of the picture and nothing else."
    if clipped != box:
        height, width = field.size
        said += f" The rest of its {height} × {width} pixels lies beyond the edge (stripes), where layers read zeros."
    st.caption(said)


def _follow(chosen: Chosen, unit: Unit) -> None:
    """A button that leads to the unit of the layer before that this one depends on most."""
    before = chosen.before
    channel, place = unit.biggest
    named = f"{before.name}, {input_name(chosen)(channel)}{_where(before, place)}"
    if before is chosen.card.input:
        st.caption(f"The input that counts most is a pixel: {named}. Here the network begins.")
        return

    def go() -> None:
        address.note(chosen.names[0], before.name)
        address.note(chosen.names[1], f"{channel}.{place[0]}.{place[1]}")

    st.button(f"On to the input that counts most: {named}", icon=":material/south:", on_click=go, key="hand-follow")
