"""In the view *Recurrent layers*: the word read without one reading direction, and with the memory reset."""

from __future__ import annotations

import streamlit as st

from explain.charts import ablation
from explain.charts.word_axis import Ground
from explain.ctc import decoding
from explain.layers import lstm
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.layers.focus import weights
from explain.panels.page import address
from explain.panels.page.subject import Subject
from explain.panels.words.explained import caption

RESET = 8  # the frame before which memory is reset at first
FORWARD = "forward only"
BOTH = {"both directions": lstm.DIRECTIONS, FORWARD: ("forward",), "backward only": ("backward",)}
SINGLE = {"whole network": lstm.DIRECTIONS}


def show(word: Subject, ground: Ground) -> None:
    """Draws the readings, or says what they would need. ground: the word under its frames."""
    st.markdown("**Reading with less**")
    layers = chain(word.description)
    if not layers:
        caption(
            "The same word could be read with a direction or the memory taken away. This needs recurrent layers one "
            f"right after the other and a dense layer after them, which {word.description.title} lacks."
        )
        return
    count = len(word.probabilities)
    if count < 2:
        return
    first = min(RESET, count - 1)
    chart, control = st.columns([2.2, 1], gap="medium")
    with control:
        frame = address.numbers("lstm_reset", 1)
        reset = frame[0] if frame and 1 <= frame[0] < count else first
        if count > 2:  # a slider from 1 to 1 has no ends
            st.session_state["lstm-reset"] = reset
            st.slider(
                "Reset the memory before frame",
                1,
                count - 1,
                key="lstm-reset",
                on_change=lambda: address.note("lstm_reset", str(st.session_state["lstm-reset"]), str(first)),
            )
        caption(_taken_away(layers))
        caption(
            "Each cell is a frame's likeliest character (a dot is blank), yellow where sure. Framed: it is not what "
            "the whole network says.",
            more="The network was never trained to read like this: a broken reading shows what it relies on, not how "
            "well one direction could learn to read.",
        )
    with chart:
        conditions = readings(word, layers, reset)
        st.vega_lite_chart(ablation.readings(ground, conditions, word.alphabet), width="stretch", key="lstm-readings")


def chain(description: Description) -> list[Layer]:
    """The recurrent layers where each takes the one before it, and a dense layer over labels the last; else none."""
    layers = list(description.of_kind("lstm"))
    linked = all(after.inputs == (before.name,) for before, after in zip(layers, layers[1:], strict=False))
    dense = dense_of(description)
    if not layers or not linked or dense is None or dense.inputs != (layers[-1].name,):
        return []
    return [] if any(layer.activation or layer.settings.get("last_step") for layer in layers) else layers


def dense_of(description: Description) -> Layer | None:
    """The plain dense layer that the network's answer comes from, None where it ends in anything else."""
    last = description.output
    if last.kind == "softmax" and len(last.inputs) == 1:
        last = description.layer(last.inputs[0])
    plain = last.kind == "dense" and last.activation in (None, "softmax") and set(last.weights) <= {"kernel", "bias"}
    return last if plain else None


def _taken_away(layers: list[Layer]) -> str:
    if _two_ways(layers):
        return (
            "The same word, read with something taken away: one reading direction is silenced, or all memory is wiped "
            "where it crosses the dashed line. Drag the slider to move that line."
        )
    return "The same word, read with the memory wiped at the dashed line. Drag the slider to move that line."


def _two_ways(layers: list[Layer]) -> bool:
    return all(len(layer.directions) == 2 for layer in layers)


def readings(word: Subject, layers: list[Layer], reset: int | None = None) -> list[ablation.Reading]:
    """The word read by the whole network, with one direction only, and with the memory reset before a frame.

    layers: the recurrent ones, as `chain` returns them. reset: None for no such reading. Each reading has the
    probability of the whole one's text.
    """
    description = word.description
    recurrent = [weights(description, layer.name) for layer in layers]
    dense = weights(description, dense_of(description).name)
    fed = layers[0].inputs[0]
    sequence = word.batch[0] if fed == description.input.name else word.values[fed]
    named = BOTH if _two_ways(layers) else SINGLE
    conditions = [(name, directions, None) for name, directions in named.items()]
    if reset is not None:
        conditions.append((f"reset before {reset}", lstm.DIRECTIONS, reset))
    drawn, text = [], None
    for name, directions, cleared in conditions:
        softmax = lstm.reading(sequence, recurrent, dense, directions, cleared)
        best = decoding.best_path(softmax, word.alphabet.blank)
        text = best.labels if text is None else text
        probability = decoding.probability(softmax, text, word.alphabet.blank)
        reads = word.alphabet.text(best.labels)
        drawn.append(ablation.Reading(name, best.path, softmax.max(axis=1), reads, probability, cleared))
    return drawn
