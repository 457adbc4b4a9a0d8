"""Which matter? Channels, frames or directions of a layer silenced in turn, sorted by what that costs."""

from __future__ import annotations

import streamlit as st

from explain.charts.interventions.bars import bars
from explain.charts.theme import Inks
from explain.interventions import which
from explain.interventions.intervention import Intervention, Where
from explain.interventions.which import Cost
from explain.network.head import CLASSES
from explain.network.layers import Layer
from explain.panels.inputs import target
from explain.panels.interventions import changes as changes_panel
from explain.panels.interventions.changes import Listed
from explain.panels.jobs.held import Held
from explain.panels.jobs.remembered import shown
from explain.panels.layers import names
from explain.panels.page import address
from explain.panels.page.recent import Recent
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption

REMEMBERED = 24  # lists of at most some thousand numbers
SHOWN, TOGETHER = 24, 10
OVER = {"Channels": which.CHANNELS, "Columns or frames": which.PLACES, "Directions": which.SIDES}
AT_ONCE = "which-at-once"  # in the session: the work begins without its button


def begin_at_once() -> None:
    """From a callback that leads here: what is asked there need not be asked again."""
    st.session_state[AT_ONCE] = True


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Costs by network, picture, layer, target and what is silenced."""
    return Recent(REMEMBERED)


def show(subject: Subject, listed: list[Listed]) -> None:
    """Draws the choices, the work as it goes, and the costs. listed: the changes so far, to which some may be added."""
    targets_by_name = target.of_answer(subject)
    if not targets_by_name:
        caption("The network gives no answer here that anything could cost.")
        return
    description = subject.description
    layer = changes_panel.choose_layer(subject)
    found = which.parts(description, layer.name, subject.values[layer.name].shape)
    over = OVER[address.switch("Silenced in turn", OVER, key="which_over", labelled=True)]
    name = target.choose("What it costs", targets_by_name, "which_target")
    if over not in found:
        caption(f"{plain(layer.title)} has no {'directions' if over == which.SIDES else 'columns or frames'}.")
        return
    measured, places = targets_by_name[name], found[over]
    network, picture, values = subject.opened.network, subject.batch, subject.values

    def work(on_step) -> list[Cost]:
        return which.costs(network, picture, values, layer.name, measured, places, on_step=on_step)

    key = (description, subject.ran.digest, layer.name, over, measured)
    label = f"Silence {len(places)} in turn: at most {max(1, round(len(places) * subject.ran.milliseconds / 1000))} s"
    at_once = st.session_state.pop(AT_ONCE, False)

    def draw(costs: list[Cost]) -> None:
        _costs(subject, layer, name, costs, listed)

    shown(Held("which"), key, label, work, draw, _remembered(), at_once=at_once)


def _costs(subject: Subject, layer: Layer, measured: str, costs: list[Cost], listed: list[Listed]) -> None:
    shown_costs = costs[:SHOWN]
    rows = [(_name(subject, layer, one.where), one.cost) for one in shown_costs]
    logit = subject.description.head.kind == CLASSES
    title = f"cost, {'logit' if logit else 'log-probability'}"
    st.vega_lite_chart(bars(rows, title, ".3~g", Inks.of(is_dark())), width="stretch", key="which-bars")
    silent = sum(one.cost == 0 for one in costs)
    better = sum(one.cost < 0 for one in costs)
    caption(
        f"How far the {'logit' if logit else 'log-probability'} of {plain(measured)} falls when each alone is set to "
        f"zero: the {len(shown_costs)} dearest of {len(costs)}. {better} make it rise; {silent} are zero everywhere "
        "or change nothing.",
        more="What several do together, or what others make good, does not show.",
    )
    dearest = [one.where for one in costs[:TOGETHER]]
    if all(where.channels for where in dearest):
        together = Where(channels=tuple(where.channels[0] for where in dearest))
        more = [*listed, Listed(Intervention(layer.name, together), True)]
        st.button(
            f"Silence the {len(dearest)} dearest together",
            key="which-together",
            on_click=changes_panel.keep,
            args=(more,),
        )


def _name(subject: Subject, layer: Layer, where: Where) -> str:
    if where.channels:
        return names.channel_name(subject.description, layer, where.channels[0])
    if where.columns:
        return f"{'column' if len(layer.shape) == 3 else 'frame'} {where.columns[0]}"
    return where.direction
