"""The strip on top: the network that the page is about, and the picture that it looks at."""

from __future__ import annotations

import streamlit as st

from explain.network.description import Description
from explain.panels.inputs import network as network_choice
from explain.panels.inputs import photograph, word
from explain.panels.own import form
from explain.panels.page import resources, views
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain
from explain.panels.tour import start
from explain.panels.words.explained import caption
from explain.pictures.notation import shortened

LONGEST = 40  # characters of a network's name in the heading
ONE_PASS = (
    "Measured once, when the page first saw this picture: every layer is computed, and all of its values are handed "
    "to the page."
)
REPEATED = (
    " *Cost of each layer*, under *Layer by layer*, repeats the pass in memory that is there already and takes the "
    "faster half, so it mostly says less."
)


def show() -> Subject | None:
    """Draws the strip and returns what the page explains: a word, or a photograph for a network that reads no words.

    None, with a sentence, where there is no network at all.
    """
    name = views.chosen()
    called = _called()
    st.set_page_config(page_title=f"Inside {' & '.join(called)}")
    with st.container(key="strip", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"#### Inside {' & '.join(map(plain, called))}", width="content")
        network_choice.show(name)
        with st.container(key="strip-says", width="content"):
            caption("every layer, for the picture you give it", width="content")
        start.button()
        st.space("stretch")
        numbers = st.empty()
    if sentence := views.not_here():
        st.warning(sentence, icon=":material/info:")
    for refused, sentence in resources.refused().items():
        st.warning(f"**{plain(refused)}** is not shown. {plain(sentence)}", icon=":material/info:")
    if name is None:
        st.info(
            "There is no network here that can be shown. Put an ONNX file into `models/own`, or into the folder that "
            "the environment variable `NETWORKS_FOLDER` names.",
            icon=":material/info:",
        )
        return None
    if form.is_open(name):
        form.show(name)
    st.session_state.pop(photograph.ON_TOP, None)
    subject = word.show(name) if _reads_words(resources.description(name)) else photograph.on_top(name)
    layers = len(subject.description.layer_names)
    more = ONE_PASS if subject.opened.network.apart else ONE_PASS + REPEATED  # of the others no time is measured there
    took = f"{subject.ran.milliseconds:.{int(subject.ran.milliseconds < 10)}f}"
    caption(f"one pass, {layers} layers, {took} ms", numbers, width="content", more=more)
    return subject


def _called() -> list[str]:
    """The networks that the page looks into, as it calls them; long names are cut."""
    called = [resources.description(name).called for name in views.to_look_into()]
    return [shortened(name, LONGEST) for name in called] or ["a network"]


def _reads_words(network: Description) -> bool:
    """Whether pictures of words are what it looks at: a recogniser, or anything else that answers a sequence."""
    return network.head.kind == views.RECOGNISER or len(network.output.shape) == 2
