"""Panel 2, *CTC decoding*: the softmax over 31 frames, the best path, its collapse, and the likeliest texts."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts import ctc
from explain.charts.theme import Inks
from explain.ctc import decoding
from explain.panels.page import address, selection
from explain.panels.page.subject import Subject
from explain.panels.page.theme import is_dark
from explain.pictures import images
from models import crnn

BEAMS, SHOWN = 25, 3


@st.fragment
def show(word: Subject) -> None:
    """Draws the panel for a word."""
    probabilities = word.ran.values["outputs"]
    best = decoding.best_path(probabilities)
    st.markdown(f"**CTC decoding** :gray[reads] **{decoding.text(best.labels, crnn.LABELS) or 'nothing'}**")
    st.caption(
        "31 frames (columns) from left to right, each a guess at a character or at “nothing new” (blank). CTC, "
        "connectionist temporal classification, reads them: repeats merge, blanks fall away."
    )
    kept = address.numbers("frame", 1)
    frame = kept[0] if kept and kept[0] < len(probabilities) else None
    chart = ctc.ctc(
        images.data_url(images.enlarge(word.seen, 6)),
        probabilities,
        best,
        word.alphabet,
        word.frames,
        Inks.of(is_dark()),
        frame,
    )

    def keep() -> None:
        points = st.session_state["ctc"]["selection"].get("frame") or []
        selection.choose_frame(int(points[0]["frame"]) if points else None, best.spans)

    st.vega_lite_chart(chart, width="stretch", on_select=keep, selection_mode="frame", key="ctc")
    st.vega_lite_chart(ctc.texts(candidates(probabilities), Inks.of(is_dark())), width="stretch", key="texts")
    st.caption(caption(probabilities, best))


def candidates(probabilities: np.ndarray) -> list[tuple[str, float]]:
    """The likeliest texts from a beam search, each with its exact probability (forward algorithm), best first."""
    best = decoding.n_best(probabilities, BEAMS, SHOWN)
    return [(decoding.text(labels, crnn.LABELS), float(np.exp(log_probability))) for labels, log_probability in best]


def caption(probabilities: np.ndarray, best: decoding.BestPath) -> str:
    """One sentence on how the best path and the text it reads as differ in probability."""
    if not best.labels:
        return "Every frame says blank: the network reads nothing here."
    text = decoding.text(best.labels, crnn.LABELS)
    whole = float(np.exp(decoding.log_probability(probabilities, best.labels)))
    return (
        f"The likeliest label of every frame makes one path, with probability {best.probability:.3f}; all paths that "
        f"read as “{text}” together have {whole:.3f}. Click a frame to see the columns that its convolutions see; the "
        "recurrent layers let it know the rest of the word."
    )
