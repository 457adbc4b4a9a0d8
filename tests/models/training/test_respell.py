"""Words put together anew from the characters of a photographed one."""

import numpy as np
import pytest

from models.training.respell import LONGEST, Respelling, respelt

DICTIONARY = ["net", "ten", "tent", "Rent", "extraordinarily"]


@pytest.fixture
def striped():
    """Five characters, each of its own grey value, with paper (0) between and beside them."""
    grey = np.zeros((10, 60), np.uint8)
    edges = np.array([(5, 10), (14, 20), (26, 30), (36, 40), (44, 52)], np.float32)
    for number, (left, right) in enumerate(edges.astype(int)):
        grey[:, left:right] = number + 1
    return grey, edges


def test_words_that_fit_and_no_others():
    respelling = Respelling(DICTIONARY)
    found = {respelling.draw(np.random.default_rng(seed), "Rnet") for seed in range(200)}
    assert {"net", "ten", "tent", "Rent"} <= found  # what else is there is in any order
    assert all(set(text) <= set("Rnet") and 2 <= len(text) <= LONGEST for text in found)
    assert not found & {"NET", "rent"}, "letters that are not there, in this case at least"


def test_any_order_where_no_word_fits():
    found = {Respelling(DICTIONARY).draw(np.random.default_rng(seed), "1958") for seed in range(100)}
    assert len(found) > 20
    assert all(len(set(text)) == len(text) and set(text) <= set("1958") for text in found)


def test_each_character_brings_its_strip(striped):
    grey, edges = striped
    respelling = Respelling(["abed", "decade", "bead"])
    seen = set()
    for seed in range(40):
        cut, text, places = respelt(np.random.default_rng(seed), grey, "abcde", edges, respelling)
        seen.add(text)
        assert len(places) == len(text) and cut.shape[0] == 10 and (np.diff(places, axis=0) > 0).all()
        for character, (left, right) in zip(text, places.astype(int), strict=True):
            assert set(cut[0, left:right]) == {"abcde".index(character) + 1}
        outside = np.ones(cut.shape[1], bool)
        for left, right in places.astype(int):
            outside[left:right] = False
        assert not cut[:, outside].any(), "paper stays paper"
    assert {"abed", "decade", "bead"} <= seen


def test_a_letter_that_is_there_twice_comes_from_either_place():
    grey = np.repeat(np.arange(1, 5, dtype=np.uint8), 10)[None].repeat(4, axis=0)
    edges = np.array([(0, 10), (10, 20), (20, 30), (30, 40)], np.float32)
    sources = set()
    for seed in range(60):
        cut, text, places = respelt(np.random.default_rng(seed), grey, "noon", edges, Respelling(["no"]))
        sources |= {(c, int(cut[0, int(left)])) for c, (left, _) in zip(text, places, strict=True)}
    assert sources == {("n", 1), ("o", 2), ("o", 3), ("n", 4)}


def test_what_cannot_be_cut_stays_whole(striped):
    grey, edges = striped
    rng, respelling = np.random.default_rng(0), Respelling(DICTIONARY)
    for text, places in [("ab", edges[:2]), ("abc", edges[[0, 2, 1]]), ("abc", np.array([(5, 5), (5, 6), (6, 6.2)]))]:
        kept, same, where = respelt(rng, grey, text, places, respelling)
        assert kept is grey and same == text and where is places
