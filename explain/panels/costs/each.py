"""What each layer costs: multiply-adds, parameters, memory and time in one pass, beside one another."""

from __future__ import annotations

import streamlit as st

from explain.charts.layers.costs import Column, Row, costs
from explain.charts.theme import Inks
from explain.network.costs import timing
from explain.network.costs.layers import Cost
from explain.network.costs.timing import Times
from explain.panels.costs import opening
from explain.panels.jobs.held import Held
from explain.panels.jobs.remembered import shown
from explain.panels.layers import names
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption
from explain.pictures.notation import amount, size

REMEMBERED = 24  # of some hundred numbers each
SECONDS = 2  # that measuring takes, about: opening the network once more, and a second of passes
NOT_MEASURED = (
    "How long each layer takes is not measured for a file that a visitor has opened: it is computed in a process of "
    "its own that may write no file, and the profiler writes one."
)
OTHER, ALL = "between the layers", "together"


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Times by network and picture size."""
    return Recent(REMEMBERED)


def show(subject: Subject) -> None:
    """Draws what every layer costs for the subject's picture, and measures how long each takes."""
    network, picture = subject.opened.network, (subject.height, subject.width)
    with st.spinner("Counting", width="content", show_time=False):
        counted = subject.costs
    key = (subject.opened.stamp, picture)
    times = _remembered().get(key)
    st.markdown(_first(subject, counted))
    st.vega_lite_chart(
        _chart(subject, counted, times),
        width="stretch",
        on_select=lambda: opening.clicked("cost-bars"),
        selection_mode="layer",
        key="cost-bars",
    )
    caption(_caption(), more=_more(subject, counted))
    if network.apart:
        caption(NOT_MEASURED)
    elif times is not None:
        caption(_of_times(subject, times), more=_more_of_times())
    else:
        batch = subject.batch
        label = f"Measure how long each layer takes: about {SECONDS} s"
        shown(
            Held("layer-times"),
            key,
            label,
            lambda on_step: timing.times(network, batch, on_step),
            lambda times: st.rerun(),  # they belong into the chart above
            _remembered(),
            at_once=True,
        )


def _first(subject: Subject, counted: tuple[Cost, ...]) -> str:
    """What the dearest layer takes of the whole, in a sentence."""
    whole = sum(cost.multiply_adds for cost in counted)
    if not whole:
        return "No layer of this network multiplies and sums."
    dearest = max(counted, key=lambda cost: cost.multiply_adds)
    held, parameters = dearest.parameters, sum(cost.parameters for cost in counted)
    share = f"It holds {_percent(held / parameters)} of the parameters." if parameters else ""
    return (
        f"**{_name(subject, dearest.layer)} does {_percent(dearest.multiply_adds / whole)} of all multiply-adds**: "
        f"{dearest.multiply_adds:,} of {whole:,} for this picture. {share}"
    )


def _chart(subject: Subject, counted: tuple[Cost, ...], times: Times | None) -> dict:
    whole = [sum(getattr(cost, what) for cost in counted) for what in ("multiply_adds", "parameters", "output")]
    rows = [Row(subject.description.layer(cost.layer).title, cost.layer, _tells(cost)) for cost in counted]
    columns = [
        ([cost.multiply_adds for cost in counted], whole[0], "multiply-adds", amount),
        ([cost.parameters for cost in counted], whole[1], "parameters", amount),
        ([cost.output for cost in counted], whole[2], "memory", size),
    ]
    drawn = [
        Column(title, [*values, total], [*map(text, values), text(total)]) for values, total, title, text in columns
    ]
    rows.append(Row(ALL, "", ""))
    if times is not None:
        spent = [times.layers.get(cost.layer, 0.0) for cost in counted]
        rows.insert(-1, Row(OTHER, "", ", ".join(f"{name} {_milliseconds(took)}" for name, took in times.between)))
        drawn = [
            Column(one.title, [*one.values[:-1], 0, one.values[-1]], [*one.texts[:-1], "", one.texts[-1]])
            for one in drawn
        ]
        drawn.append(Column("time", took := [*spent, times.other, times.whole], [_milliseconds(one) for one in took]))
    return costs(rows, drawn, Inks.of(is_dark()))


def _tells(cost: Cost) -> str:
    """A layer's costs to the last digit."""
    weights = f", weights of {cost.weights:,} bytes in the file" if cost.weights else ""
    return (
        f"{cost.multiply_adds:,} multiply-adds, {cost.parameters:,} parameters{weights}, puts out {cost.output:,} bytes"
    )


def _caption() -> str:
    return (
        "A multiply-add is one product added to a sum. Memory is what a layer puts out for this picture. Hover for "
        "exact numbers, click a layer to open it."
    )


def _more(subject: Subject, counted: tuple[Cost, ...]) -> str:
    weights = size(sum(cost.weights for cost in counted))
    return (
        "The zeros around a picture count as well, as in published figures. Pooling, activations, normalisations and "
        "sums of layers have no multiply-adds: they are cheap, not free. The picture has "
        f"{subject.width} × {subject.height} pixels, and values are 32-bit numbers. All weights take {weights} in the "
        "file."
    )


def _of_times(subject: Subject, times: Times) -> str:
    slowest = max(times.layers, key=times.layers.__getitem__)
    spent, share = times.layers[slowest], times.layers[slowest] / max(times.whole, 1e-9)
    cores = f"{times.threads} core{'s' if times.threads > 1 else ''}"
    return (
        f"{_name(subject, slowest)} takes {_percent(share)} of the time: {_milliseconds(spent)} of "
        f"{_milliseconds(times.whole)} a pass on {cores}. The pass that the page shows took "
        f"{_milliseconds(subject.ran.milliseconds)}: one alone, in memory that had to be laid out first. "
        f"Here the faster half of {2 * times.passes} passes counts."
    )


def _more_of_times() -> str:
    return (
        "Measured by ONNX Runtime's profiler, every layer put out both times. Others at work on this machine make it "
        f"slower. “{OTHER.capitalize()}” is what belongs to no layer: values turned from one layout to another, and "
        "calling."
    )


def _percent(share: float) -> str:
    """Whole per cent; two digits of less than one."""
    return f"{share:.0%}" if share >= 0.01 or not share else f"{100 * share:.2g}%"


def _milliseconds(spent: float) -> str:
    digits = 2 if spent < 9.995 else 1 if spent < 99.95 else 0
    return f"{spent:,.{digits}f} ms"


def _name(subject: Subject, layer: str) -> str:
    return plain(names.layer_name(subject.description, subject.description.layer(layer)))
