"""On the page itself: every term of a caption is marked where a part of the page uses it first."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from explain.panels.page import views
from explain.panels.words import glossary
from tests.explain.panels.views import opened, unmarked
from tests.walk.visitor import Visitor

MARK = re.compile(r"\[[^\]]+\]\((#term-[a-z-]+)\)")
ANCHORS = {entry.anchor: entry.term for entry in glossary.entries()}
COMPANION = "VGG16"  # what the view of the classifier that comes along is called


def captions(view: str) -> list[str]:
    """The captions of a whole page that has this view open, as Markdown, in the order in which they are drawn."""
    visitor = Visitor(view=view)
    assert not visitor.trouble
    return [part.value for part in visitor.caption]


def uses(text: str) -> Iterator[tuple[str, bool]]:
    """The terms of a caption in their order, and whether each is marked there."""
    place = 0
    for match in MARK.finditer(text):
        yield from ((entry.term, False) for entry in glossary.terms_in(text[place : match.start()]))
        yield ANCHORS[match[1]], True
        place = match.end()
    yield from ((entry.term, False) for entry in glossary.terms_in(text[place:]))


@pytest.mark.parametrize("view", [view.title or COMPANION for view in views.VIEWS])
def test_every_term_of_a_view_is_marked_where_it_is_used_first(view):
    known: set[str] = set()
    marked = 0
    for text in captions(view):
        for term, is_marked in uses(text):
            assert is_marked or term in known, f"{term} is used before it is explained: {unmarked(text)}"
            known.add(term)
            marked += is_marked
    assert {"layer", "channel", "frame", "blank", "CTC"} <= known and marked >= len(known)


def nested():
    import streamlit as st

    from explain.panels.page.guard import fragment
    from explain.panels.words.explained import caption

    @fragment
    def inner():
        st.button("again", key="again")
        caption("frame and blank")

    @fragment
    def outer():
        caption("a frame")
        inner()
        caption("blank, beam")

    outer()


def test_a_part_within_another_goes_on_from_it():
    shown = ["a [frame](#term-frame)", "frame and [blank](#term-blank)", "blank, [beam](#term-beam)"]
    test = opened(nested)
    assert [part.value for part in test.caption] == shown
    test.run()  # the whole again: nothing is known from the run before
    assert [part.value for part in test.caption] == shown
