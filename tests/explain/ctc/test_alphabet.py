"""Texts and labels: any alphabet, the blank anywhere, entries of several characters, thousands of them."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest

from explain.ctc import alternatives, beam_search, decoding
from explain.ctc.alphabet import NONE, Alphabet

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize(
    "entries, blank, written, pieces",
    [
        (("", "a", "b"), 0, "aba", [("a", 1), ("b", 2), ("a", 1)]),
        (("a", "", "b"), 1, "b?", [("b", 2), ("?", NONE)]),
        (("-", "a"), 0, "a-", [("a", 1), ("-", NONE)]),  # an entry for the blank writes nothing
        (("t", "h", "th", ""), 3, "thth", [("th", 2), ("th", 2)]),
        (("t", "the", ""), 2, "thet", [("the", 1), ("t", 0)]),
        (("t", "the", ""), 2, "th", [("t", 0), ("h", NONE)]),
        (("a", "a", ""), 2, "a", [("a", 0)]),  # of two that are alike the first
        (("", ""), 0, "a", [("a", NONE)]),
        ("ab", None, "", []),
    ],
)
def test_a_text_in_pieces(entries, blank, written, pieces):
    assert Alphabet(entries, blank).split(written) == pieces


def test_labels_of_a_text_leave_the_blank_out():
    assert decoding.labels_of("thab", ("", "a", "b", "th"), 0) == (3, 1, 2)
    with pytest.raises(ValueError, match="no label for '-'"):
        decoding.labels_of("a-", ("-", "a"), 0)
    assert "no label for “-”" in alternatives.why_unreadable("a-", ("-", "a"), 9, 0)
    assert alternatives.why_unreadable("thth", ("", "th", "t", "h"), 2, 0).startswith(
        "The text needs at least 3 frames"
    )


def test_a_word_list_with_the_blank_first_and_labels_of_two_characters():
    """Two frames that say th and then a, with 0.9 each; "tha" can be read, "aaa" is too long, "tx" has no label."""
    p = np.full((2, 4), 0.1 / 3)
    p[0, 3] = p[1, 1] = 0.9
    scores = alternatives.constrained(p, ["tha", "aaa", "tx", "a"], ("", "a", "b", "th"), blank=0)
    assert (scores.words[0].word, scores.scored, scores.left_out) == ("tha", 2, 2)
    assert math.exp(scores.words[0].log_probability) == pytest.approx(0.81)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("blank", [0, 2, 4])
def test_replaced_characters_against_every_path(seed, blank):
    """Sums over all 3,125 paths of five frames; neighbours that become equal and zeros are among the cases."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(5, 0.5), size=5)
    if seed % 2:
        p[rng.integers(5), rng.integers(5)] = 0.0
        p /= p.sum(axis=1, keepdims=True)
    sums: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(5), repeat=5):
        text = tuple(label for label, _ in itertools.groupby(path) if label != blank)
        sums[text] = sums.get(text, 0.0) + math.prod(p[t, label] for t, label in enumerate(path))
    letters = [label for label in range(5) if label != blank]
    for text in [(letters[0],), (letters[1], letters[2]), (letters[3],) * 2, (letters[0], letters[1], letters[0])]:
        scores = decoding.replacements(p, text, blank)
        assert scores.shape == (len(text), 5) and np.isneginf(scores[:, blank]).all()
        for place, label in itertools.product(range(len(text)), letters):
            wanted = sums.get((*text[:place], label, *text[place + 1 :]), 0.0)
            assert math.exp(scores[place, label]) == pytest.approx(wanted, rel=1e-9, abs=1e-300)
    assert decoding.replacements(p, (), blank).shape == (0, 5)


def test_replaced_characters_stay_exact_far_below_the_smallest_double():
    p = np.full((31, 5), 1e-30)
    p[:, 4] = 1
    text = (0, 1, 1, 3) * 3
    scores = decoding.replacements(p, text)
    for place, label in itertools.product(range(len(text)), range(4)):
        alone = decoding.log_probability(p, (*text[:place], label, *text[place + 1 :]))
        assert scores[place, label] == pytest.approx(alone, rel=1e-12)


def sharp(frames: int, labels: int, blank: int, text: list[int]) -> np.ndarray:
    """Frames that say a text, two frames a character with two blanks around."""
    logits = np.random.default_rng(1).normal(size=(frames, labels))
    for t in range(frames):
        logits[t, text[t // 4] if t % 4 in (1, 2) else blank] += 14
    raised = np.exp(logits)
    return raised / raised.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("blank", [0, 30, 59])
@pytest.mark.parametrize("spread", [1e-12, 1e-9, 1e-7, 1e-5, 1e-2])
def test_the_labels_that_can_matter_give_the_answers_of_all(blank, spread):
    """The text's labels and a few rivals share most of every frame; 50 others have next to nothing, or a little more.

    With the least spread some of them are left out, with the largest none can be.
    """
    rng = np.random.default_rng(blank)
    letters = [label for label in range(60) if label != blank]
    text = (letters[3], letters[4], letters[4], letters[7])
    p = rng.random((16, 60)) * spread
    rivals = rng.choice(letters, 6, replace=False)
    p[:, rivals] += rng.random((16, 6)) * 1e-3
    for frame in range(16):
        p[frame, text[frame // 4] if frame % 4 in (1, 2) else blank] += 1
        p[frame, rivals[frame % 6]] += 0.1 * rng.random()
    p /= p.sum(axis=1, keepdims=True)
    every = decoding.replacements(p, text, blank)
    among, scores, rest = decoding.likely_replacements(p, text, blank)
    assert (len(among) < 60) == (spread < 1e-6)
    np.testing.assert_allclose(scores, every[:, among], rtol=1e-12)
    left_out = np.delete(every, among, axis=1)
    assert (np.logaddexp.reduce(left_out, axis=1) <= rest + 1e-9).all() if left_out.size else np.isneginf(rest).all()
    for place, character in enumerate(alternatives.characters(p, text, blank)):
        others = np.delete(every[place], text[place])
        assert character.log_ratio == pytest.approx(others.max() - decoding.log_probability(p, text, blank), abs=1e-9)
        assert every[place, character.rival] == others.max()
        posterior = np.exp(every[place, text[place]] - np.logaddexp.reduce(every[place]))
        assert character.posterior == pytest.approx(posterior, abs=1e-6)


def test_a_rival_among_the_faint_is_found():
    """All but the text's own labels are faint, and one of them is the rival nevertheless."""
    p = np.full((6, 40), 1e-9)
    p[:, 0] = [1, 0.1, 1, 1, 0.1, 1]
    p[1, 5] = p[4, 6] = 0.9
    p[1, 17] = 3e-8
    first, _ = alternatives.characters(p, (5, 6), 0)
    assert (first.rival, first.label) == (17, 5)


def test_thousands_of_labels_are_quick():
    """80 frames of 6,625 labels, as networks that read Chinese have: 8, 5 and 6 seconds if all is gone through."""
    text = np.random.default_rng(2).integers(1, 6625, 20).tolist()
    p = sharp(80, 6625, 0, text)
    assert decoding.best_path(p, 0).labels == tuple(text)
    for most, call in (
        (2.0, lambda: alternatives.characters(p, text, 0)),
        (0.3, lambda: decoding.n_best(p, 25, 3, 0)),
        (0.3, lambda: decoding.beam_record(p, 25, 0)),
    ):
        started = time.process_time()
        call()
        assert time.process_time() - started < most


@pytest.mark.parametrize("seed", range(20))
def test_the_beam_keeps_what_sorting_everything_would_keep(seed):
    """Whole ties included: probabilities of one digit, and a beam that cuts through them."""
    rng = np.random.default_rng(seed)
    scores = np.round(rng.normal(size=200), 1)
    scores[rng.integers(200, size=30)] = -np.inf
    whole = np.argsort(-scores, kind="stable")
    whole = whole[scores[whole] > -np.inf]
    for most in (1, 3, 10, len(whole), 500):
        assert beam_search._ranked(scores, most).tolist() == whole[:most].tolist()


def test_labels_are_named_wherever_the_blank_is():
    alphabet = Alphabet(("a", "", "b", " "), 1)
    assert [alphabet.name(label) for label in range(4)] == ["a", "blank", "b", "␣"]
    assert [alphabet.mark(label) for label in range(4)] == ["a", "·", "b", "␣"]
    assert alphabet.text((2, 0, 3, 0)) == "ba a"
