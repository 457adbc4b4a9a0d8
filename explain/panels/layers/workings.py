"""What *One unit by hand* shows of a unit of each kind of layer: what goes in, what it weighs, and the sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from explain.charts import ctc, workings
from explain.charts.theme import Inks
from explain.layers.workings import (
    GATES,
    BatchNormalisation,
    Convolution,
    Copy,
    Dense,
    LstmStep,
    MaxPooling,
    Mean,
    Unit,
)
from explain.network.description import Description
from explain.network.layers import Layer
from explain.panels.layers import feature_maps
from explain.panels.page.theme import is_dark
from explain.pictures import images
from explain.pictures.notation import number

COLOURS = {"crnn": ("grey",), "vgg16-cam": ("blue", "green", "red")}  # of the input, in the network's order
EACH_SIDE, LIKELIEST = 7, 5


@dataclass(frozen=True)
class Chosen:
    """What the view is about. values: every layer for this picture, the input among them. seen: the picture itself.

    names: under which the layer, the unit and the scale stand in the address; each network has its own.
    """

    card: Description
    values: dict[str, np.ndarray]
    seen: Image.Image
    layer: Layer
    names: tuple[str, str, str]

    @property
    def before(self) -> Layer:
        return self.card.layers[self.card.layers.index(self.layer) - 1]


def show(chosen: Chosen, unit: Unit) -> None:
    """Draws the working of one unit."""
    _WORKINGS[type(unit)](chosen, unit)


def input_name(chosen: Chosen) -> Callable[[int], str]:
    """How channels of the layer before are called."""
    if chosen.before is chosen.card.input:
        return COLOURS[chosen.card.name].__getitem__
    return lambda channel: feature_maps.channel_name(chosen.card, chosen.before, channel)


def _inks() -> Inks:
    return Inks.of(is_dark())


def _convolution(chosen: Chosen, unit: Convolution) -> None:
    ink, before = _inks(), chosen.before
    name = input_name(chosen)
    most = 6 if unit.outside.shape[1] > 2 else 8
    shown = min(most, len(unit.sums))
    size = " × ".join(map(str, unit.outside.shape))
    source = "the picture" if before is chosen.card.input else before.name
    of_them = "All" if shown == len(unit.sums) else f"The {shown} that count most of all {len(unit.sums)}"
    st.caption(
        f"It takes a {size} window of {source} from every input channel and multiplies it by a filter of its own, "
        f"place by place. {of_them} input channels, biggest contribution first. Each row has one colour scale; "
        "weights and products are red above zero, blue below. Numbers are rounded: hover over one for all its digits."
    )
    st.vega_lite_chart(workings.contributions(unit, name, ink, most), width="stretch", key="hand-windows")
    rest = unit.sums[unit.order[shown:]]
    parts = [(name(int(channel)), float(unit.sums[channel])) for channel in unit.order[:shown]]
    parts += _others(rest)
    totals = [("sum", unit.before), ("after ReLU", unit.by_hand)]
    st.vega_lite_chart(workings.waterfall([*parts, ("bias", unit.bias)], totals, ink), width="stretch", key="hand-sum")
    relu = "stays as it is" if unit.before > 0 else "becomes zero"
    st.caption(f"Added up from top to bottom. ReLU lets pass what is above zero: this sum {relu}.")


def _others(rest: np.ndarray) -> list[tuple[str, float]]:
    """What the contributions that are not shown one by one add up to, those above, below and at zero apart."""
    kinds = {"above zero": rest[rest > 0], "below zero": rest[rest < 0], "add nothing": rest[rest == 0]}
    return [(f"{len(some)} others {kind}", float(some.sum())) for kind, some in kinds.items() if len(some)]


def _pooling(chosen: Chosen, unit: MaxPooling) -> None:
    st.caption(
        f"It takes a window of channel {unit.channel} of {chosen.before.name} and keeps the largest value, here the "
        f"one at row {unit.winner[0]}, column {unit.winner[1]}. The others count for nothing; nothing is learned here."
    )
    st.vega_lite_chart(workings.window(unit, _inks()), width="stretch", key="hand-window")


def _batch_normalisation(chosen: Chosen, unit: BatchNormalisation) -> None:
    st.caption(
        f"It takes the value of {chosen.before.name} at the same place and moves it to a common range: less the "
        "channel's mean over the training words, divided by its spread, times a learned scale, plus a learned shift."
    )
    given, mean, scale, shift = (f"{value:.5g}" for value in (unit.inputs, unit.mean, unit.gamma, unit.beta))
    minus = f"- ({mean})" if unit.mean < 0 else f"- {mean}"
    plus = f"+ ({shift})" if unit.beta < 0 else f"+ {shift}"
    st.latex(
        rf"\underbrace{{{scale}}}_{{\gamma}} \cdot \frac{{\overbrace{{{given}}}^{{x}} {minus}}}"
        rf"{{\sqrt{{{unit.variance:.5g} + {unit.epsilon:g}}}}} {plus} = {unit.by_hand:.6g}"
    )
    st.markdown(
        f"gamma (scale) **{scale}** · beta (shift) **{shift}** · moving mean **{mean}** · moving variance "
        f"**{unit.variance:.5g}** · epsilon {unit.epsilon:g}, against a division by zero"
    )


def _copy(chosen: Chosen, unit: Copy) -> None:
    st.caption(
        f"Nothing is computed here: the height of one is dropped, so that columns become steps. The value is that of "
        f"{chosen.before.name}, channel {unit.source_channel}, row {unit.source[0]}, column {unit.source[1]}."
    )


def _lstm_step(chosen: Chosen, unit: LstmStep) -> None:
    order = "left to right" if unit.direction == "forward" else "right to left"
    st.caption(
        f"Unit {unit.unit} of the {unit.direction} LSTM, which reads {order}. It keeps a memory from step to step; "
        "four gates, each a weighted sum of this step's input and of the LSTM's own state a step before, say what "
        "happens to it. Sigmoid gives 0 (shut) to 1 (open), tanh −1 to 1."
    )
    after = {"candidate": "tanh"}
    lines = ["| gate | from the input | from its state | bias | sum | | value |", "|:--|--:|--:|--:|--:|:-:|--:|"]
    for row, gate in enumerate(GATES):
        parts = (*unit.sums[row], unit.bias[row], unit.before[row])
        numbers = " | ".join(f"{part:.4f}".replace("-", "−") for part in parts)
        lines.append(
            f"| {gate} | {numbers} | {after.get(gate, 'sigmoid')} | **{unit.gates[row]:.4f}** |".replace(" **-", " **−")
        )
    st.markdown("\n".join(lines))
    into, keep, candidate, out, before, memory, squashed, value = (
        f"{part:.4f}".replace("-", "−")
        for part in (*unit.gates, unit.cell_before, unit.cell, np.tanh(unit.cell), unit.by_hand)
    )
    st.markdown(
        f"memory = forget × memory before + input × candidate = {keep} × {before} + {into} × {candidate} "
        f"= **{memory}**  \n"
        f"value = output × tanh(memory) = {out} × {squashed} = **{value}**"
    )
    given = chosen.before.name
    st.vega_lite_chart(workings.gate_shares(unit, given, _inks()), width="stretch", key="hand-gates")
    st.caption(
        f"The {workings.SHARES} inputs (of {given}) and states (of this LSTM, a step before) with the largest "
        f"products, and these products for each gate; {len(unit.inputs) - workings.SHARES} smaller ones are in "
        "the sums above but not here."
    )


def _dense(chosen: Chosen, unit: Dense) -> None:
    ink, what = _inks(), feature_maps.channel_name(chosen.card, chosen.layer, unit.channel)
    before = chosen.before
    st.caption(
        f"Each of the {len(unit.sums)} values of {before.name} is multiplied by its weight for “{what}”. Red ones "
        "speak for it, blue ones against; with the bias they add up to its logit."
    )
    order = np.argsort(-unit.sums, kind="stable")
    above = [int(index) for index in order[:EACH_SIDE] if unit.sums[index] > 0]
    below = [int(index) for index in order[::-1][:EACH_SIDE] if unit.sums[index] < 0]
    name, amount = input_name(chosen), number
    shown = [*above, *below]
    parts = [(f"{name(i)}: {amount(unit.inputs[i])} × {amount(unit.weights[i])}", float(unit.sums[i])) for i in shown]
    parts += _others(np.delete(unit.sums, shown))
    chart = workings.waterfall([*parts, ("bias", unit.bias)], [("logit", unit.before)], ink)
    st.vega_lite_chart(chart, width="stretch", key="hand-sum")
    likeliest = [int(index) for index in np.argsort(-unit.logits, kind="stable")[:LIKELIEST]]
    rows = [*likeliest, *([unit.channel] if unit.channel not in likeliest else [])]
    texts = [
        (
            f"{feature_maps.channel_name(chosen.card, chosen.layer, row)} · logit {unit.logits[row]:.2f}",
            unit.probabilities[row],
        )
        for row in rows
    ]
    rivals = ctc.texts([(text, float(value)) for text, value in texts], ink, names=0.5)
    st.vega_lite_chart(rivals, width="stretch", key="hand-softmax")
    st.caption(
        f"Softmax: e to the power of each logit, divided by the sum over all {len(unit.logits)}, so that the "
        f"probabilities add up to one. The {LIKELIEST} largest are shown"
        + ("." if len(rows) == LIKELIEST else ", and this one.")
    )


def _mean(chosen: Chosen, unit: Mean) -> None:
    total, low, high = f"{unit.inputs.sum():.6g}", unit.inputs.min(), unit.inputs.max()
    st.caption(
        f"The mean over all {' × '.join(map(str, unit.inputs.shape))} places of channel {unit.channel} of "
        f"{chosen.before.name}: how strongly this detector answers anywhere. Where it answers is lost here."
    )
    st.image(images.enlarge(images.coloured(unit.inputs), 16), width=260, alt="The feature map that is averaged")
    st.markdown(
        f"sum {total} / {unit.inputs.size} places = **{unit.by_hand:.6g}** · colours: {low:.4g} (dark) to {high:.4g} "
        "(bright)"
    )


_WORKINGS = {
    Convolution: _convolution,
    MaxPooling: _pooling,
    BatchNormalisation: _batch_normalisation,
    Copy: _copy,
    LstmStep: _lstm_step,
    Dense: _dense,
    Mean: _mean,
}
