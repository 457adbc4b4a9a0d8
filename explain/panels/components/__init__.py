"""The page's own components: feature maps, thumbnails, the list of layers, the network at a glance.

Each is a few dozen lines of plain JavaScript beside this file, mounted through Streamlit's components (version 2), so
that reading a value off, framing a receptive field and switching the scale answer at once, without asking the server.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent


def component(name: str, *, data: dict, **mounting):
    """Mounts the component kept as `<name>.js` beside this file, or in a folder ("tour/card"), and returns its state.

    data goes wrapped in a list: of a bare dict Streamlit asks whether its values are tables, and loads pandas for
    it, which is 0.5 s of the page's first opening.
    """
    return _declared(name)(data=[data], **mounting)


def thumbnails(*, key: str, data: dict, choose: Callable[[str], None]) -> None:
    """Mounts pictures of which one can be clicked. choose: called, before the run that follows, with the id of the one
    that is clicked.

    A browser that comes back from another layer may tell what was clicked there, and one that is not this page's may
    tell anything: what is none of the items is no click.
    """
    known = {item["id"] for item in data["items"]}

    def take() -> None:
        clicked = st.session_state[key].get("chosen")
        if isinstance(clicked, str) and clicked in known:
            choose(clicked)

    component("thumbnails", key=key, data=data, on_chosen_change=take)


@cache
def _declared(name: str):
    shared, own = (HERE / "shared.js").read_text(), (HERE / f"{name}.js").read_text()
    return st.components.v2.component(
        f"inside_{name.replace('/', '_')}", css=(HERE / "style.css").read_text(), js=shared + "\n" + own
    )
