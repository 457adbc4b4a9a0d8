"""Which matter? Channels, frames or directions of a layer silenced in turn, sorted by what that costs."""

from __future__ import annotations

import streamlit as st

from explain.attribution import targets
from explain.charts.interventions.bars import bars
from explain.charts.theme import Inks
from explain.interventions import which
from explain.interventions.intervention import Intervention, Where
from explain.interventions.which import Cost
from explain.network.head import CLASSES, CTC
from explain.network.layers import Layer
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
SHOWN, TOGETHER, CLASSES_SHOWN = 24, 10, 5
OVER = {"Channels": which.CHANNELS, "Columns or frames": which.PLACES, "Directions": which.SIDES}
WHOLE = "the whole text"


@st.cache_resource(show_spinner=False)
def _remembered() -> Recent:
    """Costs by network, picture, layer, target and what is silenced."""
    return Recent(REMEMBERED)


def show(subject: Subject, listed: list[Listed]) -> None:
    """Draws the choices, the work as it goes, and the costs. listed: the changes so far, to which some may be added."""
    targets_by_name = _targets(subject)
    if not targets_by_name:
        caption("The network gives no answer here that anything could cost.")
        return
    description = subject.description
    layer = changes_panel.choose_layer(subject)
    found = which.parts(description, layer.name, subject.values[layer.name].shape)
    over = OVER[address.switch("Silenced in turn", OVER, key="which_over", labelled=True)]
    name = _target_name(targets_by_name)
    if over not in found:
        caption(f"{plain(layer.title)} has no {'directions' if over == which.SIDES else 'columns or frames'}.")
        return
    target, places = targets_by_name[name], found[over]
    network, picture, values = subject.opened.network, subject.batch, subject.values

    def work(on_step) -> list[Cost]:
        return which.costs(network, picture, values, layer.name, target, places, on_step=on_step)

    key = (description, subject.ran.digest, layer.name, over, target)
    label = f"Silence {len(places)} in turn: at most {max(1, round(len(places) * subject.ran.milliseconds / 1000))} s"
    shown(Held("which"), key, label, work, lambda costs: _costs(subject, layer, name, costs, listed), _remembered())


def _targets(subject: Subject) -> dict[str, targets.Target]:
    description = subject.description
    if description.head.kind == CTC and subject.best.labels:
        labels, blank = subject.best.labels, description.blank
        characters = {
            f"{place + 1}: {description.labels[label]}": targets.character(
                subject.probabilities, labels, place, blank=blank
            )
            for place, label in enumerate(labels)
        }
        return {WHOLE: targets.WholeText(tuple(labels), blank), **characters}
    if description.head.kind == CLASSES:
        likeliest = (-subject.probabilities).argsort(kind="stable")[:CLASSES_SHOWN]
        return {f"{description.labels[unit]} ({unit})": targets.ClassLogit(int(unit)) for unit in likeliest}
    return {}


def _target_name(by_name: dict[str, targets.Target]) -> str:
    options, first = list(by_name), next(iter(by_name))
    given = address.numbers("which_target", 1)
    chosen = options[given[0]] if given and given[0] < len(options) else first
    key = f"which-target-{chosen}-{len(options)}"

    def note() -> None:
        address.note("which_target", str(options.index(st.session_state[key])), "0")

    st.selectbox("What it costs", options, options.index(chosen), key=key, on_change=note, width=320)
    return chosen


def _costs(subject: Subject, layer: Layer, target: str, costs: list[Cost], listed: list[Listed]) -> None:
    shown_costs = costs[:SHOWN]
    rows = [(_name(subject, layer, one.where), one.cost) for one in shown_costs]
    logit = subject.description.head.kind == CLASSES
    title = f"cost, {'logit' if logit else 'log-probability'}"
    st.vega_lite_chart(bars(rows, title, ".3g", Inks.of(is_dark())), width="stretch", key="which-bars")
    silent = sum(one.cost == 0 for one in costs)
    better = sum(one.cost < 0 for one in costs)
    caption(
        f"How far the {'logit' if logit else 'log-probability'} of {plain(target)} falls when each alone is set to "
        f"zero: the {len(shown_costs)} dearest of {len(costs)}. {better} make it rise; {silent} are zero everywhere "
        "or change nothing. What several do together, or what others make good, does not show."
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
