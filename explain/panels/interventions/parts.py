"""The parts of *What if?*: what they are called, how other views open one of them, and the way back to that view."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from explain.network.layers import Layer
from explain.panels.interventions import changes
from explain.panels.page import address, views
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain

WHAT_IF = "What if?"
INSIDE, MATTER, PICTURE, DECIDED = "Inside the network", "Which matter?", "The picture", "Where is it decided?"
NETWORK, PART, BACK = "touch_network", "what_if_part", "back"  # in the address; BACK: the view that led here


def leading(subject: Subject, part: str, layer: Layer | None = None) -> Callable[[], None]:
    """What a callback calls to open the view at one of its parts, for this network, with a layer chosen.

    Made while the page is drawn, see `views.leading`.
    """
    to_view = views.leading(WHAT_IF, subject.network, NETWORK)

    def lead() -> None:
        view = st.session_state.get(views.VIEW)
        if view != WHAT_IF:
            address.note(BACK, view)
        address.tell_all()  # the button may stand in a part of the page that the view is none of
        to_view()
        st.session_state[PART] = part
        if layer is not None:
            st.session_state[changes.layer_key(subject.description)] = layer.name

    return lead


def way_back() -> None:
    """Draws a button that leads back to the view from which something was silenced; it is as it was left."""
    titles = [title for title in map(views.title_of, views.VIEWS) if title != WHAT_IF]
    view = address.choice(BACK, titles, "")

    def go() -> None:
        st.session_state[views.VIEW] = view
        address.note(BACK, None)
        address.tell_all()
        views.pressed()

    if view:
        st.button(f"Back to {plain(view)}", key="what-if-back", icon=":material/arrow_back:", on_click=go)
