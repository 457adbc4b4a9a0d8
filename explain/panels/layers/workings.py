"""What *One unit by hand* shows of a unit of each kind of layer: what goes in, what it weighs, and the sum."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts import ctc, workings
from explain.charts.theme import Inks
from explain.layers.workings import (
    GATES,
    AveragePooling,
    BatchNormalisation,
    Combination,
    Convolution,
    Copy,
    Curve,
    Dense,
    LstmStep,
    MaxPooling,
    Mean,
    Softmax,
    Unit,
)
from explain.panels.layers import names
from explain.panels.layers.focus import Focus
from explain.panels.page.theme import is_dark, show_picture
from explain.panels.words.explained import caption
from explain.pictures import images
from explain.pictures.notation import number

EACH_SIDE, LIKELIEST, SHOWN = 7, 5, 12


def show(focus: Focus, unit: Unit) -> None:
    """Draws the working of one unit."""
    _WORKINGS.get(type(unit), _plain)(focus, unit)


def _inks() -> Inks:
    return Inks.of(is_dark())


def _waterfall(parts: list[tuple[str, float]], totals: list[tuple[str, float]]) -> None:
    st.vega_lite_chart(workings.waterfall(parts, totals, _inks()), width="stretch", key="hand-sum")


def _totals(focus: Focus, unit: Unit, sum_name: str = "sum") -> list[tuple[str, float]]:
    """The sum and, where an activation follows, what that makes of it."""
    after = [] if unit.activation is None else [(f"after {names.activation_name(focus.layer)}", unit.by_hand)]
    return [(sum_name, float(unit.before)), *after]


def _follows(focus: Focus, unit: Unit) -> str:
    """What the layer's activation does to this sum, as a further sentence; empty where there is none."""
    sentence = names.activation_sentence(focus.layer, float(unit.before))
    return f" {sentence}" if sentence else ""


def _after(focus: Focus, unit: Unit) -> None:
    """Under a working that is no sum: the activation, where one follows."""
    if unit.activation is not None and unit.activation != "softmax":
        st.markdown(f"{unit.before:.6g}, after {names.activation_name(focus.layer)} **{unit.by_hand:.6g}**")
        caption(_follows(focus, unit).strip())


def _bias(focus: Focus, unit: Unit) -> list[tuple[str, float]]:
    """What is added to the sum besides what is weighed."""
    roles = set(focus.layer.weights)
    name = "bias and normalisation" if "gamma" in roles else "bias"
    return [(name, float(unit.bias))] if {"bias", "gamma", "shift"} & roles else []


def _normalised(focus: Focus) -> str:
    sentence = " The normalisation that belongs to the layer is in its weights and its bias."
    return sentence if {"gamma", "scale"} & set(focus.layer.weights) else ""


def _convolution(focus: Focus, unit: Convolution) -> None:
    source, name = focus.description.layer(unit.source), focus.channel(unit.source)
    most = workings.most_shown(unit.outside.shape[1])
    shown = min(most, len(unit.sums))
    size = " × ".join(map(str, unit.outside.shape))
    where = "the picture" if source is focus.description.input else focus.name(unit.source)
    of_them = "All" if shown == len(unit.sums) else f"The {shown} that count most of all {len(unit.sums)}"
    order = f" {of_them} input channels, biggest contribution first."
    channels = "every input channel"
    if focus.layer.groups > 1:
        last = unit.first_channel + len(unit.sums) - 1
        channels = f"the input channels of its group ({unit.first_channel} to {last})"
        if len(unit.sums) == 1:
            channels, order = f"input channel {last} alone", ""
    caption(
        f"It takes a {size} window of {where} from {channels} and multiplies it by a filter of its own, place by place."
        f"{order} Weights and products are red above zero, blue below. Hover for all digits.{_normalised(focus)}",
        more="Each row has one colour scale. The numbers that are written are rounded.",
    )
    drawn = workings.contributions(unit, name, _inks(), most, focus.is_signed(unit.source))
    st.vega_lite_chart(drawn, width="stretch", key="hand-windows")
    rest = unit.sums[unit.order[shown:]]
    parts = [(name(unit.first_channel + int(channel)), float(unit.sums[channel])) for channel in unit.order[:shown]]
    _waterfall([*parts, *workings.others(rest), *_bias(focus, unit)], _totals(focus, unit))
    caption("Added up from top to bottom." + _follows(focus, unit))


def _max_pooling(focus: Focus, unit: MaxPooling) -> None:
    caption(
        f"It takes a window of channel {unit.channel} of {focus.name(unit.source)} and keeps the largest value, here "
        f"the one at row {unit.winner[0]}, column {unit.winner[1]}. The others count for nothing."
    )
    st.vega_lite_chart(workings.window(unit, _inks(), focus.is_signed(unit.source)), width="stretch", key="hand-window")
    _after(focus, unit)


def _average_pooling(focus: Focus, unit: AveragePooling) -> None:
    counted = int((unit.weights > 0).sum())
    caption(
        f"It takes a window of channel {unit.channel} of {focus.name(unit.source)} and hands on the mean of its "
        "values; nothing is learned here."
    )
    st.vega_lite_chart(workings.window(unit, _inks(), focus.is_signed(unit.source)), width="stretch", key="hand-window")
    st.markdown(f"sum {unit.inputs.sum():.6g} / {counted} places = **{unit.before:.6g}**")
    _after(focus, unit)


def _batch_normalisation(focus: Focus, unit: BatchNormalisation) -> None:
    seen = "pictures" if focus.description.blank is None else "words"
    caption(
        f"It takes the value of {focus.name(unit.source)} at the same place and moves it to a common range: less the "
        f"channel's mean over the training {seen}, divided by its spread, times a learned scale, plus a learned shift."
    )
    taken, mean, scale, shift = (f"{value:.5g}" for value in (unit.inputs, unit.mean, unit.gamma, unit.beta))
    minus = f"- ({mean})" if unit.mean < 0 else f"- {mean}"
    plus = f"+ ({shift})" if unit.beta < 0 else f"+ {shift}"
    st.latex(
        rf"\underbrace{{{scale}}}_{{\gamma}} \cdot \frac{{\overbrace{{{taken}}}^{{x}} {minus}}}"
        rf"{{\sqrt{{{unit.variance:.5g} + {unit.epsilon:g}}}}} {plus} = {unit.before:.6g}"
    )
    st.markdown(
        f"gamma (scale) **{scale}** · beta (shift) **{shift}** · moving mean **{mean}** · moving variance "
        f"**{unit.variance:.5g}** · epsilon {unit.epsilon:g}, against a division by zero"
    )
    _after(focus, unit)


def _copy(focus: Focus, unit: Copy) -> None:
    layer, source = focus.layer, focus.description.layer(unit.source)
    what = "the same numbers are laid out anew"
    if layer.kind == "concat":
        what = f"what {len(layer.inputs)} layers hand on is laid side by side"
    elif len(layer.shape) == 2 and len(source.shape) == 3 and source.shape[0] == 1:
        what = "the height of one is dropped, so that columns become steps"
    row, column = unit.source_place
    at = {3: f", row {row}, column {column}", 2: f", {names.place_name(focus.description, source)} {column}"}
    caption(
        f"Nothing is computed here: {what}. The value is that of {focus.name(unit.source)}, channel "
        f"{unit.source_channel}{at.get(len(source.shape), '')}."
    )
    _after(focus, unit)


def _combination(focus: Focus, unit: Combination) -> None:
    count = len(unit.sources)
    labels = [
        focus.name(source) + (f" ({place + 1})" if source in unit.sources[:place] else "")
        for place, source in enumerate(unit.sources)
    ]
    parts = [(label, float(value)) for label, value in zip(labels, unit.inputs, strict=True)]
    does = "adds up" if unit.operation == "add" else "multiplies"
    caption(f"It {does} the values that {count} layers have at this place; nothing is learned here.")
    if unit.operation == "add":
        _waterfall(parts, _totals(focus, unit))
        caption("Added up from top to bottom." + _follows(focus, unit))
        return
    factors = " × ".join(f"{value:.6g} ({label})" for label, value in parts)
    st.markdown(f"{factors} = **{unit.before:.6g}**")
    _after(focus, unit)


def _curve(focus: Focus, unit: Curve) -> None:
    name = names.activation_name(focus.layer)
    caption(f"It takes the value of {focus.name(unit.source)} at the same place.{_follows(focus, unit)}")
    st.markdown(f"{name} of {float(unit.inputs):.6g} = **{unit.by_hand:.6g}**")


def _lstm_step(focus: Focus, unit: LstmStep) -> None:
    order = "left to right" if unit.direction == "forward" else "right to left"
    caption(
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
    squashed = np.tanh(unit.cell)
    into, keep, candidate, out, before, memory, squashed, value = (
        f"{part:.4f}".replace("-", "−")
        for part in (*unit.gates, unit.cell_before, unit.cell, squashed, unit.gates[-1] * squashed)
    )
    st.markdown(
        f"memory = forget × memory before + input × candidate = {keep} × {before} + {into} × {candidate} "
        f"= **{memory}**  \n"
        f"value = output × tanh(memory) = {out} × {squashed} = **{value}**"
    )
    source = focus.name(unit.source)
    st.vega_lite_chart(workings.gate_shares(unit, source, _inks()), width="stretch", key="hand-gates")
    shown = min(workings.SHARES, len(unit.inputs))
    rest = len(unit.inputs) - shown
    left_out = f"; {rest} smaller ones are in the sums above but not here" if rest else ""
    caption(
        f"The {shown} inputs (of {source}) and states (of this LSTM, a step before) with the largest "
        f"products, and these products for each gate{left_out}."
    )


def _dense(focus: Focus, unit: Dense) -> None:
    what = focus.channel(focus.layer.name)(unit.channel)
    answer = unit.probabilities is not None or names.is_labelled(focus.description, focus.layer)
    sum_name = "logit" if answer else "sum"
    caption(
        f"Each of the {len(unit.sums)} values of {focus.name(unit.source)} is multiplied by its weight for “{what}”. "
        f"Red ones speak for it, blue ones against; with the bias they add up to its {sum_name}." + _normalised(focus)
    )
    name, amount = focus.channel(unit.source), number
    shown = workings.ends(unit.sums, EACH_SIDE)
    parts = [(f"{name(i)}: {amount(unit.inputs[i])} × {amount(unit.weights[i])}", float(unit.sums[i])) for i in shown]
    parts += workings.others(np.delete(unit.sums, shown))
    if unit.probabilities is not None:
        _waterfall([*parts, *_bias(focus, unit)], [(sum_name, float(unit.before))])
        _rivals(focus, unit.logits, unit.probabilities, unit.channel)
        return
    _waterfall([*parts, *_bias(focus, unit)], _totals(focus, unit, sum_name))
    if unit.activation is not None:
        caption(_follows(focus, unit).strip())


def _rivals(focus: Focus, logits: np.ndarray, probabilities: np.ndarray, channel: int) -> None:
    """A softmax: the likeliest channels and this one, with their logits."""
    likeliest = [int(index) for index in np.argsort(-logits, kind="stable")[:LIKELIEST]]
    rows = [*likeliest, *([channel] if channel not in likeliest else [])]
    name = focus.channel(focus.layer.name)
    texts = [(f"{name(row)} · logit {logits[row]:.2f}", float(probabilities[row])) for row in rows]
    st.vega_lite_chart(ctc.texts(texts, _inks(), names=0.5), width="stretch", key="hand-softmax")
    caption(
        f"Softmax: e to the power of each logit, divided by the sum over all {len(logits)}, so that the "
        f"probabilities add up to one. The {len(likeliest)} largest are shown"
        + ("." if len(rows) == len(likeliest) else ", and this one.")
    )


def _softmax(focus: Focus, unit: Softmax) -> None:
    caption(f"It takes all {len(unit.inputs)} values of {focus.name(unit.source)} at the same place.")
    _rivals(focus, unit.inputs, unit.probabilities, unit.channel)


def _mean(focus: Focus, unit: Mean) -> None:
    total, low, high = f"{unit.inputs.sum():.6g}", unit.inputs.min(), unit.inputs.max()
    caption(
        f"The mean over all {' × '.join(map(str, unit.inputs.shape))} places of channel {unit.channel} of "
        f"{focus.name(unit.source)}: how strongly this detector answers anywhere. Where it answers is lost here."
    )
    show_picture(images.enlarge(images.coloured(unit.inputs), 16), width=260, alt="The feature map that is averaged")
    st.markdown(
        f"sum {total} / {unit.inputs.size} places = **{unit.before:.6g}** · colours: {low:.4g} (dark) to {high:.4g} "
        "(bright)"
    )
    _after(focus, unit)


def _plain(focus: Focus, unit: Unit) -> None:
    """A kind without a drawing of its own: what its layer does, and the sum."""
    caption(focus.layer.words)
    sums = np.ravel(unit.sums)
    order = np.argsort(-np.abs(sums), kind="stable")
    parts = [(f"part {int(index)}", float(sums[index])) for index in order[:SHOWN]]
    bias = [("bias", float(np.sum(unit.bias)))] if np.any(unit.bias) else []
    _waterfall([*parts, *workings.others(sums[order[SHOWN:]]), *bias], [("value", unit.by_hand)])


_WORKINGS = {
    Convolution: _convolution,
    MaxPooling: _max_pooling,
    AveragePooling: _average_pooling,
    BatchNormalisation: _batch_normalisation,
    Copy: _copy,
    Combination: _combination,
    Curve: _curve,
    LstmStep: _lstm_step,
    Dense: _dense,
    Softmax: _softmax,
    Mean: _mean,
}
