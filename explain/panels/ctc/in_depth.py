"""The deeper view *CTC in depth*: the lattice, what-if texts, the beam search frame by frame, and each character."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts import lattice
from explain.charts.theme import Inks
from explain.ctc import alternatives as ctc_alternatives
from explain.ctc import decoding as ctc_decoding
from explain.ctc.alphabet import BLANK_NAME
from explain.ctc.alternatives import shown
from explain.panels.ctc import alternatives as alternatives_panel
from explain.panels.ctc import beam_search
from explain.panels.ctc import decoding as decoding_panel
from explain.panels.page import address, selection
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.pictures import images
from models import crnn

LONGEST = 64  # characters of a typed text that are looked at; no text that long fits the frames
SHOWS = {"Posterior": "posterior", "Forward": "forward", "Backward": "backward"}
SHOW_SAYS = {
    "posterior": "How sure it is that this frame reads this row, if the text is right; every column sums to 1.",
    "forward": "How probable everything up to this frame is, ending in this row. The colours count powers of ten, from "
    "1 (yellow) to 10⁻¹² (dark).",
    "backward": "How probable everything after this frame is, starting from this row. The colours count powers of ten, "
    "from 1 (yellow) to 10⁻¹² (dark).",
}


@st.fragment
def show(word: Subject) -> None:
    """Draws the view for a word."""
    ran = word.ran
    probabilities = ran.values["outputs"]
    read = ctc_decoding.best_path(probabilities).labels
    st.markdown("**CTC in depth**")
    st.caption(
        "The network says for each of 31 frames how likely every character is, and how likely “nothing new” (blank). "
        "One text can be spread over the frames in many ways, its alignments; its probability is the sum over all of "
        "them. The first lattice holds all alignments of what was read, the second those of any text you type; "
        "the beam search finds the likeliest text without trying them all."
    )
    found = ctc_alternatives.characters(probabilities, read)
    chosen = _chosen(found)
    left, right = st.columns(2, gap="medium")
    with left:
        which = SHOWS[address.switch("Colours of both lattices", SHOWS, key="lattice", labelled=True)]
        _reading(word, probabilities, read, which, chosen)
    with right:
        _what_if(word, probabilities, read, which)
    left, right = st.columns(2, gap="medium")
    with left:
        beam_search.show(word, ran.digest, probabilities)
    with right:
        alternatives_panel.show(found, chosen)
        alternatives_panel.word_list(ran.digest, probabilities)


def _write(labels: ctc_decoding.Text) -> str:
    return ctc_decoding.text(labels, crnn.LABELS)


def _name(label: int) -> str:
    return BLANK_NAME if label == crnn.BLANK else crnn.LABELS[label]


def _chosen(found: tuple[ctc_alternatives.Character, ...]) -> int | None:
    """The character the address names; without one, that of which the network is least sure."""
    kept = address.numbers("character", 1)
    if kept and kept[0] < len(found):
        return kept[0]
    return min(range(len(found)), key=lambda place: found[place].posterior, default=None)


def _lattice_chart(
    word: Subject, probabilities: np.ndarray, found: ctc_decoding.Lattice, alignment: ctc_decoding.Alignment, **more
) -> dict:
    return lattice.lattice(
        images.data_url(images.enlarge(word.seen, 6)),
        probabilities,
        found,
        alignment,
        word.alphabet,
        word.frames,
        Inks.of(is_dark()),
        **more,
    )


def _reading(word: Subject, probabilities: np.ndarray, read: ctc_decoding.Text, which: str, chosen: int | None) -> None:
    """The lattice of what was read; a click on a row chooses its character."""
    found, alignment = ctc_decoding.lattice(probabilities, read), ctc_decoding.forced_alignment(probabilities, read)
    chart = _lattice_chart(word, probabilities, found, alignment, show=which, character=chosen)

    def keep() -> None:
        points = st.session_state["ctc-lattice"]["selection"].get("character") or []
        if points and points[0].get("character", -1) >= 0:  # on a blank's row there is none
            place = int(points[0]["character"])
            selection.choose_character(place, ctc_decoding.best_path(probabilities).spans[place].start)

    st.markdown(f"**The lattice of “{_write(read)}”** :gray[probability {shown(found.log_probability)}]")
    st.vega_lite_chart(chart, width="stretch", on_select=keep, selection_mode="character", key="ctc-lattice")
    st.caption(
        f"Rows: the characters with blanks (·) between; columns: the frames, under the part of the picture they stand "
        f"for. {SHOW_SAYS[which]} White: the best alignment, probability {shown(alignment.log_probability)}; all "
        f"together {shown(found.log_probability)}. Click a character to choose it."
    )


def _typed(probabilities: np.ndarray, read: ctc_decoding.Text) -> str:
    """A text of the reader's own; without one, the likeliest that was not read."""
    best = ctc_decoding.n_best(probabilities, decoding_panel.BEAMS, 2)
    other = _write(next((text for text, _ in best if text != read), ()))
    typed = st.text_input(
        "What if it said …",
        key="what_if",
        bind="query-params",
        max_chars=LONGEST,
        placeholder=f"Type a text (below: “{other}”, the likeliest other one)",
    )
    return (typed or other)[:LONGEST]


@st.fragment
def _what_if(word: Subject, probabilities: np.ndarray, read: ctc_decoding.Text, which: str) -> None:
    """Another text in the same lattice, and which frames speak against it."""
    written = _typed(probabilities, read)
    reason = ctc_alternatives.why_unreadable(written, crnn.LABELS, len(probabilities))
    if reason is None:
        labels = ctc_decoding.labels_of(written, crnn.LABELS)
        try:
            held = ctc_alternatives.what_if(probabilities, labels, read)
        except ValueError as problem:  # a probability that is zero in single precision
            reason = str(problem)
    if reason:
        st.markdown("**Why not?**")
        st.warning(reason, icon=":material/info:")
        return
    st.markdown(f"**Why not “{written}”?** :gray[probability {shown(held.log_probability)}, {_times(held.log_ratio)}]")
    chart = _lattice_chart(
        word, probabilities, held.lattice, held.alignment, show=which, against=held.against, other=held.read
    )
    st.vega_lite_chart(chart, width="stretch", key="ctc-what-if")
    st.caption(f"All alignments of this text, as if it were the right one. {against(held, probabilities)}")


def _times(log_ratio: float) -> str:
    """How likely a text is against the reading, in words."""
    if abs(log_ratio) < 1e-6:
        return "exactly as likely as the reading"
    if log_ratio > 0:
        return f"{np.exp(log_ratio):.3g} times as likely as the reading"
    return f"{shown(log_ratio)} times the reading's"


def against(held: ctc_alternatives.WhatIf, probabilities: np.ndarray) -> str:
    """One or two sentences on the frames that speak against a text."""
    if not held.against.any():
        return "This is what was read: no frame speaks against it."
    frames = held.strongest()
    if not frames:
        return "No frame speaks clearly against this text: its best alignment is about as likely as the reading's."
    told = []
    for t in frames:
        read, needed = int(held.read.path[t]), int(held.alignment.path[t])
        told.append(
            f"frame {t} says {_name(read)} ({shown(np.log(probabilities[t, read]))}) where this text needs "
            f"{_name(needed)} ({shown(np.log(probabilities[t, needed]))})"
        )
    return (
        f"Most against it: {'; '.join(told)}. Bars compare the best alignment of the reading with that of this "
        "text, frame by frame; together they are the logarithm of how much likelier the reading's is."
    )
