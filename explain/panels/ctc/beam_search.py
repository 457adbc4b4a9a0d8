"""A part of *CTC in depth*: the prefix beam search, frame by frame."""

from __future__ import annotations

import numpy as np
import streamlit as st

from explain.ctc import decoding as ctc_decoding
from explain.ctc.alphabet import Alphabet
from explain.panels.components import component
from explain.panels.page import address
from explain.panels.page.guard import fragment
from explain.panels.page.subject import Subject
from explain.panels.words.explained import caption

WIDTHS = ("25", "10", "3")
ROWS = 10
# The smallest case in which the best path and the likeliest text differ: a with 0.4 twice, blank with 0.6 twice.
TEXTBOOK = np.array([[0.4, 0.6], [0.4, 0.6]])
TEXTBOOK_ALPHABET = Alphabet(("a", ""), blank=1)
BEAM_OF = ("This word", "Textbook case")


@fragment
def show(word: Subject) -> None:
    """The beam search as a film: every step is worked out here, the browser only turns the pages."""
    st.markdown("**Beam search, frame by frame**")
    of, width = st.columns([1, 1], vertical_alignment="center")
    with of:
        case = address.switch("Searched", BEAM_OF, key="beam_of", labelled=True)
    with width:
        beams = int(address.switch("Prefixes kept", WIDTHS, key="beams", labelled=True))
    textbook = case == BEAM_OF[1]
    digest = "textbook" if textbook else word.ran.digest
    p = TEXTBOOK if textbook else word.probabilities
    alphabet = TEXTBOOK_ALPHABET if textbook else word.alphabet
    in_address = address.numbers("beam_frame", 1) or (None if textbook else address.numbers("frame", 1))
    steps = _steps(digest, beams, p, alphabet)
    frame, near = (len(p) - 1, 0.0) if textbook else closest(steps)
    chosen = in_address is not None and in_address[0] < len(p)

    def keep() -> None:
        frame = st.session_state["ctc-beams"].get("frame")
        address.note("beam_frame", None if frame is None else str(int(frame)))

    component(
        "beam_search",
        key="ctc-beams",
        data={
            "id": f"{case} {digest} {beams}",
            "src": None if textbook else word.url,
            "width": word.width,
            "seen": word.frames.within,
            "frame": in_address[0] if chosen else frame,
            "shown": ROWS,
            "widest": beams,
            "says": says(p, alphabet),
            "steps": steps,
        },
        on_frame_change=keep,
    )
    begins = "" if chosen or textbook or not near else BEGINS.format(frame=frame, near=near)
    caption(textbook_says(p) if textbook else f"{begins}{BEAM_SAYS.format(beams=beams)}")


BEGINS = (
    "It opens at frame {frame}, where the decision is closest: the second beginning of a text is {near:.2g} times as "
    "likely as the first. Press Play or drag the slider. "
)
BEAM_SAYS = (
    "A prefix is a beginning of the text. At every frame each one stays as it is, or grows by one character. Two ways "
    "to the same prefix are merged, their probabilities added. Only the {beams} likeliest live on."
)


def closest(steps: list[dict]) -> tuple[int, float]:
    """The frame after which the second-likeliest prefix comes closest to the likeliest, and how many times as likely it
    is; the last frame, and 0, where one prefix alone ever lives."""
    alive = [[ended + open_ for _, ended, open_, *_ in step["living"][:2]] for step in steps]
    ratios = [both[1] / both[0] if len(both) > 1 and both[0] else 0.0 for both in alive]  # 0: too small for its number
    frame = max(range(len(ratios)), key=ratios.__getitem__)
    return (frame, ratios[frame]) if ratios[frame] else (len(steps) - 1, 0.0)


def textbook_says(p: np.ndarray) -> str:
    """Why best path and beam search differ on the textbook case."""
    best = ctc_decoding.best_path(p)
    (text, value), *_ = ctc_decoding.beam_search(p)
    return (
        f"Two frames, each a with {p[0, 0]:.1f} and blank with {p[0, 1]:.1f}. The best path is blank, blank "
        f"({best.probability:.2f}) and reads nothing; but a-blank, blank-a and a-a all read “{'a' * len(text)}”, "
        f"together {np.exp(value):.2f}: the likeliest path is not the likeliest text."
    )


def says(p: np.ndarray, alphabet: Alphabet) -> list[str]:
    """For every frame its two likeliest labels."""
    best = np.argsort(-p, axis=1, kind="stable")[:, :2]
    return ["softmax: " + ", ".join(f"{alphabet.name(k)} {p[t, k]:.3f}" for k in row) for t, row in enumerate(best)]


@st.cache_resource(max_entries=24, show_spinner=False)
def _steps(digest: str, beams: int, _probabilities: np.ndarray, _alphabet: Alphabet) -> list[dict]:
    """The record of the search as the browser wants it: texts and probabilities instead of labels and logarithms."""

    def rounded(value: float) -> float:
        return float(f"{np.exp(value):.4g}")

    return [
        {
            "living": [
                [
                    ctc_decoding.text(living.prefix, _alphabet.labels),
                    *map(rounded, (living.blank, living.label, living.stayed, living.extended)),
                    living.fate,
                ]
                for living in step.living
            ],
            "dropped": [
                [ctc_decoding.text(gone.prefix, _alphabet.labels), rounded(gone.log_probability), gone.lived]
                for gone in step.dropped[:8]
            ],
            "drops": step.drops,
            "lost": rounded(step.log_lost),
        }
        for step in ctc_decoding.beam_record(_probabilities, beams, _alphabet.blank)
    ]
