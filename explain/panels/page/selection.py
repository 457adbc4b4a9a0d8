"""One character, one frame, in all views at once: what is chosen in one of them is chosen in all."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from explain.ctc.decoding import Span
from explain.panels.page import address


def choose_character(place: int, frame: int) -> None:
    """From a callback: the character of the reading at that place, and the frame where it begins."""
    _choose(str(place), str(frame))


def choose_frame(frame: int | None, spans: Sequence[Span]) -> None:
    """From a callback: a frame, and the character read there if there is one; None frees both."""
    if frame is None:
        _choose(None, None)
        return
    at = [place for place, span in enumerate(spans) if span.start <= frame < span.end]
    _choose(str(at[0]) if at else None, str(frame))


def _choose(character: str | None, frame: str | None) -> None:
    # A chart that is drawn anew tells its selection again: that must not make it draw once more.
    if (st.query_params.get("character"), st.query_params.get("frame")) == (character, frame):
        return
    address.note("character", character)
    address.note("frame", frame)
    address.tell_all()
