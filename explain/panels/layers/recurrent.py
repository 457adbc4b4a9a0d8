"""The deeper view *Recurrent layers*: gates and memory of a recogniser's LSTMs, and what each unit is for."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts import lstm as lstm_chart
from explain.charts.theme import Inks
from explain.charts.word_axis import Ground
from explain.interventions.intervention import Where
from explain.layers import feature_maps, lstm
from explain.layers.frames import frames
from explain.network.layers import Layer
from explain.panels.components import component
from explain.panels.interventions.silence import silence
from explain.panels.layers import exemplars, names
from explain.panels.layers.focus import weights
from explain.panels.memory import reading_with_less, told
from explain.panels.page import address
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.words.explained import caption
from explain.pictures import images

CLOSE = 1e-4  # farthest that the recomputed states may be from ONNX Runtime's
NUMBERS = ("", "", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
WAYS = {
    ("forward", "backward"): "from both ends",
    ("forward",): "from left to right",
    ("backward",): "from right to left",
}
STATES = {
    "hidden state": ("hidden", "What each unit hands on to the next layer: blue below zero, red above."),
    "cell state": ("cell", "The memory itself: blue below zero, red above."),
    "input gate": ("input_gate", "How far each unit lets the candidate into its memory: dark is shut, yellow is open."),
    "forget gate": ("forget_gate", "How much of its memory each unit keeps: yellow keeps all, dark forgets."),
    "output gate": ("output_gate", "How much of its memory each unit shows to the next layer: dark hides it."),
    "candidate": ("candidate", "What each unit would write if its input gate were open: blue below zero, red above."),
}
GATES = ("input_gate", "forget_gate", "output_gate")
SCALES = ("shared scale", "scale per unit")


@fragment
def show(word: Subject) -> None:
    """Draws the view for a word."""
    description = word.description
    layers = {names.layer_name(description, layer): layer for layer in description.of_kind("lstm")}
    caption(introduction(list(layers.values()), len(word.probabilities)))
    reading_with_less.show(word, ground_of(word, len(word.probabilities), False))
    st.divider()
    with st.container(key="unit-story"):
        told = _one_unit(word, layers)
    if told is None:
        return
    layer, direction, steps, ground, unit = told
    exemplars.unit(word, layer, direction, unit)
    st.divider()
    _units(ground, steps, unit)
    _check(steps, word, layer, direction)


def _one_unit(word: Subject, layers: dict[str, Layer]) -> tuple[Layer, str, lstm.Trace, Ground, int] | None:
    """Draws the choice of a layer, a direction and a unit, and that unit's story; returns what was chosen, None where
    its gates cannot be worked out."""
    description = word.description
    with st.container(horizontal=True, gap="medium"):
        layer = layers[address.switch("Recurrent layer", layers, key="lstm_layer")]
        direction = _direction(layer)
    fed = description.layer(layer.inputs[0])
    fed_values = word.batch[0] if fed is description.input else word.values[fed.name]
    try:
        steps = lstm.trace(fed_values, weights(description, layer.name), direction)
    except lstm.LstmError as problem:
        st.info(f"The gates of {names.layer_name(description, layer)} can't be worked out: {problem}")
        return None
    ground = ground_of(word, len(steps.hidden), direction == "backward")
    unit = _unit(steps)
    called = told.frame_names(word.best.path, word.alphabet, len(steps.hidden))
    story, choice = st.columns([1.6, 1], gap="medium")
    with story:
        _story(ground, steps, unit, called)
    with choice:
        _choice(word, layer, direction, unit)
        silence(word, layer, _places(layer, direction, unit, ground.frame), "recurrent")
        _memory(ground, steps, called)
    return layer, direction, steps, ground, unit


def introduction(layers: list[Layer], frames: int) -> str:
    """What the recurrent layers do, in three sentences. frames: of the row that they read."""
    units = max(layer.settings["units"] for layer in layers)
    ways = {layer.directions for layer in layers}
    way = WAYS[ways.pop()] if len(ways) == 1 else ""
    most = "" if len({layer.settings["units"] for layer in layers}) == 1 else "up to "
    memory = f"a memory of {most}{units} numbers, one a unit, from frame to frame"
    if len(layers) == 1:
        reads = f"A recurrent layer reads that row{' ' * bool(way)}{way} and carries {memory}."
    else:
        count = NUMBERS[len(layers)] if len(layers) < len(NUMBERS) else str(len(layers))
        order = f"one after the other{', each ' * bool(way)}{way}"
        reads = f"{count} recurrent layers read that row {order}, and carry {memory}."
    return (
        f"After the convolutions the picture is a row of {frames} frames. {reads} At each frame "
        "three gates decide for each unit how much of its old memory to keep (forget gate), how much new to write "
        "(input gate) and how much to show (output gate)."
    )


def _direction(layer: Layer) -> str:
    """The direction whose memory is shown; where the layer reads in one alone there is nothing to switch."""
    if len(layer.directions) == 1:
        return layer.directions[0]
    return address.switch("Reading direction", layer.directions, key="lstm_direction")


def ground_of(word: Subject, count: int, backward: bool) -> Ground:
    """The word under a chart of so many frames."""
    frame = address.numbers("frame", 1)
    return Ground(
        word.url,
        frames(word.description, count, word.width),
        Inks.of(is_dark()),
        frame[0] if frame and frame[0] < count else None,
        backward,
    )


def _unit(steps: lstm.Trace) -> int:
    """The unit in the address, else the one whose hidden state moves farthest over this word."""
    number = address.numbers("lstm_unit", 1)
    return number[0] if number and number[0] < steps.hidden.shape[1] else steps.most_moving


def _places(layer: Layer, direction: str, unit: int, frame: int | None) -> list[Where]:
    """What can be silenced here: the unit, the reading direction, and the frame that the address names."""
    both = len(layer.directions) == 2
    number = unit + layer.settings["units"] * layer.directions.index(direction)
    frames = [Where(columns=(frame, frame + 1))] if frame is not None else []
    return [Where((number,)), Where(direction=direction) if both else Where(), *frames]


def _units(ground: Ground, steps: lstm.Trace, unit: int) -> None:
    heading = st.empty()
    with st.container(horizontal=True, gap="medium"):
        state = address.switch("State", STATES, key="lstm_state")
        per_unit = address.switch("Scale", SCALES, key="lstm_scale") == SCALES[1]
    attribute, sentence = STATES[state]
    values = getattr(steps, attribute)
    heading.markdown(f"**All {values.shape[1]} units** :gray[{state}]")
    caption(
        f"{sentence} A row is a unit, a column a frame, under the part of the word it comes from. Click a row to "
        "follow that unit.",
        more="Rows are sorted by the frame at which a unit's hidden state is farthest from its median over the word, "
        "the leftmost on top. They keep their place from state to state.",
    )

    def choose() -> None:
        clicked = st.session_state["lstm-units"].get("unit")
        address.note("lstm_unit", None if clicked is None else str(int(clicked)))

    order = lstm.order_of_acting(steps.hidden)
    rows = feature_maps.packed(feature_maps.Tile(0, values.T[order]))
    signed = attribute not in GATES
    component(
        "unit_states",
        key="lstm-units",
        data={
            **rows,
            "name": state,
            "file": f"{state.replace(' ', '-')}",
            "order": order.tolist(),
            "unit": unit,
            "frames": len(values),
            "frame": ground.frame,
            "word": ground.word_url,
            "width": ground.frames.width,
            "left": ground.frames.left(0),
            "step": ground.frames.step,
            "way": lstm_chart.way(ground),
            "signed": signed,
            "most": feature_maps.Tile(0, values).peak if not per_unit else 1.0,
            "perUnit": per_unit,
            "palette": images.palette_base64("diverging" if signed else "unsigned"),
        },
        on_unit_change=choose,
    )


def _memory(ground: Ground, steps: lstm.Trace, called: told.Called) -> None:
    st.markdown(f"**All {steps.cell.shape[1]} units together**")
    st.markdown(told.of_all(steps, ground.frame, ground.backward, called))
    st.vega_lite_chart(lstm_chart.carried(ground, lstm.memory(steps)), width="stretch", key="lstm-memory")
    side, last = ("right", 0) if ground.backward else ("left", -1)
    caption(
        "Bars: how much memory there is after each step. Dots: how much a step kept of the memory it found. What a dot "
        f"lies below the bar to its {side} was forgotten. Click a frame under *CTC decoding* above to ask about that "
        "one.",
        more="How much: the length of the vector of all cell states. It does not tell what is remembered: at the last "
        f"frame read, {steps.units_of_most(last)} of {steps.cell.shape[1]} units make up nine tenths of its square.",
    )


def _choice(word: Subject, layer: Layer, direction: str, unit: int) -> None:
    """The unit as a number to type, or one of those that answer to a character."""
    last = layer.settings["units"] - 1

    def choose(number: int) -> None:
        address.note("lstm_unit", str(number))

    def typed() -> None:
        number = st.session_state["lstm-number"]
        choose(unit if number is None else number)  # an emptied field holds None

    field, answering = st.columns([1, 3.2], vertical_alignment="bottom")
    st.session_state["lstm-number"] = unit
    # Without value None an emptied field would become 0.
    field.number_input(f"Unit, 0 to {last}", 0, last, None, step=1, key="lstm-number", on_change=typed)
    exemplars.answering(answering, word.description, layer, direction, unit, choose)


def _story(ground: Ground, steps: lstm.Trace, unit: int, called: told.Called) -> None:
    st.markdown(f"**The story of unit {unit}**")
    st.markdown(told.of_unit(steps, unit, ground.frame, ground.backward, called))
    st.vega_lite_chart(lstm_chart.story(ground, steps, unit), width="stretch", key="lstm-story")
    caption(
        "A forget gate near 1 keeps the memory, near 0 it wipes it. An input gate near 1 lets the candidate in. Hover "
        "for the numbers.",
        more="At each frame: cell state = forget gate × cell state before (kept) + input gate × candidate (written); "
        "hidden state = output gate × tanh(cell state). So what a frame has written is known exactly, as far as later "
        "forget gates have kept it; frames with nine tenths of it are named. Wiped: at most a tenth of it is left. It "
        f"is one unit of {steps.hidden.shape[1]}; all of them decide on a character.",
    )


def _check(steps: lstm.Trace, word: Subject, layer: Layer, direction: str) -> None:
    """Says how far what is shown here is from what the network computed."""
    theirs = np.split(word.values[layer.name], len(layer.directions), axis=-1)[layer.directions.index(direction)]
    ours = steps.hidden
    if layer.settings.get("last_step"):
        ours = ours[0 if direction == "backward" else -1]
    apart = float(np.abs(ours - theirs).max())
    if apart > CLOSE:
        st.error(
            f"The hidden states worked out here differ from the network's {names.layer_name(word.description, layer)} "
            f"by {apart:.1e}: do not trust these gates; export the network again.",
            icon=":material/error:",
        )
    else:
        caption(
            f"Gates and memory are worked out again from the weights: the network's file gives only the hidden states. "
            f"Those they lead to agree with the network's to {apart:.0e}."
        )
