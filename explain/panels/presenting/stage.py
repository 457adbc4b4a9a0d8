"""The presenter's mode: one view or panel fills the screen in large type, its controls at hand.

`?present=1` is the chosen deeper view, `?present=layers` and the like what stands above it. Beside a tour, which
leads from place to place, the whole page stays, in large type as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from explain.panels.components import component
from explain.panels.page import address, views
from explain.panels.page.download import file_name
from explain.panels.page.views import View
from explain.panels.tour import start

PRESENT, DEEPER = "present", "1"
STAGE, BAR, INPUTS, TOOLS, TURN = "deeper", "stage-bar", "stage-inputs", "stage-tools", "stage-turn"
CHOICE = "deeper-choice"  # the row with the choice of the deeper view
NETWORK = View("The network", "network.at_a_glance")
SHOW_INPUTS = "present_inputs"  # in the address

# `zoom`, not larger type alone: charts and pictures grow as well. Of 1080 lines a caption is 24 pixels high: on a
# screen two metres wide small letters are 13 mm high, at five metres twice what good eyes need.
LARGE = """<style>
  .block-container { max-width: none; padding: 0.6rem 1.2rem 1rem; }
  .st-key-deeper { --large: 1.3; zoom: var(--large); --soft-opacity: 1; min-height: 60vh; }
  @media (min-width: 1600px) { .st-key-deeper { --large: 1.5; } }
  @media (min-width: 1880px) { .st-key-deeper { --large: 1.7; } }
  @media (max-width: 1000px) { .st-key-deeper { --large: 1; } }
  /* A chart takes its width from the screen pixels that it has, and these are drawn larger once more. */
  .st-key-deeper [data-testid="stVegaLiteChart"] { width: calc(100% / var(--large)) !important; }
  .st-key-deeper [data-testid="stCaptionContainer"], .st-key-deeper [data-testid="stCaptionContainer"] p {
    color: inherit; opacity: 1; font-size: 1rem; line-height: 1.4;
  }
  .st-key-deeper [data-testid="stWidgetLabel"] p { font-size: 1rem; }
  .st-key-deeper [data-testid="stImage"] img {
    max-height: calc(74vh / var(--large)); object-fit: contain; object-position: left;
  }
</style>"""
WHOLE = """<style>
  .block-container { max-width: none; zoom: 1.15; --soft-opacity: 1; }
  .block-container [data-testid="stVegaLiteChart"] { width: calc(100% / 1.15) !important; }
  .block-container [data-testid="stCaptionContainer"] p { color: inherit; opacity: 1; }
</style>"""
HIDDEN = "<style>.st-key-{} {{ display: none; }}</style>"


def presenting() -> str:
    """What fills the screen: "1" for the deeper view, a name of `panels`; empty where the page is as it usually is."""
    return address.choice(PRESENT, (DEEPER, *panels()), "")


def panels() -> dict[str, View]:
    """What stands above the deeper view, by what the address calls it."""
    return {"network": NETWORK, "layers": views.LAYERS, "answer": views.middle(), "imagined": views.CLASS_VISUALISATION}


def bar() -> View | None:
    """Where somebody presents: draws the bar on top and returns what is to fill the screen; else None, and nothing."""
    shown = presenting()
    if not shown:
        return None
    if start.step() is not None:
        st.html(WHOLE)
        return None
    st.html(LARGE)
    with st.container(key=BAR, horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key=f"{BAR}-views", width="content"):
            deeper = views.switch()
        if shown != DEEPER:
            st.html(HIDDEN.format(f"{BAR}-views"))
            title = views.title_of(deeper)
            st.button(
                title, key="stage-deeper", on_click=address.note, args=(PRESENT, DEEPER), icon=":material/arrow_back:"
            )
        for name, view in panels().items():
            kind = "primary" if name == shown else "secondary"
            at = (PRESENT, name)
            st.button(views.title_of(view), key=f"stage-{name}", type=kind, on_click=address.note, args=at)
        shown_view = panels().get(shown, deeper)
        tools(shown_view)
        if not st.toggle("Choose the picture", key=SHOW_INPUTS, bind="query-params"):
            st.html(HIDDEN.format(INPUTS))
    return shown_view


@contextmanager
def inputs() -> Iterator[None]:
    """Around the strip on top, which the bar hides until it is asked for."""
    with st.container(key=INPUTS):
        yield


@contextmanager
def frame() -> Iterator[None]:
    """Around what fills the screen, or would."""
    with st.container(key=STAGE):
        yield


def choice():
    """Around the row with the choice of the deeper view and its tools."""
    return st.container(key=CHOICE, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")


def tools(view: View) -> None:
    """Buttons: present this view, or leave; copy its link; copy it as a picture.

    Their component also brings the view into sight, where a press or the address has opened one.
    """
    on = bool(presenting())
    turn = st.session_state.get(TURN, 0)

    def turned() -> None:
        if st.session_state[TOOLS].get("turn") == turn + 1:
            st.session_state[TURN] = turn + 1
            address.note(PRESENT, None if on else DEEPER)

    component(
        "presenting/stage",
        key=TOOLS,
        data={
            "presenting": on,
            "escape": on and start.step() is None,  # a tour has its own use for that key
            "target": f".st-key-{STAGE}",
            "sight": f".st-key-{CHOICE}",
            "presses": views.presses(),
            "still": on or start.step() is not None,  # what fills the screen is in sight, and a tour leads by itself
            "file": f"{file_name(views.title_of(view))}.png",
            "turn": turn,
        },
        on_turn_change=turned,
    )
