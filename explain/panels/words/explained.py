"""Captions whose terms explain themselves: each is marked where a part of the page uses it first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from explain.panels.words import glossary

BEFORE = "terms-before-"  # in the session, with a part's name: the terms that were marked when it began
_known: ContextVar[frozenset[str] | None] = ContextVar("terms that this part of the page has marked", default=None)


@contextmanager
def part(name: str) -> Iterator[None]:
    """A part of the page that runs anew by itself: in it each term is marked once.

    A part within another goes on from there, and when it runs again alone it begins with what was known before.
    """
    key, around = BEFORE + name, _known.get()
    begun = st.session_state.get(key, frozenset()) if around is None else around
    st.session_state[key] = begun
    token = _known.set(begun)
    try:
        yield
    finally:
        after = _known.get()
        _known.reset(token)
        if around is not None:
            _known.set(after)


def explained(text: str) -> str:
    """The text, in Markdown, with each term marked that this part of the page uses for the first time."""
    written, known = glossary.marked(text, _known.get() or ())
    if _known.get() is not None:
        _known.set(known)
    return written


def caption(text: str, place: Any = st, more: str | None = None, **how) -> None:
    """Draws a caption whose terms explain themselves.

    place: the container that it stands in. more: what only an expert wants to know, behind a question mark.
    """
    place.caption(explained(text), help=more and explained(more), **how)
