"""What is done to a visitor's own picture before a network reads it, and how to have that left alone."""

from __future__ import annotations

import streamlit as st

from explain.network.description import Description

CHOSEN = "made-ready"  # in the session: what was chosen last, for the word that stays when its file is gone


def choose(network: Description) -> None:
    """Draws a switch for each thing that is done for this network; all are on at first."""
    wanted = network.preprocessing
    offered = {
        "trim": ("Leave an empty margin out", wanted is not None and wanted.fit == "pad"),
        "contrast": ("Read colours where grey loses the word", wanted is not None and wanted.colour == "grey"),
    }
    st.session_state[CHOSEN] = {
        name: st.toggle(label, value=True, key=name, bind="query-params")
        for name, (label, fits) in offered.items()
        if fits
    }


def chosen() -> dict[str, bool]:
    """`trim` and `contrast` of `Subject.of`, as they were chosen last."""
    return {"trim": True, "contrast": True} | st.session_state.get(CHOSEN, {})
