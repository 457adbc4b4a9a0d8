"""The deeper view *What if?*: something is changed inside the network, or in its picture, and its answer compared."""

from __future__ import annotations

import streamlit as st

from explain.panels.inputs import photograph
from explain.panels.interventions import changes, examples, pair, parts, picture, result, which
from explain.panels.interventions.parts import DECIDED, INSIDE, MATTER, PICTURE
from explain.panels.page import address
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.words.explained import caption

SAYS = {
    INSIDE: "Silence, scale or exchange values inside the network, and see what it answers then. Press one of the "
    "buttons, or choose a layer and a part of it.",
    MATTER: "Every channel, column or direction of a layer is set to zero in turn: which cost the answer most?",
    PICTURE: "Drag the slider to change the picture. How long does the answer hold?",
    DECIDED: "Values of another picture are put in, layer by layer and place by place. Where does it turn the answer?",
}


@fragment
def show(word: Subject) -> None:
    """Draws the view for the word, or for a photograph where the network chosen looks at one."""
    parts.way_back()
    subject = photograph.or_word("What if, in which network", parts.NETWORK, word)
    part = address.switch("What is changed", SAYS, key=parts.PART)
    caption(SAYS[part])
    if part == PICTURE:
        picture.show(subject)
    elif part == DECIDED:
        pair.show(subject)
    elif not changes.layers_of(subject):
        caption("No layer of this network can be changed so that its answer is worked out anew.")
    elif part == MATTER:
        which.show(subject, changes.listed(subject))
    else:
        _inside(subject)


def _inside(subject: Subject) -> None:
    examples.show(subject)
    made = changes.listed(subject)
    if made and not changes.made(subject):
        caption("This is an example to begin with. Take it out with *Remove*, or make a change of your own.")
    layer = changes.choose_layer(subject)
    choose, listed = st.columns([1.3, 1], gap="medium")
    with choose:
        changes.add(subject, layer, made)
    with listed:
        changes.strip(subject, made)
    result.show(subject, made)
