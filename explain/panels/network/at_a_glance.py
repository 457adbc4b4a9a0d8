"""The network at a glance: all of its layers in one strip between the picture and the panels, each a block to scale."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st

from explain.charts.network import drawing, words
from explain.network.errors import NetworkError
from explain.panels.components import component
from explain.panels.layers import feature_maps, layer_by_layer
from explain.panels.layers.focus import version
from explain.panels.page import address
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject

KEY = "at-a-glance"
SIZE, LARGE, STAGES = "glance", "large", "stages"  # in the address
LONGEST = 60  # characters of the address's list of stages


@dataclass(frozen=True)
class _Drawn:
    """svg: the drawing. stages: their numbers. folded: of each layer that is not seen its stage. says: the network in
    words. colours: of the kinds of layers."""

    svg: str
    stages: frozenset[int]
    folded: dict[str, int]
    says: str
    colours: dict[str, str]


@fragment
def show(subject: Subject) -> None:
    """Draws the strip, or the large picture, for what the page looks at."""
    description = subject.description
    is_large = address.choice(SIZE, (LARGE,), "") == LARGE
    opened = _opened()
    open_at = layer_by_layer.leading(subject)
    drawn = _drawn(version(description), subject.ran.digest, is_large, opened, subject)

    def go_to() -> None:
        name = _said("layer")
        if name in description.layer_names:
            address.note("layer", name, feature_maps.first_layer(description))
            address.note("unit", None)
            open_at(name)

    def turn() -> None:
        number = _said("stage")
        if number in drawn.stages:
            _note(opened ^ {number})

    chosen = address.choice("layer", description.layer_names, feature_maps.first_layer(description))
    component(
        "network/at_a_glance",
        key=KEY,
        data={
            "svg": drawn.svg,
            "says": drawn.says,
            "colours": drawn.colours,
            "large": is_large,
            "stages": len(drawn.stages),
            "opened": len(drawn.stages & opened),
            "input": description.input.name,
            "chosen": chosen,
            "within": drawn.folded.get(chosen, 0),
            "scale": words.scale(description),
        },
        on_layer_change=go_to,
        on_stage_change=turn,
        on_all_change=lambda: _note(() if drawn.stages <= opened else drawn.stages),
        on_size_change=lambda: address.note(SIZE, None if is_large else LARGE),
    )


def _said(what: str):
    """What the component tells; a browser that is not this page's may tell anything."""
    value = st.session_state[KEY].get(what)
    return value if isinstance(value, (str, int)) else None


def _opened() -> frozenset[int]:
    """The numbers of the stages that the address opens, whether there are any."""
    numbers = address.given(STAGES)[:LONGEST].split(".")
    return frozenset(int(number) for number in numbers if number.isascii() and number.isdigit())


def _note(opened: Collection[int]) -> None:
    address.note(STAGES, ".".join(map(str, sorted(opened))) or None)


@st.cache_resource(max_entries=8, show_spinner=False)
def _drawn(version: str, digest: str, is_large: bool, opened: frozenset[int], _subject: Subject) -> _Drawn:
    """Drawn once a picture; some 50 kB."""
    description, values = _subject.description, _subject.values
    costs = _multiply_adds(_subject)
    look = drawing.LOOKS["large" if is_large else "strip"]
    plan = drawing.plan(description, _subject.seen, values, opened, look)
    return _Drawn(
        svg=drawing.draw(plan, _subject.seen, values, costs).inline(),
        stages=plan.stages,
        folded={name: block.stage for block in plan.layout.blocks if block.stage for name in block.layers},
        says=words.network(description, costs),
        colours=drawing.colours(description),
    )


def _multiply_adds(subject: Subject) -> words.Costs:
    """Of each layer; none where that can't be counted."""
    try:
        return words.by_layer(subject.costs)
    except NetworkError:
        return {}
