"""*Open a network*: an ONNX file of the visitor's own; for a Keras file the command that makes one of it."""

from __future__ import annotations

import streamlit as st

from explain.network.errors import NetworkError
from explain.panels.own import form, kinds, visitor
from explain.panels.page import resources, views
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption

REFUSED = "network-refused"  # in the session: the file that was refused last, and the sentence
TURN = "network-uploads"  # in the session: how many files were opened; each turn has a fresh uploader, shut again


def show() -> None:
    """Draws the button, and behind it the uploader; what was opened is what the page explains from then on."""
    turn, most = st.session_state.get(TURN, 0), kinds.LARGEST // 1_000_000
    with st.popover("Open a network", icon=":material/upload_file:", key=f"open-a-network-{turn}"):
        file = st.file_uploader(
            f"An ONNX file of at most {most} MB", key=f"network-upload-{turn}", max_upload_size=most
        )
        if file is not None:
            _take(file)
            return
        caption(
            "It is opened for you alone, in a process of its own, and removed when you leave. Of a Keras file "
            f"({', '.join(kinds.KERAS)}) this command makes one, on your machine:"
        )
        st.code(kinds.COMMAND.format("FILE"), language="sh")


def _take(file) -> None:
    """Opens the file and goes on to what it cannot say; what is wrong with it is said in a sentence."""
    refused, sentence = st.session_state.get(REFUSED, (None, ""))
    if refused == file.file_id:  # it still lies in the uploader: nobody wants to wait for it again
        st.error(sentence, icon=":material/error:")
        return
    try:
        with st.spinner("Opening it in a process of its own"):
            name = visitor.take(file.name, file.getvalue())
    except kinds.ToExport as problem:
        caption("A Keras file: make an ONNX file of it with this command, where it lies, and open that.")
        st.code(problem.command, language="sh")
        return
    except NetworkError as problem:
        st.session_state[REFUSED] = file.file_id, plain(str(problem))
        st.error(plain(str(problem)), icon=":material/error:")
        return
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1  # lets go of the file
    if form.unsaid(resources.description(name)):
        form.open_for(name)
    views.choose(name)
    st.rerun()
