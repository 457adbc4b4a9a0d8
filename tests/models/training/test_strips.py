"""Photographed words taken apart: runs of their characters, and other words put together from them."""

from itertools import pairwise

import numpy as np
import pytest

from models.training import strips
from models.training.strips import LONGEST, Respelling, part, respelt

DICTIONARY = ["net", "ten", "tent", "Rent", "teen", "nnn", "entertainment"]


@pytest.fixture
def striped():
    """Five characters, 1 to 5, each on paper of its own, 11 to 15; the margins are 100 and 200."""
    row = [*[100] * 5, *[1] * 5, *[11] * 2, *[12] * 2, *[2] * 6, *[12] * 3, *[13] * 3, *[3] * 4]
    row += [*[13] * 3, *[14] * 3, *[4] * 4, *[14] * 2, *[15] * 2, *[5] * 8, *[200] * 8]
    edges = np.array([(5, 10), (14, 20), (26, 30), (36, 40), (44, 52)], np.float32)
    return np.repeat(np.array([row], np.uint8), 40, axis=0), edges


# what each character's strip is, halfway to halfway
STRIPS = {
    "a": [1] * 5 + [11] * 2,
    "b": [12] * 2 + [2] * 6 + [12] * 3,
    "c": [13] * 3 + [3] * 4 + [13] * 3,
    "d": [14] * 3 + [4] * 4 + [14] * 2,
    "e": [15] * 2 + [5] * 8,
}
MARGINS = [100] * 5, [200] * 8


def expected(text):
    return [*MARGINS[0], *(grey for character in text for grey in STRIPS[character]), *MARGINS[1]]


def ink_stands_at(cut, text, places):
    for character, (left, right) in zip(text, places.astype(int), strict=True):
        number, column = "abcde".index(character) + 1, cut[0]
        assert set(column[left:right]) == {number} and column[left - 1] != number != column[right]


def test_words_that_fit_and_no_others():
    respelling = Respelling(DICTIONARY)
    found = {respelling.draw(np.random.default_rng(seed), "Rnet") for seed in range(200)}
    assert {"net", "ten", "tent", "Rent"} <= found  # what else there is is in any order
    assert not found & {"NET", "rent"}, "letters that are not there, in this case at least"
    assert "teen" not in found and "teen" in {
        respelling.draw(np.random.default_rng(seed), "Reent") for seed in range(200)
    }, "a double from a word that has two"
    assert not {"nnn", "entertainment"} & set(respelling.forms)


def test_not_the_same_word_again_nor_one_too_long(monkeypatch):
    monkeypatch.setattr(strips, "SHUFFLED", 0)
    respelling = Respelling(DICTIONARY)
    assert {respelling.draw(np.random.default_rng(seed), "tent0", 5) for seed in range(100)} == {"net", "ten", "tent"}
    assert {respelling.draw(np.random.default_rng(seed), "tent0", 3) for seed in range(100)} == {"net", "ten"}
    assert {respelling.draw(np.random.default_rng(seed), "net", 5) for seed in range(100)} == {"ten", "tent"}


def test_long_words_come_as_often_as_short_ones(monkeypatch):
    monkeypatch.setattr(strips, "SHUFFLED", 0)
    short = Respelling(["on", "no", "noon"])
    found = [short.draw(np.random.default_rng(seed), "noo1n") for seed in range(1100)]
    spelt = [text for text in found if text in short.forms]
    assert 360 < len(spelt) < 440, "4 of 11 lengths have a word that is no more than one character off"
    assert 170 < sum(len(text) > 8 for text in found) < 450 and max(map(len, found)) == LONGEST


def test_any_order_where_no_word_fits():
    respelling = Respelling(DICTIONARY)
    found = {respelling.draw(np.random.default_rng(seed), "1958") for seed in range(100)}
    assert len(found) > 20
    assert all(len(set(text[:4])) == len(text[:4]) > 1 and set(text) <= set("1958") for text in found)
    assert not any(one == other for text in found for one, other in pairwise(text)), "there is one picture of each"
    long = [respelling.draw(np.random.default_rng(seed), "0123456789876543210") for seed in range(100)]
    assert max(map(len, long)) == LONGEST


def test_each_character_brings_its_strip_between_the_margins(striped):
    grey, edges = striped
    respelling, seen = Respelling(["abed", "decade", "bead"]), set()
    for seed in range(60):
        cut, text, places = respelt(np.random.default_rng(seed), grey, "abcde", edges, respelling)
        seen.add(text)
        assert cut.shape[0] == 40 and (cut == cut[0]).all() and cut[0].tolist() == expected(text)
        ink_stands_at(cut, text, places)
    assert {"abed", "decade", "bead"} <= seen
    assert all(
        len(respelt(np.random.default_rng(seed), grey, "abcde", edges, respelling, 3)[1]) <= 3 for seed in range(30)
    )


def test_a_part_is_a_run_between_the_margins(striped):
    grey, edges = striped
    seen = set()
    for seed in range(80):
        cut, text, places = part(np.random.default_rng(seed), grey, "abcde", edges)
        seen.add(text)
        assert cut[0].tolist() == expected(text)
        ink_stands_at(cut, text, places)
    assert seen == {"ab", "bc", "cd", "de", "abc", "bcd", "cde", "abcd", "bcde"}


def test_a_letter_that_is_there_twice_comes_from_either_place_and_a_double_from_both():
    grey = np.repeat(np.arange(1, 5, dtype=np.uint8), 10)[None].repeat(4, axis=0)
    edges = np.array([(0, 10), (10, 20), (20, 30), (30, 40)], np.float32)
    sources = set()
    for seed in range(100):
        cut, text, places = respelt(np.random.default_rng(seed), grey, "noon", edges, Respelling(["no", "oono"]))
        found = [int(cut[0, int(left)]) for left, _ in places]
        sources |= set(zip(text, found, strict=True))
        assert all(one != other for one, other in zip(found, found[1:], strict=False))
    assert sources == {("n", 1), ("n", 4), ("o", 2), ("o", 3)}


def test_boxes_past_the_picture_end_with_it():
    grey = np.full((40, 30), 7, np.uint8)
    edges = np.array([(-4, 10), (11, 20), (21, 36)], np.float32)
    for seed in range(10):
        cut, text, places = respelt(np.random.default_rng(seed), grey, "abc", edges, Respelling(["ab"]))
        assert (cut == 7).all() and places.min() >= 0 and places.max() <= cut.shape[1]


@pytest.mark.parametrize(
    "edges",
    [
        [(5, 10), (25, 30), (15, 20), (45, 50)],  # not in reading order
        [(5, 30), (20, 40), (41, 45), (46, 50)],  # overlap by 10 of 40 rows
        [(5, 10), (10, 10.2), (10.2, 10.4), (20, 30)],  # a strip without a column
        [(5, 10), (14, 20), (70, 75), (80, 85)],  # beside the picture
    ],
)
def test_what_cannot_be_taken_apart_stays_whole(striped, edges):
    grey, edges = striped[0], np.array(edges, np.float32)
    bad = Respelling(["bad"])
    for work in (lambda *given: respelt(*given, bad), part):
        kept, text, places = work(np.random.default_rng(0), grey, "abcd", edges)
        assert kept is grey and text == "abcd" and places is edges


def test_short_words_stay_whole(striped):
    grey, edges = striped
    rng = np.random.default_rng(0)
    assert respelt(rng, grey, "ab", edges[:2], Respelling(["ba"]))[1] == "ab"
    assert part(rng, grey, "abc", edges[:3])[1] == "abc"
