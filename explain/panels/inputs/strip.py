"""The strip on top: the networks that the page is about, and the picture that they look at."""

from __future__ import annotations

import streamlit as st

from explain.panels.inputs import photograph, word
from explain.panels.page import address, resources, views
from explain.panels.page.subject import Subject
from explain.panels.page.wording import plain


def show() -> Subject | None:
    """Draws the strip and returns what the page explains: a word, a photograph where no network here reads words.

    None, with a sentence, where there is no network at all.
    """
    names = views.to_look_into()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        shown = list(views.of_page().values()) or names[:1]
        title = " & ".join(plain(resources.description(name).called) for name in shown)
        st.markdown(f"#### Inside {title or 'a network'}", width="content")
        st.caption("every layer of a real network, for the picture you give it", width="content")
        _networks()
        st.space("stretch")
        numbers = st.empty()
    for sentence in views.not_here():
        st.warning(sentence, icon=":material/info:")
    for name, sentence in resources.refused().items():
        st.warning(f"**{plain(name)}** is not shown. {plain(sentence)}", icon=":material/info:")
    if not names:
        st.info(
            "There is no network here that can be shown. Put an ONNX file into `models/own`, or into the folder that "
            "the environment variable `NETWORKS_FOLDER` names.",
            icon=":material/info:",
        )
        return None
    recogniser = views.of_page().get(views.RECOGNISER)
    st.session_state.pop(photograph.ON_TOP, None)
    subject = word.show(recogniser) if recogniser else photograph.on_top(names[0])
    layers = len(subject.description.layer_names)
    numbers.caption(f"one pass, {layers} layers, {subject.ran.milliseconds:.1f} ms", width="content")
    return subject


def _networks() -> None:
    """A small list for each kind of network of which there are several."""
    for kind, shown in views.of_page().items():
        names = views.of_kind(kind)
        if len(names) > 1:
            _list(views.IN_ADDRESS[kind], views.titles(names), shown)


def _list(parameter: str, titles: dict[str, str], shown: str) -> None:
    key = f"{parameter} of {', '.join(titles.values())}"  # with other networks here it is another list

    def take() -> None:
        address.note(parameter, titles[st.session_state[key]], next(iter(titles.values())))

    st.selectbox(
        parameter.capitalize(),
        list(titles),
        index=list(titles.values()).index(shown),
        key=key,
        on_change=take,
        label_visibility="collapsed",
        help=f"The {parameter} that the page explains.",
        width=190,
    )
