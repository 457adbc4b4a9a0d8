"""Panel 2, *CTC decoding*: the softmax over the frames, the best path, its collapse, and the likeliest texts."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts import ctc
from explain.charts.theme import Inks
from explain.ctc import alternatives, decoding
from explain.ctc.alphabet import SPACE_MARK, Alphabet
from explain.ctc.detours import detour
from explain.panels.ctc import believed
from explain.panels.interventions import silence
from explain.panels.page import address, selection
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.panels.page.wording import network_badge, plain
from explain.panels.words.explained import caption

BEAMS, SHOWN = 25, 3
FRAME_SEES = "What is framed are the columns that its convolutions see; the {behind} let it know the rest of the word."


@fragment
def show(word: Subject) -> None:
    """Draws the panel for a word."""
    digest, probabilities, best = word.ran.digest, word.probabilities, word.best
    st.markdown(f"**CTC decoding** {believed.title(word)} {network_badge(word.description.called)}")
    believed.line(word)
    caption(
        f"{len(probabilities)} frames (columns) from left to right, each a guess at a character or at “nothing new” "
        "(blank). CTC, connectionist temporal classification, reads them: repeats merge, blanks fall away. "
        "Rows: blank, the characters that are read, and in grey those that came closest."
    )
    in_address = address.numbers("frame", 1)
    frame = in_address[0] if in_address and in_address[0] < len(probabilities) else None
    frames, texts = _charts(digest, is_dark(), frame, word)

    def keep() -> None:
        points = st.session_state["ctc"]["selection"].get("frame") or []
        selection.choose_frame(int(points[0]["frame"]) if points else None, best.spans)

    st.vega_lite_chart(frames, width="stretch", on_select=keep, selection_mode="frame", key="ctc")
    st.vega_lite_chart(texts, width="stretch", key="texts")
    silence.frames(word, [] if frame is None else [frame], "decoding")
    more = FRAME_SEES.format(behind="recurrent layers" if word.description.of_kind("lstm") else "layers behind them")
    caption(summary(probabilities, best, word.text, word.alphabet), more=more)
    if not word.description.head.stated:
        caption("Nobody has said what the labels are: each stands here by its number. Say them under *Answers*.")


# Nine tenths of the time that the whole page takes when it runs again, as it does for another deeper view.
@st.cache_resource(max_entries=16, show_spinner=False)
def _charts(digest: str, dark: bool, frame: int | None, _word: Subject) -> tuple[dict, dict]:
    """The chart of the frames and that of the likeliest texts; some 300 KB together."""
    inks = Inks.of(dark)
    frames = ctc.ctc(_word.url, _word.probabilities, _word.best, _word.alphabet, _word.frames, inks, frame)
    return frames, ctc.texts(candidates(digest, _word), inks)


@st.cache_resource(max_entries=16, show_spinner=False)
def candidates(digest: str, _word: Subject) -> list[tuple[str, float]]:
    """The likeliest texts from a beam search, each with its exact probability (forward algorithm), best first."""
    description = _word.description
    best = decoding.n_best(_word.probabilities, BEAMS, SHOWN, description.blank)
    return [(_seen(decoding.text(labels, description.labels)), float(np.exp(value))) for labels, value in best]


def _seen(text: str) -> str:
    """A text whose spaces at either end can be seen: else two texts might look the same."""
    inner = text.strip(" ")
    before, after = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    return f"{SPACE_MARK * before}{inner}{SPACE_MARK * after if inner else ''}"


def summary(probabilities: np.ndarray, best: decoding.BestPath, text: str, alphabet: Alphabet) -> str:
    """How the best path and the text it reads as differ in probability."""
    if not best.labels:
        return "Every frame says blank: the network reads nothing here."
    whole = decoding.probability(probabilities, best.labels, alphabet.blank)
    return (
        f"**{whole:.3f}** is the probability of “{plain(text)}”: the sum over all paths that read as this text. The "
        f"best path, the likeliest label of every frame, has {best.probability:.3f} of it"
        f"{_for_one(probabilities, best, alphabet)}. Click a frame to see where in the picture it looks."
    )


def _for_one(probabilities: np.ndarray, best: decoding.BestPath, alphabet: Alphabet) -> str:
    """Another path of the same text, as the end of a sentence; empty where there is none."""
    other = detour(probabilities, best.path, alphabet.blank)
    if other is None:
        return ""
    said, instead = (plain(alphabet.name(label)) for label in (int(best.path[other.frame]), other.label))
    shown = alternatives.shown(float(np.log(other.probability))) if other.probability else "next to nothing"
    return f"; with {instead} instead of {said} at frame {other.frame} it reads the same and has {shown}"
