"""A part of *CTC in depth*: each character with its strongest rival, and a word list as constraint."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st

from explain.charts import ctc
from explain.charts.theme import Inks
from explain.ctc import alternatives
from explain.ctc.alphabet import Alphabet
from explain.ctc.alternatives import shown
from explain.panels.page import selection
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import plain
from explain.panels.words.explained import caption
from explain.pictures.notation import ordinal

LIST_BYTES, LIST_WORDS = 2_000_000, 200_000


def show(characters: tuple[alternatives.Character, ...], selected: int | None, alphabet: Alphabet) -> None:
    """Each character: its frames, how sure it is, its strongest rival; in words for the selected one."""
    st.markdown("**Each character**")
    if selected is None:
        caption("Every frame says blank: there is no character to look at.")
        return
    with st.container(horizontal=True, gap="small"):
        for place, character in enumerate(characters):
            st.button(
                plain(alphabet.mark(character.label)),
                key=f"character-{place}",
                type="primary" if place == selected else "secondary",
                on_click=selection.choose_character,
                args=(place, character.span[0]),
            )
    st.markdown(sentence(characters[selected], selected, alphabet))
    lines = ["| | frames | sure of it | strongest rival | rival's text against this one |", "|---|---|---|---|---|"]
    for place, character in enumerate(characters):
        bold = "**" if place == selected else ""
        cells = [
            plain(alphabet.mark(character.label)),
            _frames(character),
            f"{character.posterior:.4f}",
            "none" if character.rival is None else plain(alphabet.mark(character.rival)),
            shown(character.log_ratio),
        ]
        lines.append("| " + " | ".join(f"{bold}{cell}{bold}" for cell in cells) + " |")
    st.markdown("\n".join(lines))
    caption(
        "Click a character to look at it. “Sure” says what the network would rather read there, not whether it is "
        "right.",
        more="Exact, over all alignments: the text's probability as a share of that of all "
        f"{len(alphabet.labels) - 1:,} texts with this one character replaced.",
    )


def _frames(character: alternatives.Character) -> str:
    first, last = character.span[0], character.span[1] - 1
    return str(first) if first == last else f"{first} to {last}"


def sentence(character: alternatives.Character, place: int, alphabet: Alphabet) -> str:
    """One character's standing in words."""
    letter = plain(alphabet.mark(character.label))
    where = f"The {ordinal(place)} character, **{letter}**, is read at frame"
    where += f"{'s' * (character.span[1] - character.span[0] > 1)} {_frames(character)}. With the rest of the text as "
    where += f"it is, the network is {character.posterior:.1%} sure of it."
    if character.rival is None:
        return where + " No other character is possible at all."
    rival = plain(alphabet.mark(character.rival))
    if character.log_ratio > 0:
        return where + f" In fact **{rival}** would make a likelier text, {np.exp(character.log_ratio):.2f} times."
    return where + f" Its strongest rival is **{rival}**: that text is {shown(character.log_ratio)} times as likely."


@fragment
def word_list(word: Subject) -> None:
    """An optional list of words that alone are allowed, each scored exactly."""
    with st.expander("Allow only the words of a list", expanded=bool(st.query_params.get("words"))):
        typed = st.text_input(
            "Words",
            key="words",
            bind="query-params",
            max_chars=2000,
            placeholder="words with spaces between",
            label_visibility="collapsed",
        )
        file = st.file_uploader("or a text file", type=["txt"], key="word-list")
        words = tuple(re.split(r"[\s,;]+", typed or ""))
        if file is not None:
            if file.size > LIST_BYTES:
                st.warning("The list is larger than 2 MB; upload a shorter one.", icon=":material/info:")
            else:
                words += tuple(file.getvalue().decode("utf-8", "replace").split())[:LIST_WORDS]
        words = tuple(filter(None, words))
        if not words:
            caption("Every word of the list is scored by the forward algorithm; the likeliest is the reading.")
            return
        scores = _scored(word.ran.digest, words, word)
        if not scores.words:
            st.warning("No word of the list can be read: other characters, or too long.", icon=":material/info:")
            return
        bars = [(scored.word, scored.share) for scored in scores.words]
        st.vega_lite_chart(ctc.texts(bars, Inks.of(is_dark())), width="stretch", key="ctc-word-list")
        best = scores.words[0]
        left_out = f"; {scores.left_out} can't be read and are left out" if scores.left_out else ""
        caption(
            f"Share of the probability of all {scores.scored} words{left_out}. “{plain(best.word)}” itself has "
            f"probability {shown(best.log_probability)} without the list."
        )


@st.cache_resource(max_entries=8, show_spinner="Scoring every word of the list …")
def _scored(digest: str, words: tuple[str, ...], _word: Subject) -> alternatives.Constrained:
    network = _word.description
    return alternatives.constrained(_word.probabilities, words, network.labels, blank=network.blank)
