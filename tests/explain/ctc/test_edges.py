"""CTC where it is easily wrong: the textbook case, ties, small figures, texts that cannot be, bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explain.ctc import decoding

pytestmark = pytest.mark.filterwarnings("error")

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def test_best_path_and_beam_may_differ():
    p = np.array([[0.4, 0, 0.6], [0.4, 0, 0.6]])
    best = decoding.best_path(p)
    assert best.labels == () and best.spans == () and best.probability == pytest.approx(0.36)
    (first, value), (second, other) = decoding.beam_search(p)
    assert (
        (first, second) == ((0,), ())
        and math.exp(value) == pytest.approx(0.64)
        and math.exp(other) == pytest.approx(0.36)
    )


def test_ties_fall_the_same_way_every_time():
    p = np.full((4, 3), 1 / 3)
    assert decoding.best_path(p).path.tolist() == [0, 0, 0, 0]
    assert decoding.forced_alignment(p, (1,)).path.tolist() == [1, 2, 2, 2]
    assert [text for text, _ in decoding.beam_search(np.full((1, 3), 1 / 3), n=3)] == [(), (0,), (1,)]


def test_long_and_unlikely_texts_keep_their_figures():
    p = np.full((400, 63), 1 / 63)
    value = decoding.log_probability(p, [0] * 200)
    # 200 equal characters in 400 frames: 199 blanks between; one frame is to spare, for any of the 401 states.
    assert value == pytest.approx(math.log(401) - 400 * math.log(63))
    assert decoding.best_path(p).log_probability == pytest.approx(-400 * math.log(63))


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
    assert decoding.why_impossible(labels, frames) == sentence
    p = np.full((frames, 5), 0.2)
    assert (decoding.log_probability(p, labels) == -np.inf) == (sentence is not None)
    if sentence:
        for function in (decoding.forced_alignment, decoding.lattice):
            with pytest.raises(ValueError) as refused:
                function(p, labels)
            assert str(refused.value) == sentence


GOOD = np.full((4, 3), 1 / 3)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: decoding.best_path(GOOD * 2), "sum to 1"),
        (lambda: decoding.beam_search(GOOD * np.nan), "sum to 1"),
        (lambda: decoding.best_path(np.array([[1.5, -0.5]])), "at least 0"),
        (lambda: decoding.log_probability(GOOD[0], ()), r"\(frame, label\)"),
        (lambda: decoding.best_path(np.zeros((0, 3))), r"\(frame, label\)"),
        (lambda: decoding.best_path(GOOD, blank=3), "outside the alphabet"),
        (lambda: decoding.log_probability(GOOD, (3,)), "outside the alphabet"),
        (lambda: decoding.forced_alignment(GOOD, (-1,)), "outside the alphabet"),
        (lambda: decoding.lattice(GOOD, (2,)), "is the blank"),
        (lambda: decoding.beam_search(GOOD, beams=0), "at least one beam"),
        (lambda: decoding.n_best(GOOD, n=0), "at least one beam"),
        (lambda: decoding.text((62,), LETTERS), "outside the alphabet"),
        (lambda: decoding.labels_of("naïve é", LETTERS), "' ', 'é', 'ï'"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, says):
    with pytest.raises(ValueError, match=says) as refused:
        call()
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_text_and_labels_are_each_others_way_back():
    assert decoding.labels_of("aZ9", LETTERS) == (0, 51, 61)
    assert decoding.text(decoding.labels_of("Elephant386", LETTERS), LETTERS) == "Elephant386"
    assert decoding.text(decoding.labels_of("ab", [*LETTERS, ""]), [*LETTERS, ""]) == "ab"
