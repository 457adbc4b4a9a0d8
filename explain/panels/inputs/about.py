"""*About*: what the page's networks are, what they learnt from, how often they are right; and what a link keeps."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from explain.network.description import Description
from explain.panels.page import resources, views
from explain.panels.page.guard import fragment
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption, explained

SAME = (
    "The address of this page holds every choice: whoever opens the same link sees the same, but for pictures and "
    "files that you brought yourself."
)


@fragment
def show() -> None:
    """Draws the button, and behind it a few sentences on each network of the page."""
    with st.popover("About", icon=":material/info:"):
        caption(SAME)
        for name in views.to_look_into():
            description = resources.description(name)
            st.markdown(f"**{plain(description.title)}**")
            st.markdown(explained("  \n".join(f"**{what}.** {told}" for what, told in facts(description).items())))


def facts(description: Description) -> Mapping[str, str]:
    """What is known of a network, a sentence or two by a heading, in Markdown; of a stranger's what its file says."""
    counted = f"{len(description.layer_names)} layers, {description.parameters:,} parameters."
    card = description.card
    if card is None:
        return {"What it is": counted, "What it learnt from": "Its file does not say, nor how often it is right."}
    return {**card.about, "Size": counted, "Licence": plain(f"{card.licence}. {card.source}")}
