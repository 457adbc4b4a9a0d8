"""Beside the path: is it right? The channels that it names are silenced, and others in as many."""

from __future__ import annotations

import streamlit as st

from explain.attribution import targets
from explain.attribution.flow import Flow, dearest
from explain.charts.flow.silenced import silenced
from explain.charts.theme import Inks
from explain.interventions import silencing
from explain.network.layers import Layer
from explain.panels.inputs import target
from explain.panels.jobs.background_task import OnStep
from explain.panels.jobs.held import Held
from explain.panels.jobs.remembered import shown
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption

REMEMBERED = 48  # sets of three short curves
NAMES = {
    silencing.NAMED: "those named on the path, and the next",
    silencing.RANDOM: f"as many at random (mean of {silencing.DRAWS})",
    silencing.ACTIVE: "the most active ones",
}
QUICK = 6000  # milliseconds up to which the check begins by itself


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Curves by network, picture, layer and target."""
    return Recent(REMEMBERED)


def show(subject: Subject, layer: Layer, answer: str, followed: targets.Target, flow: Flow | None) -> None:
    """Draws the check of one layer: the work as it goes, then its curves. answer: what is followed, in words."""
    st.markdown(f"**Is the path right at {plain(layer.title)}?**")
    if flow is None:
        caption("Once there is a path, the channels that it names are silenced here, and others in as many.")
        return
    named = dearest(flow.layer(layer.name), silencing.COUNTS[-1])
    if not named:
        caption("Silencing no single channel of this layer is expected to cost the answer anything.")
        return
    network, picture, values = subject.opened.network, subject.batch, subject.values

    def work(on_step: OnStep) -> silencing.Curves:
        return silencing.curves(network, picture, values, layer.name, followed, named, on_step=on_step)

    passes = (2 + silencing.DRAWS) * len(silencing.COUNTS)
    milliseconds = passes * subject.ran.milliseconds
    shown(
        Held("follow-check"),
        (subject.description, subject.ran.digest, layer.name, followed),
        f"Silence them: at most {max(1, round(milliseconds / 1000))} s",
        work,
        lambda curves: _curves(layer, answer, followed, curves),
        _remembered(),
        at_once=milliseconds < QUICK,
    )


def _curves(layer: Layer, answer: str, followed: targets.Target, curves: silencing.Curves) -> None:
    what, named = target.quantity(followed), NAMES[silencing.NAMED]
    costs = {name: curves.costs[order] for order, name in NAMES.items()}
    st.vega_lite_chart(
        silenced(curves.counts, costs, (named,), what, Inks.of(is_dark())), width="stretch", key="follow-silenced"
    )
    caption(
        "If the path is right, its line rises early and far above the others. Where all lines lie low, the evidence is "
        "spread over many channels, and a few are hardly missed.",
        more=f"Shown is how much of the {what} of {plain(answer)} is lost when more and more channels of "
        f"{plain(layer.title)} are set to zero together.",
    )
