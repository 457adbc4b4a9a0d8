"""CTC where it is easily wrong: the textbook case, ties, small figures, texts that cannot be, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explain import ctc

pytestmark = pytest.mark.filterwarnings("error")

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def test_best_path_and_beam_may_differ():
    p = np.array([[0.4, 0, 0.6], [0.4, 0, 0.6]])
    best = ctc.best_path(p)
    assert best.labels == () and best.spans == () and best.probability == pytest.approx(0.36)
    (first, value), (second, other) = ctc.beam_search(p)
    assert (
        (first, second) == ((0,), ())
        and math.exp(value) == pytest.approx(0.64)
        and math.exp(other) == pytest.approx(0.36)
    )


def test_ties_fall_the_same_way_every_time():
    p = np.full((4, 3), 1 / 3)
    assert ctc.best_path(p).path.tolist() == [0, 0, 0, 0]
    assert ctc.forced_alignment(p, (1,)).path.tolist() == [1, 2, 2, 2]
    assert [text for text, _ in ctc.beam_search(np.full((1, 3), 1 / 3), n=3)] == [(), (0,), (1,)]


def test_long_and_unlikely_texts_keep_their_figures():
    p = np.full((400, 63), 1 / 63)
    value = ctc.log_probability(p, [0] * 200)
    # 200 equal characters in 400 frames: 199 blanks between; one frame is to spare, for any of the 401 states.
    assert value == pytest.approx(math.log(401) - 400 * math.log(63))
    assert ctc.best_path(p).log_probability == pytest.approx(-400 * math.log(63))


@pytest.mark.parametrize(
    "labels, frames, sentence",
    [
        ((1, 2, 3), 3, None),
        ((1, 1), 3, None),
        ((), 1, None),
        (
            (1, 1),
            2,
            "The text needs at least 3 frames (2 characters and 1 blank between equal neighbours), "
            "and the network gives 2.",
        ),
        ((1, 2), 1, "The text needs at least 2 frames (2 characters), and the network gives 1."),
    ],
)
def test_a_text_that_cannot_fit_is_told_in_one_sentence(labels, frames, sentence):
    assert ctc.why_impossible(labels, frames) == sentence
    p = np.full((frames, 5), 0.2)
    assert (ctc.log_probability(p, labels) == -np.inf) == (sentence is not None)
    if sentence:
        for function in (ctc.forced_alignment, ctc.lattice):
            with pytest.raises(ValueError) as refused:
                function(p, labels)
            assert str(refused.value) == sentence


GOOD = np.full((4, 3), 1 / 3)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: ctc.best_path(GOOD * 2), "sum to 1"),
        (lambda: ctc.beam_search(GOOD * np.nan), "sum to 1"),
        (lambda: ctc.best_path(np.array([[1.5, -0.5]])), "at least 0"),
        (lambda: ctc.log_probability(GOOD[0], ()), r"\(frame, label\)"),
        (lambda: ctc.best_path(np.zeros((0, 3))), r"\(frame, label\)"),
        (lambda: ctc.best_path(GOOD, blank=3), "outside the alphabet"),
        (lambda: ctc.log_probability(GOOD, (3,)), "outside the alphabet"),
        (lambda: ctc.forced_alignment(GOOD, (-1,)), "outside the alphabet"),
        (lambda: ctc.lattice(GOOD, (2,)), "is the blank"),
        (lambda: ctc.beam_search(GOOD, beams=0), "at least one beam"),
        (lambda: ctc.n_best(GOOD, n=0), "at least one beam"),
        (lambda: ctc.text((62,), LETTERS), "outside the alphabet"),
        (lambda: ctc.labels_of("naïve é", LETTERS), "' ', 'é', 'ï'"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, says):
    with pytest.raises(ValueError, match=says) as refused:
        call()
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_text_and_labels_are_each_others_way_back():
    assert ctc.labels_of("aZ9", LETTERS) == (0, 51, 61)
    assert ctc.text(ctc.labels_of("Elephant386", LETTERS), LETTERS) == "Elephant386"
    assert ctc.text(ctc.labels_of("ab", [*LETTERS, ""]), [*LETTERS, ""]) == "ab"
