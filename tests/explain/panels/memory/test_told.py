"""What the page says of an LSTM's memory: of one unit and of all, of gates whose course is known."""

from __future__ import annotations

import numpy as np
import pytest

from explain.ctc.alphabet import Alphabet
from explain.layers import lstm
from explain.panels.memory import told

ALPHABET = Alphabet(("a", "b", ""), blank=2)
PATH = [2, 0, 2, 1]


def steps(written, forget) -> lstm.Trace:
    """Four frames of one unit that writes and keeps as told, read from left to right."""
    ones, written, forget = np.ones((4, 1)), np.array(written)[:, None], np.array(forget)[:, None]
    cell, before = np.zeros((4, 1)), np.zeros((4, 1))
    for t in range(4):
        before[t] = cell[t - 1] if t else 0
        cell[t] = forget[t] * before[t] + written[t]
    return lstm.Trace(ones, forget, written, ones, before, cell, np.tanh(cell))


@pytest.fixture
def called():
    return told.frame_names(PATH, ALPHABET, 4)


def test_a_frame_goes_by_its_number_and_by_what_is_read_there(called):
    assert [called(t) for t in range(4)] == ["0", "1 (“a”)", "2", "3 (“b”)"]
    assert told.frame_names(PATH, ALPHABET, 8)(1) == "1"  # a layer of other frames than the answer's


def test_who_wrote_a_unit_and_who_wiped_it(called):
    course = steps([0.0, 1.0, 1.0, 0.0], [1, 1, 1, 0.05])
    assert told.of_unit(course, 0, None, False, called) == (
        "**After frame 2 unit 0 holds 2.00**, the most it ever holds. Frames 1 (“a”) and 2 wrote it. "
        "Frame 3 (“b”) wipes it: its forget gate keeps 5%."
    )
    assert told.of_unit(course, 0, 1, False, called).startswith(
        "**After frame 1 (“a”) unit 0 holds 1.00**. Frame 1 (“a”) wrote it. Frame 3"
    )
    assert told.of_unit(course, 0, 0, False, called) == "After frame 0 unit 0 holds nothing."


def test_characters_keep_their_case():
    called = told.frame_names(PATH, Alphabet(("A", "b", ""), blank=2), 4)
    assert "Frames 1 (“A”) and 2 wrote it." in told.of_unit(
        steps([0.0, 1.0, 1.0, 0.0], [1] * 4), 0, None, False, called
    )


def test_what_is_wiped_little_by_little(called):
    course = steps([1.0, 0.0, 0.0, 0.0], [1, 0.3, 0.3, 1])
    assert told.of_unit(course, 0, 0, False, called).endswith(
        "By frame 2 it is wiped, little by little: 9% of it is left."
    )
    never = steps([0.0] * 4, [1] * 4)
    assert told.of_all(never, None, False, called).startswith("Nothing is remembered yet")


def test_what_nothing_wipes(called):
    course = steps([1.0, 0.0, 0.0, 0.0], [1, 1, 0.5, 1])
    assert told.of_unit(course, 0, None, False, called).endswith("No frame wipes it: 50% of it is left at the end.")
    assert "so nothing comes after" in told.of_unit(course, 0, 3, False, called)


def test_what_a_frame_forgets_of_all_and_who_had_written_it(called):
    course = steps([1.0, 0.0, 0.0, 1.0], [1, 1, 0.25, 1])
    assert told.of_all(course, None, False, called) == (
        "**On average a frame keeps 75% of the memory it finds**. Frame 2 keeps least: 25%. What it forgets was "
        "written at frame 0. The units that lose most: 0."
    )
    assert told.of_all(course, 3, False, called) == "**Frame 3 (“b”) keeps 100% of the memory it finds**."
    assert told.of_all(course, 0, False, called) == "Frame 0 is read first: there is nothing yet to forget."
