"""What a channel or a unit is for: the words of the bank that excite it most, and what it does on average."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from PIL import Image

from explain.charts import exemplars
from explain.charts.theme import Inks
from explain.exemplars import cards, descriptions
from explain.exemplars.word_bank import REBUILD, Bank, BankError, open_bank
from explain.layers import feature_maps
from explain.layers.receptive_field import receptive_field
from explain.network.description import describe
from explain.network.layers import Layer
from explain.panels.components import component
from explain.panels.page import address
from explain.panels.page.theme import is_dark
from explain.pictures import images
from models import crnn, onnx_weights

FED = "squeezed"  # the layer whose columns are the recurrent layers' steps
SAME = {FED: "conv_7"}  # layers that hand on what the one before gave
FIRST = ("conv_1", "pool_1", "conv_2", "pool_2")  # of these the bank leaves out what lies at the edge of the picture
FILTERS = "conv_1"  # the layer whose filters are pictures: they lie on the pixels themselves
CHARACTER = "e"
SHOWN = 8


@st.cache_resource(show_spinner=False)
def bank() -> Bank:
    """The bank, opened when a view first asks for it; 2 MB."""
    return open_bank(crnn.CARD)


def channel(layer: Layer, number: int, seen: Image.Image, activation: np.ndarray) -> None:
    """For a channel of a convolutional layer: its feature map, and what excites it most in the bank.

    seen: the present word. activation: of the layer for that word. Draws nothing for a layer the bank has no places of.
    """
    opened = _opened()
    name = SAME.get(layer.name, layer.name)
    if opened is None or name not in opened.layers:
        return
    st.markdown(f"**What channel {number} answers to**")
    st.html(cards.STYLE + cards.present(seen, feature_maps.maps(activation)[number]))
    found = opened.places(name, number)
    if not found:
        st.caption(f"In the {len(opened.texts)} words of the bank this channel is never above zero: it is silent.")
        return
    st.html(cards.places(opened, found, receptive_field(crnn.CARD, name)))
    edge = "places at the edge of the picture left out" if name in FIRST else "stripes: beyond the edge"
    st.caption(
        f"Of {len(opened.texts)} words kept for this, those with the places where the channel is largest, one place a "
        f"word, and on the left what it sees there, cut out ({edge}). They show what it answers to most, not all it "
        "answers to."
    )


def filters(number: int, choose: Callable[[int], None]) -> None:
    """The filters of the first layer as pictures on one scale; choose: called with the one that is clicked."""

    def take() -> None:
        chosen = st.session_state["hand-filters"].get("chosen")
        if chosen is not None:
            choose(int(chosen))

    st.markdown(f"**All {describe(crnn.CARD).layer(FILTERS).shape[-1]} filters of {FILTERS}**")
    component(
        "thumbnails",
        key="hand-filters",
        data={"label": "Filters", "items": _filters(), "chosen": str(number), "size": 27},
        on_chosen_change=take,
    )
    st.caption(
        "3 × 3 weights each, one scale for all: red counts light pixels for the channel, blue against it, near-white "
        "hardly at all. A filter with red on one side and blue on the other answers to an edge. Click one to choose it."
    )


@st.cache_resource(show_spinner=False)
def _filters() -> list[dict[str, str]]:
    """Every filter as an item of the thumbnails."""
    kernel = onnx_weights.read(crnn.CARD.weights, [FILTERS])[FILTERS][0][:, :, 0]
    most = float(np.abs(kernel).max())
    pictures = [images.enlarge(images.coloured(weights, -most, most), 9) for weights in np.moveaxis(kernel, -1, 0)]
    return [
        {"id": str(i), "title": f"channel {i}", "src": images.data_url(picture)} for i, picture in enumerate(pictures)
    ]


def unit(layer: str, direction: str, number: int) -> None:
    """For a unit of a recurrent layer: one sentence, its means, and the words where it is highest and lowest."""
    opened = _opened()
    if opened is None:
        return
    known = opened.unit(layer, _units(layer, direction)[number])
    st.markdown(f"**What unit {number} is for**")
    st.markdown(descriptions.purpose(known, opened.labels))
    words, means = st.columns([1.25, 1], gap="medium")
    field = receptive_field(crnn.CARD, FED)
    with words:
        for title, found in (("Highest", known.highest), ("Lowest", known.lowest)):
            st.markdown(f":gray[{title}]")
            st.html(cards.STYLE + cards.steps(opened, found[:SHOWN], field))
    with means:
        inks, characters = Inks.of(is_dark()), opened.labels[:-1]
        counts = tuple(opened.frames_of(character) for character in characters)
        st.markdown(":gray[Mean by character]")
        st.vega_lite_chart(
            exemplars.by_character(known, characters, counts, inks), width="stretch", key="bank-characters"
        )
        st.markdown(":gray[Mean by place in the word]")
        st.vega_lite_chart(exemplars.by_place(known, inks), width="stretch", key="bank-places")
        st.caption(
            f"Means over {len(opened.texts)} words kept for this, drawn in {len(set(opened.fonts))} fonts; which "
            "character a frame stands for is taken from the likeliest alignment of the right text. Dashed: the mean "
            "over blanks. On the left the same words, those where the hidden state is highest and lowest, one frame a "
            "word, marked with its columns and its neighbours'. The unit has read more than these: all that came "
            f"{'after' if direction == 'backward' else 'before'}."
        )


def sentence(layer: str, number: int) -> None:
    """What a unit of a recurrent layer is for, as a sentence alone; the backward units counted on from the others."""
    opened = _opened()
    if opened is not None:
        st.markdown("**What this unit is for**")
        st.markdown(descriptions.purpose(opened.unit(layer, number), opened.labels))
        st.caption("The words that take it farthest, and its means by character, stand in the view *Recurrent layers*.")


def answering(beside, layer: str, direction: str, number: int, choose: Callable[[int], None]) -> None:
    """A character to choose, and under it the units that answer to it most.

    beside: the container that the character stands in. number: the unit chosen now. choose: called with one clicked.
    """
    opened = _opened(aloud=False)  # said once, where the unit is explained
    if opened is None:
        return
    characters = opened.labels[:-1]
    pick, says = beside.columns([1, 2.2], vertical_alignment="bottom")
    kept = address.choice("lstm_answers", characters, CHARACTER)
    st.session_state["lstm-answers"] = kept

    def keep() -> None:
        address.note("lstm_answers", st.session_state["lstm-answers"], CHARACTER)

    character = pick.selectbox("Units that answer to", characters, key="lstm-answers", on_change=keep) or kept
    half = _units(layer, direction)
    found = opened.answering(layer, character, half)
    named = {half.index(answer.unit): f"{half.index(answer.unit)} {_way(answer.effect)}" for answer in found}
    key = "lstm-answering"
    st.session_state[key] = number if number in named else None

    def take() -> None:
        if st.session_state[key] is not None:
            choose(int(st.session_state[key]))

    label = f"Units of {layer}, {direction}, that answer to {character}"
    st.pills(label, list(named), format_func=named.__getitem__, key=key, on_change=take, label_visibility="collapsed")
    says.caption(f"Below, the {len(named)} units whose mean at {character} is farthest above ↑ or below ↓ the others.")


def _way(effect: float) -> str:
    return "↑" if effect > 0 else "↓"


def _units(layer: str, direction: str) -> range:
    """The units of one direction among all of the layer."""
    half = describe(crnn.CARD).layer(layer).shape[-1] // 2
    return range(half, 2 * half) if direction == "backward" else range(half)


def _opened(aloud: bool = True) -> Bank | None:
    """The bank, None where it can't be read. aloud: the page says so, and where the bank is out of date."""
    try:
        opened = bank()
    except BankError as problem:
        if aloud:
            st.warning(str(problem), icon=":material/warning:")
        return None
    if opened.outdated and aloud:
        st.warning(
            f"The bank of words was measured with other weights than the network has now; run `{REBUILD}`.",
            icon=":material/warning:",
        )
    return opened
