"""Beside the path: is it right? The channels that it names are silenced, and others in as many."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.attribution import targets
from explain.attribution.flow import Flow, dearest, top
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

REMEMBERED = 48  # sets of four short curves
ON_PATH, EXPECTED, RANDOM, ACTIVE = (
    "those that carry most on the path",
    "those expected to cost most",
    "as many at random (mean of 4)",
    "the most active ones",
)
QUICK = 6000  # milliseconds up to which the check begins by itself
Costs = tuple[tuple[int, ...], dict[str, np.ndarray]]  # the counts, and the costs by order


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Curves by network, picture, layer and target."""
    return Recent(REMEMBERED)


def show(subject: Subject, layer: Layer, answer: str, followed: targets.Target, flow: Flow | None) -> None:
    """Draws the check of one layer: the work as it goes, then its curves. answer: what is followed, in words."""
    st.markdown(f"**Is the path right at {plain(layer.title)}?**")
    if flow is None:
        st.caption("Once there is a path, the channels that it names are silenced here, and others in as many.")
        return
    through, most = flow.layer(layer.name), silencing.COUNTS[-1]
    expected, on_path = dearest(through, most), top(through, most).channels
    if not expected:
        st.caption("Silencing no single channel of this layer is expected to cost the answer anything.")
        return
    network, picture, values = subject.opened.network, subject.batch, subject.values

    def work(on_step: OnStep) -> Costs:
        groups = len(silencing.COUNTS)
        first = silencing.curves(
            network, picture, values, layer.name, followed, expected,
            on_step=lambda done, of: on_step(done, of + groups),
        )  # fmt: skip
        others = [on_path[:count] for count in first.counts]
        before = (2 + silencing.DRAWS) * len(first.counts)
        own = silencing.silenced(
            network, picture, values, layer.name, followed, others,
            on_step=lambda done, of: on_step(before + done, before + of),
        )  # fmt: skip
        named = {EXPECTED: first.costs[silencing.NAMED], ON_PATH: own}
        return first.counts, {**named, RANDOM: first.costs[silencing.RANDOM], ACTIVE: first.costs[silencing.ACTIVE]}

    passes = (3 + silencing.DRAWS) * len(silencing.COUNTS)
    milliseconds = passes * subject.ran.milliseconds
    shown(
        Held("follow-check"),
        (subject.description, subject.ran.digest, layer.name, followed),
        f"Silence them: at most {max(1, round(milliseconds / 1000))} s",
        work,
        lambda costs: _curves(layer, answer, followed, costs),
        _remembered(),
        at_once=milliseconds < QUICK,
    )


def _curves(layer: Layer, answer: str, followed: targets.Target, costs: Costs) -> None:
    counts, by_order = costs
    what = target.quantity(followed)
    chart = silenced(counts, by_order, (EXPECTED, ON_PATH), what, Inks.of(is_dark()))
    st.vega_lite_chart(chart, width="stretch", key="follow-silenced")
    st.caption(
        f"How much of the {what} of {plain(answer)} is lost when channels of {plain(layer.title)} are set to zero "
        "together, one bar of channels after the other. A path that is right lies high above chance and above the most "
        "active channels. Where all lines lie low, the evidence is spread over many channels and few are missed."
    )
