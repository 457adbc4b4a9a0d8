"""What is said beside a reading: the most important first, and nothing that nobody has measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explain.network.description import describe
from explain.network.head import Head
from explain.trust import wording
from explain.trust.trust import Caveat, Trust
from models import crnn
from models.prepared import Prepared

READER = describe(crnn.CARD)
NOT_A_WORD, SQUEEZED = Caveat("not-a-word", "It looks like no word."), Caveat("squeezed", "It was squeezed.")
UNSURE = Caveat("unsure", "Of such readings 40 in 100 are right.")
KNOWN = "It knows 62 characters: a-z, A-Z and 0-9; no spaces, accents, punctuation or signs such as $."


def ready(**changes) -> Prepared:
    return replace(Prepared(np.zeros((1, 2, 3, 1)), Image.new("L", (30, 20)), (0, 0, 30, 20)), **changes)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (tuple(crnn.LABELS), KNOWN),
        (tuple("0123456789"), "It knows 10 characters: 0-9; no spaces, accents, punctuation or signs such as $."),
        (("x",), "It knows 1 character: x; no spaces, accents, punctuation or signs such as $."),
        ((*"abc", " ", "é"), "It knows 5 characters: a-c, space and é; no punctuation or signs such as $."),
        ((*"abc$.", "ä", " "), "It knows 7 characters: a-c, $, ., ä and space."),
        (
            tuple(chr(0x4E00 + 2 * number) for number in range(6624)),
            "It knows 6,624 characters; no spaces, accents, punctuation or signs such as $.",
        ),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_a_network_can_read_at_all(labels, said, first):
    """first: whether the blank stands before the labels or behind them; it is never one of the characters."""
    entries, blank = (("", *labels), 0) if first else ((*labels, "-"), len(labels))
    assert wording.known(replace(READER, head=Head("ctc", entries, blank))) == said


def test_where_nobody_has_said_the_labels_nothing_is_said_of_them():
    assert wording.known(replace(READER, head=Head("ctc", ("", "[1]", "[2]"), 0, stated=False))) == ""


def test_what_is_wrong_comes_before_what_is_right_and_before_what_the_network_knows():
    trust = Trust(right=0.971, caveats=(SQUEEZED,))
    prepared = ready(kept=(0, 5, 30, 20), direction=(1.0, -1.0, 0.0))
    assert wording.sentences(trust, prepared, READER) == (
        "It was squeezed.",
        "An empty margin was left out.",
        "Grey loses the word, so a mix of colours that keeps it was read.",
        "Of readings like this, 97 in 100 are right.",
        KNOWN,
    )
    assert wording.sentences(Trust(), ready()) == ()


@pytest.mark.parametrize(
    ("trust", "said"),
    [
        (Trust(), ""),
        (Trust(right=0.9), "Of readings like this, 90 in 100 are right."),
        (Trust(right=0.999), "Of readings like this, more than 99 in 100 are right."),
        (Trust(right=0.4, caveats=(UNSURE,)), ""),  # it says so itself
        (Trust(right=0.8, caveats=(Caveat("share", "80 in 100."),)), ""),  # and so does it
        (Trust(right=0.9, caveats=(NOT_A_WORD,)), ""),  # words were measured, and this is none
        (Trust(right=0.9, caveats=(SQUEEZED,)), "Of readings like this, 90 in 100 are right."),
    ],
)
def test_how_many_are_right_is_said_where_that_was_measured_and_says_something(trust, said):
    assert wording.measured(trust) == said


@pytest.mark.parametrize(
    ("trust", "is_said"),
    [
        (Trust(right=0.97), True),
        (Trust(right=0.4, caveats=(UNSURE,)), True),
        (Trust(caveats=(UNSURE,)), False),  # of a network that nobody has measured
        (Trust(right=0.9, caveats=(NOT_A_WORD,)), False),
    ],
)
def test_what_is_like_this_is_said_where_a_share_is(trust, is_said):
    assert wording.like_this(trust) == (wording.LIKE_THIS if is_said else "")


def test_the_mark_names_the_first_reason():
    marked = wording.not_believed(Trust(caveats=(NOT_A_WORD, SQUEEZED)))
    assert marked == "Not to be believed: It looks like no word."
    assert wording.not_believed(Trust(caveats=(SQUEEZED, UNSURE))) == "" == wording.not_believed(Trust())
