"""Panel 2, *CTC decoding*: the softmax over 31 frames, the best path, its collapse, and the likeliest texts."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.charts import ctc
from explain.charts.theme import Inks
from explain.ctc import decoding
from explain.layers.receptive_field import receptive_field
from explain.panels.inputs.word import Word
from explain.panels.page import address, resources, selection
from explain.panels.page.theme import is_dark
from explain.pictures import images
from models import crnn

BEAMS, SHOWN = 25, 3


@st.fragment
def show(word: Word) -> None:
    """Draws the panel for a word."""
    ran = resources.run("crnn", word.batch)
    probabilities = ran.values["outputs"]
    best = decoding.best_path(probabilities)
    st.markdown(f"**CTC decoding** :gray[reads] **{decoding.text(best.labels, crnn.LABELS) or 'nothing'}**")
    st.caption(
        "31 frames (columns) from left to right, each a guess at a character or at “nothing new” (blank). CTC, "
        "connectionist temporal classification, reads them: repeats merge, blanks fall away."
    )
    kept = address.numbers("frame", 1)
    frame = kept[0] if kept and kept[0] < len(probabilities) else None
    frames, texts = _charts(ran.digest, is_dark(), frame, word, probabilities)

    def keep() -> None:
        points = st.session_state["ctc"]["selection"].get("frame") or []
        selection.choose_frame(int(points[0]["frame"]) if points else None, best.spans)

    st.vega_lite_chart(frames, width="stretch", on_select=keep, selection_mode="frame", key="ctc")
    st.vega_lite_chart(texts, width="stretch", key="texts")
    st.caption(caption(probabilities, best))


# Nine tenths of the time that the whole page takes when it runs again, as it does for another deeper view.
@st.cache_resource(max_entries=16, show_spinner=False)
def _charts(digest: str, dark: bool, frame: int | None, _word: Word, _probabilities: np.ndarray) -> tuple[dict, dict]:
    """The chart of the frames and that of the likeliest texts; some 300 KB together."""
    inks = Inks.of(dark)
    frames = ctc.ctc(
        images.data_url(images.enlarge(_word.seen, 6)),
        _probabilities,
        decoding.best_path(_probabilities),
        crnn.LABELS,
        seen_columns(),
        crnn.WIDTH,
        inks,
        frame,
    )
    return frames, ctc.texts(candidates(_probabilities), inks)


def seen_columns() -> list[tuple[int, int]]:
    """The input columns, first and last, that each frame's convolutions see; they may lie outside the picture."""
    field = receptive_field(crnn.CARD, "squeezed")
    boxes = [field.box(0, frame) for frame in range(crnn.FRAMES)]
    return [(left, right - 1) for _, left, _, right in boxes]


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
