"""The deeper view *Recurrent layers*: gates and memory of the two bidirectional LSTMs, and the reading without them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import streamlit as st

from explain.charts import ablation
from explain.charts import lstm as lstm_chart
from explain.charts.theme import Inks
from explain.charts.word_axis import Ground
from explain.ctc import decoding as ctc_decoding
from explain.layers import feature_maps, lstm
from explain.network.description import describe
from explain.panels.components import component
from explain.panels.layers import exemplars
from explain.panels.page import address
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.pictures import images
from models import crnn, onnx_weights

LAYERS = tuple(layer.name for layer in describe(crnn.CARD).layers if layer.kind == "lstm")
DENSE = describe(crnn.CARD).layers[-1].name
FED = {after.name: layer.name for layer, after in pairwise(describe(crnn.CARD).layers) if after.name in LAYERS}
CLOSE = 1e-4  # farthest that the recomputed states may be from ONNX Runtime's
RESET = 8
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
CONDITIONS = {"both directions": lstm.DIRECTIONS, "forward only": ("forward",), "backward only": ("backward",)}


@st.fragment
def show(word: Subject) -> None:
    """Draws the view for a word."""
    st.caption(
        "After the convolutions the picture is a row of 31 frames. Two recurrent layers read that row one after the "
        "other, each from both ends, and carry a memory of 128 numbers, one a unit, from frame to frame. At each frame "
        "three gates decide for each unit how much of its old memory to keep (forget gate), how much new to write "
        "(input gate) and how much to show (output gate)."
    )
    with st.container(horizontal=True, gap="medium"):
        layer = address.switch("Recurrent layer", LAYERS, key="lstm_layer")
        direction = address.switch("Reading direction", lstm.DIRECTIONS, key="lstm_direction")
        state = address.switch("State", STATES, key="lstm_state")
        per_unit = address.switch("Scale", SCALES, key="lstm_scale") == SCALES[1]
    values = word.ran.values
    steps = lstm.trace(values[FED[layer]], weights()[layer], direction)
    ground = _ground(word, direction == "backward")
    unit = _unit(steps)
    everyone, one = st.columns(2, gap="medium")
    with everyone:
        _units(ground, steps, state, unit, per_unit)
    with one:
        _choice(layer, direction, unit, steps.hidden.shape[1])
        _story(ground, steps, unit)
        _memory(ground, steps)
    exemplars.unit(layer, direction, unit)
    _check(steps, values[layer], layer, direction)
    _ablation(word, values)


@st.cache_resource(show_spinner=False)
def weights() -> dict[str, list[np.ndarray]]:
    """Weights of the recurrent layers and of the dense layer after them, as Keras keeps them; 4 MB."""
    return onnx_weights.read(crnn.CARD.weights, (*LAYERS, DENSE))


def _ground(word: Subject, backward: bool) -> Ground:
    kept = address.numbers("frame", 1)
    return Ground(
        images.data_url(images.enlarge(word.seen, 6)),
        word.frames,
        Inks.of(is_dark()),
        kept[0] if kept and kept[0] < crnn.FRAMES else None,
        backward,
    )


def _unit(steps: lstm.Trace) -> int:
    """The unit in the address, else the one whose hidden state moves farthest over this word."""
    kept = address.numbers("lstm_unit", 1)
    if kept and kept[0] < steps.hidden.shape[1]:
        return kept[0]
    return int(np.ptp(steps.hidden, axis=0).argmax())


def _units(ground: Ground, steps: lstm.Trace, state: str, unit: int, per_unit: bool) -> None:
    attribute, says = STATES[state]
    values = getattr(steps, attribute)
    st.markdown(f"**All {values.shape[1]} units** :gray[{state}]")
    st.caption(
        f"{says} A row is a unit, a column a frame, under the part of the word it comes from. Rows are sorted by "
        "the frame at which a unit's hidden state is farthest from its median over the word, the leftmost on top, and "
        "keep their place from state to state. Click a row to follow that unit."
    )

    def choose() -> None:
        chosen = st.session_state["lstm-units"].get("unit")
        address.note("lstm_unit", None if chosen is None else str(int(chosen)))

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
            "most": float(np.abs(values).max()) if not per_unit else 1.0,
            "perUnit": per_unit,
            "palette": images.palette_base64("diverging" if signed else "unsigned"),
        },
        on_unit_change=choose,
    )


def _memory(ground: Ground, steps: lstm.Trace) -> None:
    st.vega_lite_chart(lstm_chart.carried(ground, lstm.memory(steps)), width="stretch", key="lstm-memory")
    st.caption(_length(steps, ground.backward))


def _length(steps: lstm.Trace, backward: bool) -> str:
    """What the bars of the carried memory are, and how few units they come from."""
    squares = np.sort(steps.cell[0 if backward else -1] ** 2)[::-1].cumsum()
    loud = int(np.searchsorted(squares, 0.9 * squares[-1])) + 1
    side = "right" if backward else "left"
    return (
        "Bars: how much memory there is after each step. Dots: how much a step kept of the memory it found; what a dot "
        f"lies below the bar to its {side} was forgotten. The length does not tell what is remembered: at the last "
        f"frame read, {loud} of {len(squares)} units make up nine tenths of its square."
    )


def _choice(layer: str, direction: str, unit: int, units: int) -> None:
    """The unit as a number to type, or one of those that answer to a character."""

    def choose(chosen: int) -> None:
        address.note("lstm_unit", str(chosen))

    def typed() -> None:
        chosen = st.session_state["lstm-number"]
        choose(unit if chosen is None else chosen)  # an emptied field holds None

    number, answering = st.columns([1, 3.2], vertical_alignment="bottom")
    st.session_state["lstm-number"] = unit
    # Without value None an emptied field would become 0.
    number.number_input(f"Unit, 0 to {units - 1}", 0, units - 1, None, step=1, key="lstm-number", on_change=typed)
    exemplars.answering(answering, layer, direction, unit, choose)


def _story(ground: Ground, steps: lstm.Trace, unit: int) -> None:
    st.markdown(f"**The story of unit {unit}**")
    st.caption(
        "At each frame: cell state = forget gate × cell state before (kept) + input gate × candidate (written); hidden "
        "state = output gate × tanh(cell state). Hover to read the numbers off."
    )
    st.vega_lite_chart(lstm_chart.story(ground, steps, unit), width="stretch", key="lstm-story")
    st.caption(_told(steps, unit, ground.backward))


def _told(steps: lstm.Trace, unit: int, backward: bool) -> str:
    """The unit's boldest writing and forgetting, in one or two plain sentences."""
    written, lost = np.abs(steps.written[:, unit]), np.abs(steps.before[:, unit] - steps.kept[:, unit])
    wrote, forgot = int(written.argmax()), int(lost.argmax())
    where = "to the right" if backward else "to the left"
    return (
        f"Unit {unit} writes most at frame {wrote} ({steps.written[wrote, unit]:+.2f}) and loses most at frame "
        f"{forgot}: its forget gate keeps {steps.forget_gate[forgot, unit]:.0%} of the "
        f"{steps.before[forgot, unit]:+.2f} that came from the frame {where}. It is one unit of "
        f"{steps.hidden.shape[1]}; all of them decide on a character."
    )


def _check(steps: lstm.Trace, output: np.ndarray, layer: str, direction: str) -> None:
    """Says how far what is shown here is from what the network computed."""
    half = output.shape[1] // 2
    theirs = output[:, half:] if direction == "backward" else output[:, :half]
    apart = float(np.abs(steps.hidden - theirs).max())
    if apart > CLOSE:
        st.error(
            f"The hidden states worked out here differ from the network's {layer} by {apart:.1e}: do not trust these "
            "gates; export the network again.",
            icon=":material/error:",
        )
    else:
        st.caption(
            f"ONNX Runtime gives only the hidden states; gates and memory are worked out again from the weights. The "
            f"hidden states they lead to agree with the network's to {apart:.0e}."
        )


def _ablation(word: Subject, values: dict[str, np.ndarray]) -> None:
    st.markdown("**Reading with less**")
    chart, control = st.columns([2.2, 1], gap="medium")
    with control:
        kept = address.numbers("lstm_reset", 1)
        reset = kept[0] if kept and 1 <= kept[0] < crnn.FRAMES else RESET
        st.session_state["lstm-reset"] = reset
        st.slider(
            "Reset the memory before frame",
            1,
            crnn.FRAMES - 1,
            key="lstm-reset",
            on_change=lambda: address.note("lstm_reset", str(st.session_state["lstm-reset"]), str(RESET)),
        )
        st.caption(
            "The same word read by the same weights with something taken away in both recurrent layers: one reading "
            "direction silenced (its hidden states set to 0), or the memory of both directions wiped where they cross "
            "the dashed line, so that neither side knows of the other."
        )
        st.caption(
            "Each cell is a frame's likeliest character (a dot is blank) on its probability, yellow where sure; framed "
            "where it differs from the whole network's. The network was never trained to read like this: a broken "
            "reading shows what it relies on, not how well one direction could learn to read."
        )
    with chart:
        drawn = ablation.readings(_ground(word, False), readings(values, reset), word.alphabet)
        st.vega_lite_chart(drawn, width="stretch", key="lstm-readings")


def readings(values: dict[str, np.ndarray], reset: int) -> list[ablation.Reading]:
    """The word read by the whole network, with one direction only, and with the memory reset before a frame.

    values: every layer's output for the word, the batch dropped. Each has the probability of the whole one's text.
    """
    layers, dense = [weights()[layer] for layer in LAYERS], weights()[DENSE]
    conditions = [(name, directions, None) for name, directions in CONDITIONS.items()]
    conditions.append((f"reset before {reset}", lstm.DIRECTIONS, reset))
    given, text = [], None
    for name, directions, cleared in conditions:
        softmax = lstm.reading(values[FED[LAYERS[0]]], layers, dense, directions, cleared)
        best = ctc_decoding.best_path(softmax)
        text = best.labels if text is None else text
        probability = float(np.exp(ctc_decoding.log_probability(softmax, text)))
        read = ctc_decoding.text(best.labels, crnn.LABELS)
        given.append(ablation.Reading(name, best.path, softmax.max(axis=1), read, probability, cleared))
    return given
