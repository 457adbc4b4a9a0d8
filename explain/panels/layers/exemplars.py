"""What a channel or a unit is for: the words of the bank that excite it most, and what it does on average."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from explain.charts import exemplars
from explain.charts.theme import Inks
from explain.exemplars import cards, descriptions
from explain.exemplars.word_bank import Bank, BankError, counts_inside, open_bank, rebuild
from explain.layers import feature_maps
from explain.layers.frames import frames
from explain.layers.receptive_field import receptive_field
from explain.network.description import Description
from explain.network.layers import Layer
from explain.network.needs import Needs
from explain.panels.components import thumbnails
from explain.panels.layers import filters as filters_panel
from explain.panels.layers import names
from explain.panels.layers.focus import version, weights
from explain.panels.page import address
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.words.explained import caption
from explain.pictures import images

NEEDS = Needs("ctc", along=("bank",))
CHARACTER = "e"  # whose units are listed at first
SHOWN = 8


@st.cache_resource(max_entries=2, show_spinner=False)
def _bank(version: str, _description: Description) -> Bank:
    return open_bank(_description)


def bank(description: Description) -> Bank:
    """The network's bank, opened when a view first asks for it; 2 MB."""
    return _bank(version(description), description)


def channel(subject: Subject, layer: Layer, number: int) -> None:
    """For a channel of a convolutional layer: its feature map, and what excites it most in the bank.

    Draws nothing for a layer that the bank has no places of.
    """
    description = subject.description
    opened = opened_bank(description)
    name = measured_as(description, layer, opened.layers) if opened else None
    if name is None:
        return
    st.markdown(f"**What channel {number} answers to**")
    activation = subject.values[layer.name]
    own, signed = feature_maps.maps(activation)[number], feature_maps.is_signed(activation)
    st.html(cards.STYLE + cards.present(subject.seen, own, signed))
    places = opened.places(name, number)
    if not places:
        caption(f"In the {len(opened.texts)} words of the bank this channel is never above zero: it is silent.")
        return
    st.html(cards.places(opened, places, receptive_field(description, name)))
    inside = counts_inside(description, name)
    edge = "places at the edge of the picture left out" if inside else "stripes: beyond the edge"
    caption(
        f"What it answers to most, among {len(opened.texts)} words kept for this. On the left stands what it sees "
        "there, cut out. It may answer to other things as well.",
        more=f"One place a word: the one where the channel is largest ({edge}).",
    )


def has(description: Description, layer: Layer) -> bool:
    """Whether `channel` has anything to draw for a layer."""
    opened = opened_bank(description, aloud=False)
    return opened is not None and measured_as(description, layer, opened.layers) is not None


def measured_as(description: Description, layer: Layer, measured) -> str | None:
    """The name under which the bank has a layer's channels: its own, or of the map that it lays out as a sequence."""
    while layer.name not in measured:
        before = description.inputs_of(layer.name)
        if layer.kind != "reshape" or len(before) != 1 or before[0].shape[-1] != layer.shape[-1]:
            return None
        layer = before[0]
    return layer.name


def filters(description: Description, layer: Layer, number: int, choose: Callable[[int], None]) -> None:
    """The filters of a layer as pictures on one scale, where they lie on the pixels of a grey picture.

    choose: called with the number of the one that is clicked.
    """
    if filters_panel.colour_of(description, layer) != "grey":
        return

    kernel = weights(description, layer.name)["kernel"]
    st.markdown(f"**All {kernel.shape[-1]} filters of {names.layer_name(description, layer)}**")
    thumbnails(
        key="hand-filters",
        data={
            "label": "Filters",
            "items": _filters(version(description), layer.name, kernel),
            "chosen": str(number),
            "size": 27,
        },
        choose=lambda clicked: choose(int(clicked)),
    )
    caption(
        f"{kernel.shape[0]} × {kernel.shape[1]} weights each, one scale for all: red counts light pixels for the "
        "channel, blue against it, near-white hardly at all. A filter with red on one side and blue on the other "
        "answers to an edge. Click one to choose it."
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _filters(version: str, layer: str, _kernel: np.ndarray) -> list[dict[str, str]]:
    """Every filter as an item of the thumbnails."""
    most = float(np.abs(_kernel).max())
    slices = np.moveaxis(_kernel[:, :, 0], -1, 0)
    pictures = [images.enlarge(images.coloured(slice_, -most, most), 9) for slice_ in slices]
    return [
        {"id": str(i), "title": f"channel {i}", "src": images.data_url(picture)} for i, picture in enumerate(pictures)
    ]


def unit(subject: Subject, layer: Layer, direction: str, number: int) -> None:
    """For a unit of a recurrent layer: one sentence, its means, and the words where it is highest and lowest."""
    opened = opened_bank(subject.description)
    if opened is None:
        if missing := NEEDS.missing(subject.description):
            caption(f"What unit {number} is for can be measured over many words. {missing}")
        return
    known = opened.unit(layer.name, _units(layer, direction)[number])
    st.markdown(f"**What unit {number} is for**")
    st.markdown(descriptions.purpose(known, opened.labels))
    words, means = st.columns([1.25, 1], gap="medium")
    columns = frames(subject.description, opened.frame_count, subject.width)
    with words:
        for title, steps in (("Highest", known.highest), ("Lowest", known.lowest)):
            st.markdown(f":gray[{title}]")
            st.html(cards.STYLE + cards.steps(opened, steps[:SHOWN], columns.centres))
    with means:
        inks, characters = Inks.of(is_dark()), opened.characters
        counts = tuple(opened.frames_of(character) for character in characters)
        st.markdown(":gray[Mean by character]")
        st.vega_lite_chart(
            exemplars.by_character(known, characters, counts, inks), width="stretch", key="bank-characters"
        )
        st.markdown(":gray[Mean by place in the word]")
        st.vega_lite_chart(exemplars.by_place(known, inks), width="stretch", key="bank-places")
        caption(
            "Dashed: the mean over blanks. On the left stand the words where the unit is highest and lowest, with the "
            "frame marked. It has read more than what is marked: all that came "
            f"{'after' if direction == 'backward' else 'before'}.",
            more=f"Means over {len(opened.texts)} words kept for this, drawn in {len(set(opened.fonts))} fonts. Which "
            "character a frame stands for is taken from the likeliest alignment of the right text. Of a word there is "
            "one frame at most. Marked are the frame's columns and its neighbours'.",
        )


def sentence(description: Description, layer: Layer, number: int) -> None:
    """What a unit of a recurrent layer is for, as a sentence alone; the backward units counted on from the others."""
    opened = opened_bank(description)
    if opened is not None and layer.name in opened.recurrent:
        st.markdown("**What this unit is for**")
        st.markdown(descriptions.purpose(opened.unit(layer.name, number), opened.labels))
        caption("The words that take it farthest, and its means by character, stand in the view *Recurrent layers*.")


def answering(
    beside, description: Description, layer: Layer, direction: str, number: int, choose: Callable[[int], None]
) -> None:
    """A character to choose, and under it the units that answer to it most.

    beside: the container that the character stands in. number: the present unit. choose: called with one clicked.
    """
    opened = opened_bank(description, aloud=False)  # said once, where the unit is explained
    if opened is None:
        return
    characters = opened.characters
    first = CHARACTER if CHARACTER in characters else characters[0]
    pick, told = beside.columns([1, 2.2], vertical_alignment="bottom")
    in_address = address.choice("lstm_answers", characters, first)
    st.session_state["lstm-answers"] = in_address

    def note() -> None:
        address.note("lstm_answers", st.session_state["lstm-answers"], first)

    label = "Units that answer to"
    character = pick.selectbox(label, characters, key="lstm-answers", on_change=note) or in_address
    units = _units(layer, direction)
    answers = opened.answering(layer.name, character, units)
    pills = {units.index(answer.unit): f"{units.index(answer.unit)} {_way(answer.effect)}" for answer in answers}
    key = "lstm-answering"
    st.session_state[key] = number if number in pills else None

    def take() -> None:
        if st.session_state[key] is not None:
            choose(int(st.session_state[key]))

    label = f"Units of {names.layer_name(description, layer)}, {direction}, that answer to {character}"
    st.pills(label, list(pills), format_func=pills.__getitem__, key=key, on_change=take, label_visibility="collapsed")
    caption(f"Below, the {len(pills)} units whose mean at {character} is farthest above ↑ or below ↓ the others.", told)


def _way(effect: float) -> str:
    return "↑" if effect > 0 else "↓"


def _units(layer: Layer, direction: str) -> range:
    """The units of one direction among all of the layer."""
    units = layer.shape[-1] // len(layer.directions)
    first = units * layer.directions.index(direction)
    return range(first, first + units)


def opened_bank(description: Description, aloud: bool = True) -> Bank | None:
    """The bank, None where the network has none or it can't be read.

    aloud: the page says why it can't, and where the bank is out of date.
    """
    if NEEDS.missing(description):
        return None
    try:
        opened = bank(description)
    except BankError as problem:
        if aloud:
            st.warning(str(problem), icon=":material/warning:")
        return None
    if opened.outdated and aloud:
        st.warning(
            "The bank of words was measured with other weights than the network has now; run "
            f"`{rebuild(description)}`.",
            icon=":material/warning:",
        )
    return opened
