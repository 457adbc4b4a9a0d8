"""The page's own components: feature maps, thumbnails and the list of layers.

Each is a few dozen lines of plain JavaScript beside this file, mounted through Streamlit's components (version 2), so
that reading a value off, framing a receptive field and switching the scale answer at once, without asking the server.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent


def component(name: str, *, data: dict, **mounting):
    """Mounts the component kept as `<name>.js` beside this file and returns its state.

    data goes wrapped in a list: of a bare dict Streamlit asks whether its values are tables, and loads pandas for
    it, which is 0.5 s of the page's first opening.
    """
    return _declared(name)(data=[data], **mounting)


@cache
def _declared(name: str):
    shared, own = (HERE / "shared.js").read_text(), (HERE / f"{name}.js").read_text()
    return st.components.v2.component(f"inside_{name}", css=(HERE / "style.css").read_text(), js=shared + "\n" + own)
