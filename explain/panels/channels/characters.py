"""What characters a recogniser's channels answer to: of one channel all characters, of one character the channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from explain.charts import exemplars as charts
from explain.charts.theme import Inks
from explain.exemplars import channel_answers
from explain.exemplars.channel_answers import ChannelAnswer
from explain.exemplars.word_bank import Bank
from explain.network.description import Description
from explain.network.head import CTC
from explain.network.layers import Layer
from explain.panels.layers import exemplars, names
from explain.panels.page import address
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import bold
from explain.panels.words.explained import caption

NAMED = 4  # characters that a sentence names
OF_A_LAYER = 6  # channels that are listed of each
WEAK = 0.5  # standard deviations up to which a channel is said to answer to no character in particular


def show(description: Description, layer: Layer, channel: int, choose: Callable[[str, int], None]) -> None:
    """Draws both, side by side, or says what that would need; nothing for a network that reads no text.

    channel: the present one of the layer. choose: called with a layer and a channel that are clicked.
    """
    if description.head.kind != CTC or not description.of_kind("conv"):
        return
    if missing := exemplars.NEEDS.missing(description):
        caption(f"What characters a channel answers to can be measured over many words. {missing}")
        return
    bank = exemplars.opened_bank(description)
    if bank is None or not bank.convolutions:
        return
    one, all_ = st.columns([1, 1.1], gap="medium")
    with one:
        if layer.name in bank.convolutions:
            _of_channel(bank, layer, channel)
        else:
            st.markdown("**What characters a channel answers to**")
            caption("Choose a convolution: its channels were measured over many words.")
    with all_:
        _of_character(bank, description, layer, channel, choose)


def _of_channel(bank: Bank, layer: Layer, channel: int) -> None:
    st.markdown(f"**What characters channel {channel} answers to**")
    answers = channel_answers.of_channel(bank, layer.name, channel)
    if not answers:
        caption(f"In the {len(bank.texts)} words of the bank this channel never varies: it is silent.")
        return
    st.markdown(told(answers))
    st.vega_lite_chart(charts.by_effect(answers, Inks.of(is_dark())), width="stretch", key="channel-characters")
    caption(
        f"Over {len(bank.texts)} words kept for this: the channel's mean in the columns of a character, less that in "
        "the columns of all other characters, in standard deviations (Hedges' g). It is a correlation, not a cause: "
        "the channel may answer to a stroke that these characters share, or to what stands beside them."
    )


def told(answers: Sequence[ChannelAnswer]) -> str:
    """The characters at both ends, as Markdown. answers: strongest first, of all characters."""
    above = [answer for answer in answers[:NAMED] if answer.effect > WEAK]
    below = [answer for answer in answers[::-1][:NAMED] if answer.effect < -WEAK]
    sentences = []
    if above:
        sentences.append(f"It answers most to {_listed(above)}.")
    if below:
        sentences.append(f"{'Least' if above else 'It answers least'} to {_listed(below)}.")
    if not sentences:
        most = max(answers, key=lambda answer: abs(answer.effect))
        return f"It answers to no character in particular: at most {_signed(most.effect)}, to {bold(most.character)}."
    return " ".join(sentences)


def _listed(answers: Sequence[ChannelAnswer]) -> str:
    return ", ".join(f"{bold(answer.character)} ({_signed(answer.effect)})" for answer in answers)


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _of_character(
    bank: Bank, description: Description, layer: Layer, channel: int, choose: Callable[[str, int], None]
) -> None:
    first = exemplars.CHARACTER if exemplars.CHARACTER in bank.characters else bank.characters[0]
    key = "channel-answers"
    st.session_state[key] = present = address.choice("deep_character", bank.characters, first)

    def note() -> None:
        address.note("deep_character", st.session_state[key], first)

    title, pick = st.columns([3, 1], vertical_alignment="center")
    title.markdown("**Which channels answer to a character**")
    label = "Channels that answer to"
    character = pick.selectbox(label, bank.characters, key=key, on_change=note, label_visibility="collapsed") or present
    for name in bank.convolutions:
        _layer_row(bank, description.layer(name), character, description, (layer.name, channel), choose)
    occurrences = int(bank.arrays["occurrences"][bank.labels.index(character)])
    caption(
        f"Of each convolution the {OF_A_LAYER} channels that lie highest above the rest at {bold(character)}, in "
        f"standard deviations, over {occurrences} occurrences. Click one to see it."
    )


def _layer_row(
    bank: Bank,
    layer: Layer,
    character: str,
    description: Description,
    present: tuple[str, int],
    choose: Callable[[str, int], None],
) -> None:
    answers = channel_answers.of_character(bank, layer.name, character, OF_A_LAYER)
    pills = {answer.channel: f"{answer.channel} · {_signed(answer.effect)}" for answer in answers}
    title = names.layer_name(description, layer)
    key = f"channel-answers-{layer.name}"
    st.session_state[key] = present[1] if present[0] == layer.name and present[1] in pills else None

    def take() -> None:
        if st.session_state[key] is not None:
            choose(layer.name, int(st.session_state[key]))

    place, buttons = st.columns([1, 5.5], vertical_alignment="center")
    place.caption(title)
    label = f"Channels of {title} that answer to {character}"
    buttons.pills(
        label, list(pills), format_func=pills.__getitem__, key=key, on_change=take, label_visibility="collapsed"
    )
