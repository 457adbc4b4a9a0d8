"""The control *Network*: which network the page explains, one of those here or one that the visitor opens."""

from __future__ import annotations

import streamlit as st

from explain.panels.inputs import about
from explain.panels.own import form, opening, visitor
from explain.panels.page import resources, views
from explain.panels.words.explained import caption


def show(chosen: str | None) -> None:
    """Draws the choice, what is known of it, the button that opens another, and the one that asks what its file cannot
    say."""
    titles = _titles()
    if chosen is not None:
        with st.container(key="strip-label", width="content"):
            caption("Network", width="content")
        with st.container(key="strip-network", width="content"):
            _list(titles, chosen)
        about.show()
    opening.show()
    if chosen is not None and resources.description(chosen).card is None:
        form.button(chosen)


def _titles() -> dict[str, str]:
    """What the networks are called in the list, with their names; the visitor's own are marked."""
    own = visitor.names()
    return {
        f"{title} (yours)" if name in own else title: name for title, name in views.titles(resources.networks()).items()
    }


def _list(titles: dict[str, str], shown: str) -> None:
    key = f"network of {', '.join(titles)}"  # with other networks here it is another list

    def take() -> None:
        views.choose(titles[st.session_state[key]])

    st.selectbox(
        "Network",
        list(titles),
        index=list(titles.values()).index(shown),
        key=key,
        on_change=take,
        label_visibility="collapsed",
        help="The network that the page explains.",
        width=190,
    )
