"""The deeper view *CTC in depth*: the lattice, what-if texts, the beam search frame by frame, and each character."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts import lattice
from explain.charts.theme import Inks
from explain.ctc import alternatives as ctc_alternatives
from explain.ctc import decoding as ctc_decoding
from explain.ctc.alphabet import Alphabet
from explain.ctc.alternatives import shown
from explain.panels.ctc import alternatives as alternatives_panel
from explain.panels.ctc import beam_search, small_example
from explain.panels.ctc import decoding as decoding_panel
from explain.panels.interventions import silence
from explain.panels.page import address, selection
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption

LONGEST = 64  # characters of a typed text that are looked at; no text that long fits the frames
SHOWS = {"Posterior": "posterior", "Forward": "forward", "Backward": "backward"}
SHOW_SAYS = {
    "posterior": "How sure it is that this frame reads this row, if the text is right; every column sums to 1.",
    "forward": "How probable everything up to this frame is, ending in this row. The colours count powers of ten, from "
    "1 (yellow) to 10⁻¹² (dark).",
    "backward": "How probable everything after this frame is, starting from this row. The colours count powers of ten, "
    "from 1 (yellow) to 10⁻¹² (dark).",
}

BARS = (
    "The bars below the lattice compare the best alignment of the reading with that of this text, frame by frame. "
    "Together they are the logarithm of how much likelier the reading's is."
)


@fragment
def show(word: Subject) -> None:
    """Draws the view for a word."""
    with st.container(key="small-example"):
        small_example.show()
    st.divider()
    st.markdown("**CTC in depth**")
    caption(
        "Type a text on the right to see why the network did not read it. A text can be spread over the "
        f"{len(word.probabilities)} frames in many ways, its alignments; its probability is the sum over all of them. "
        "A lattice shows them all at once. The beam search finds the likeliest text without trying them all."
    )
    characters = _characters(word.ran.digest, word)
    selected = _selected(characters)
    left, right = st.columns(2, gap="medium")
    with left:
        which = SHOWS[address.switch("Colours of both lattices", SHOWS, key="lattice", labelled=True)]
        _reading(word, which, selected)
    with right:
        _what_if(word, which)
    left, right = st.columns(2, gap="medium")
    with left:
        beam_search.show(word)
    with right:
        alternatives_panel.show(characters, selected, word.alphabet)
        silence.frames(word, [] if selected is None else range(*characters[selected].span), "depth")
        alternatives_panel.word_list(word)


@st.cache_resource(max_entries=16, show_spinner=False)
def _characters(digest: str, _word: Subject) -> tuple[ctc_alternatives.Character, ...]:
    return ctc_alternatives.characters(_word.probabilities, _word.best.labels, _word.description.blank)


def _selected(characters: tuple[ctc_alternatives.Character, ...]) -> int | None:
    """The character the address names; without one, that of which the network is least sure."""
    in_address = address.numbers("character", 1)
    if in_address and in_address[0] < len(characters):
        return in_address[0]
    return min(range(len(characters)), key=lambda place: characters[place].posterior, default=None)


def _lattice_chart(word: Subject, paths: ctc_decoding.Lattice, alignment: ctc_decoding.Alignment, **more) -> dict:
    return lattice.lattice(
        word.url,
        word.probabilities,
        paths,
        alignment,
        word.alphabet,
        word.frames,
        Inks.of(is_dark()),
        **more,
    )


def _reading(word: Subject, which: str, selected: int | None) -> None:
    """The lattice of what was read; a click on a row selects its character."""
    about = word.probabilities, word.best.labels, word.description.blank
    paths, alignment = ctc_decoding.lattice(*about), ctc_decoding.forced_alignment(*about)
    chart = _lattice_chart(word, paths, alignment, show=which, character=selected)

    def keep() -> None:
        points = st.session_state["ctc-lattice"]["selection"].get("character") or []
        if points and points[0].get("character", -1) >= 0:  # on a blank's row there is none
            place = int(points[0]["character"])
            selection.choose_character(place, word.best.spans[place].start)

    st.markdown(f"**The lattice of “{plain(word.text)}”** :gray[probability {shown(paths.log_probability)}]")
    st.vega_lite_chart(chart, width="stretch", on_select=keep, selection_mode="character", key="ctc-lattice")
    caption(
        f"Click a character to choose it. Rows are the characters with blanks (·) between, columns the frames. "
        f"{SHOW_SAYS[which]} White: the best alignment, probability {shown(alignment.log_probability)}; all together "
        f"have {shown(paths.log_probability)}."
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _other(digest: str, _word: Subject) -> str:
    """The likeliest text that was not read."""
    likeliest = ctc_decoding.n_best(_word.probabilities, decoding_panel.BEAMS, 2, _word.description.blank)
    other = next((text for text, _ in likeliest if text != _word.best.labels), ())
    return ctc_decoding.text(other, _word.description.labels)


def _typed(word: Subject) -> str:
    """A text of the reader's own; without one, the likeliest that was not read."""
    other = _other(word.ran.digest, word)
    typed = st.text_input(
        "What if it said …",
        key="what_if",
        bind="query-params",
        max_chars=LONGEST,
        placeholder=f"Type a text (below: “{other}”, the likeliest other one)",
    )
    return (typed or other)[:LONGEST]


@fragment
def _what_if(word: Subject, which: str) -> None:
    """Another text in the same lattice, and which frames speak against it."""
    probabilities, labels, blank = word.probabilities, word.description.labels, word.description.blank
    written = _typed(word)
    reason = ctc_alternatives.why_unreadable(written, labels, len(probabilities), blank)
    if reason is None:
        text = ctc_decoding.labels_of(written, labels, blank)
        try:
            held = ctc_alternatives.what_if(probabilities, text, word.best.labels, blank)
        except ValueError as problem:  # a probability that is zero in single precision
            reason = str(problem)
    if reason:
        st.markdown("**Why not?**")
        st.warning(plain(reason), icon=":material/info:")
        return
    st.markdown(
        f"**Why not “{plain(written)}”?** :gray[probability {shown(held.log_probability)}, {_times(held.log_ratio)}]"
    )
    caption(against(held, probabilities, word.alphabet))
    chart = _lattice_chart(word, held.lattice, held.alignment, show=which, against=held.against, other=held.read)
    st.vega_lite_chart(chart, width="stretch", key="ctc-what-if")
    caption("All alignments of this text, as if it were the right one.", more=BARS)


def _times(log_ratio: float) -> str:
    """How likely a text is against the reading, in words."""
    if abs(log_ratio) < 1e-6:
        return "exactly as likely as the reading"
    if log_ratio > 0:
        return f"{np.exp(log_ratio):.3g} times as likely as the reading"
    return f"{shown(log_ratio)} times the reading's"


def against(held: ctc_alternatives.WhatIf, probabilities: np.ndarray, alphabet: Alphabet) -> str:
    """One or two sentences on the frames that speak against a text."""
    if not held.against.any():
        return "This is what was read: no frame speaks against it."
    frames = held.strongest()
    if not frames:
        return "No frame speaks clearly against this text: its best alignment is about as likely as the reading's."
    parts = []
    for t in frames:
        read, needed = int(held.read.path[t]), int(held.alignment.path[t])
        parts.append(
            f"frame {t} says {plain(alphabet.name(read))} ({shown(np.log(probabilities[t, read]))}) where this text "
            f"needs {plain(alphabet.name(needed))} ({shown(np.log(probabilities[t, needed]))})"
        )
    return f"Most against it: {'; '.join(parts)}."
