"""The parts of *What if?*: what they are called, how other views open one of them, and the way back to that view."""

from __future__ import annotations

import streamlit as st

from explain.network.layers import Layer
from explain.panels.interventions import changes
from explain.panels.page import address, views
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain

WHAT_IF = "What if?"
INSIDE, MATTER, PICTURE, DECIDED = "Inside the network", "Which matter?", "The picture", "Where is it decided?"
NETWORK, PART, BACK = "touch_network", "what_if_part", "back"  # in the address; BACK: the view that led here


def lead(subject: Subject, part: str, layer: Layer | None = None) -> None:
    """From a callback: the view opens at one of its parts, for this network, with a layer chosen."""
    view = st.session_state.get(views.VIEW)
    if view != WHAT_IF:
        address.note(BACK, view)
        address.tell_all()
    titles = views.titles(views.to_look_into())
    st.session_state[views.VIEW] = WHAT_IF
    st.session_state[NETWORK] = next((title for title, name in titles.items() if name == subject.network), None)
    st.session_state[PART] = part
    if layer is not None:
        st.session_state[changes.layer_key(subject.description)] = layer.name


def way_back() -> None:
    """Draws a button that leads back to the view from which something was silenced; it is as it was left."""
    titles = [title for title in map(views.title_of, views.VIEWS) if title != WHAT_IF]
    view = address.choice(BACK, titles, "")

    def go() -> None:
        st.session_state[views.VIEW] = view
        address.note(BACK, None)
        address.tell_all()

    if view:
        st.button(f"Back to {plain(view)}", key="what-if-back", icon=":material/arrow_back:", on_click=go)
