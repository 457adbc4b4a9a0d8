"""*What the file does not say*: labels, blank, scaling and the like, asked in a short form and kept in the file."""

from __future__ import annotations

import streamlit as st

from explain.network.description import Description
from explain.network.errors import NetworkError
from explain.network.own import labels as labels_of
from explain.network.own.answers import Answers, with_answers
from explain.network.own.detection import SAID, Detected, detected
from explain.panels.own import questions, reading, visitor
from explain.panels.page import resources, views
from explain.panels.page.guard import fragment
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption

OPEN = "answers-open"  # in the session: the network whose form is open
FOUND = "answers-found"  # in the session: what stood in the form when it was opened, and how it was found
TURN = "answers-turn"  # in the session: how often a form was opened; each has fields of its own
FACTS = {
    "head": "It answers",
    "labels": "Labels",
    "blank": "Blank",
    "scaling": "Values",
    "colour": "Colours",
    "size": "Size",
    "fit": "Other shapes",
    "orientation": "Lying",
}


def open_for(name: str) -> None:
    """The form stands open for this network from the next run on."""
    st.session_state[OPEN] = name
    st.session_state[TURN] = st.session_state.get(TURN, 0) + 1
    st.session_state.pop(FOUND, None)


def unsaid(description: Description) -> bool:
    """Whether the file leaves open what nearly every network needs: what it answers, or how values are scaled."""
    head = description.head.kind == views.NEITHER or not description.head.stated
    return head or not {"mean", "deviation"} & description.answered


def close() -> None:
    st.session_state.pop(OPEN, None)
    st.session_state.pop(FOUND, None)


def is_open(name: str) -> bool:
    return st.session_state.get(OPEN) == name


def button(name: str) -> None:
    """Draws the button that opens the form, or shuts it."""
    st.button(
        "Answers",
        icon=":material/edit_note:",
        key="answers",
        on_click=close if is_open(name) else lambda: open_for(name),
        help="What the file does not say: labels, blank, scaling, colours.",
    )


@fragment
def show(name: str) -> None:
    """Draws the form, and beside it what the network makes of some samples under the answers."""
    if not is_open(name):
        st.rerun()  # the whole page: it was shut
    description, found = resources.description(name), _found(name)
    with st.container(border=True, key="answers-form"):
        asked, beside = st.columns([1.55, 1], gap="medium")
        with asked:
            st.markdown(f"**What the file of {plain(description.title)} does not say**")
            caption("What could be found out stands in the fields; beside them you see whether it is right.")
            try:
                answers = questions.asked(description, found.answers, f"{st.session_state.get(TURN, 0)}")
            except ValueError as problem:
                st.warning(plain(str(problem)), icon=":material/info:")
                return
        with beside:
            reading.show(name, answers)
        with asked:
            caption(how(found))
            _finish(name, description, answers)


def _found(name: str) -> Detected:
    """What the file says and what can be found out by trying the network; tried once, when the form is opened."""
    if FOUND not in st.session_state:
        with st.spinner("Trying it on sample pictures"):
            st.session_state[FOUND] = detected(resources.network(name))
    return st.session_state[FOUND]


def how(found: Detected) -> str:
    """How each fact was found, in one paragraph."""
    return "  \n".join(f"**{FACTS[fact]}.** {sentence}" for fact, sentence in found.how.items() if sentence != SAID)


def _finish(name: str, description: Description, answers: Answers) -> None:
    """The buttons below the form; labels whose number does not fit are said there."""
    wrong = unfitting(description, answers)
    if wrong:
        caption(f":orange[{plain(wrong)}]")
    with st.container(horizontal=True, gap="small"):
        if name in visitor.names():
            if st.button("Keep", type="primary", key="answers-keep", disabled=bool(wrong)):
                _keep(name, answers)
            st.button("Close this network", key="answers-forget", on_click=_forget, args=(name,))
        else:
            st.download_button(
                "Download the answered file",
                lambda: with_answers(description.path.read_bytes(), answers, whole=True),
                file_name=f"{name}.onnx",
                type="primary",
                key="answers-download",
                on_click="ignore",
                disabled=bool(wrong),
                help="The page writes nothing into its folder: put this file there in place of the old one.",
            )
        st.button("Not now", key="answers-close", on_click=close)


def unfitting(description: Description, answers: Answers) -> str:
    """One sentence where the number of labels does not fit the last layer; else empty. No labels at all always fit."""
    units = description.output.shape[-1] if description.output.shape else None
    if not answers.labels or answers.head not in (views.RECOGNISER, views.CLASSIFIER) or not units:
        return ""
    ctc = answers.head == views.RECOGNISER
    if ctc and labels_of.fitted(answers.labels, units, answers.blank) is not None:
        return ""
    return "" if len(answers.labels) == units else labels_of.why_not(answers.labels, units, ctc)


def _keep(name: str, answers: Answers) -> None:
    try:
        with st.spinner("Opening it with the answers"):
            visitor.answer(name, answers)
    except NetworkError as problem:
        st.error(plain(str(problem)), icon=":material/error:")
        return
    close()
    st.rerun()


def _forget(name: str) -> None:
    visitor.close(name)
    close()
    first = views.first()
    if first is not None:
        views.choose(first)
