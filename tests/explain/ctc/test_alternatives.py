"""Texts held against a reading, characters against their rivals, word lists: all against sums over every path."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest

from explain.ctc import alternatives, decoding

pytestmark = pytest.mark.filterwarnings("error")

ALPHABET = "abc"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def random_frames(seed, frames=5, labels=4):
    return np.random.default_rng(seed).dirichlet(np.full(labels, 0.5), size=frames)


def sharp_frames(seed, frames=31, labels=63, spread=4.0):
    rng = np.random.default_rng(seed)
    odds = np.exp(rng.normal(size=(frames, labels)) * spread)
    return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)


def every_path(p, blank=3):
    """text -> [(path, probability)] over all paths."""
    texts = {}
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        text = tuple(label for label, _ in itertools.groupby(path) if label != blank)
        texts.setdefault(text, []).append((path, math.prod(p[t, label] for t, label in enumerate(path))))
    return texts


def total(paths):
    return math.fsum(probability for _, probability in paths)


@pytest.mark.parametrize("seed", range(6))
def test_many_texts_at_once_get_the_sums_over_all_paths(seed):
    p = random_frames(seed)
    texts = every_path(p)
    assert len(texts) > 140 and any(a == b for text in texts for a, b in itertools.pairwise(text))
    too_long = (0,) * 4
    scores = decoding.log_probabilities(p, [*texts, too_long])
    assert np.exp(scores[:-1]) == pytest.approx([total(paths) for paths in texts.values()], rel=1e-10)
    assert scores[-1] == -np.inf


def test_many_texts_at_once_agree_with_one_at_a_time_down_to_the_faintest():
    """Every label of probability 1e-30 but one: texts from near 1 down to 1e-930, far below the smallest double."""
    p = np.full((31, 5), 1e-30)
    p[:, 4] = 1
    texts = [(0,) * n for n in range(17)] + [tuple(range(4)) * n for n in range(8)] + [(1, 2) * 15 + (0,)]
    together = decoding.log_probabilities(p, texts)
    alone = [decoding.log_probability(p, text) for text in texts]
    assert min(value for value in alone if value > -np.inf) < -900 * math.log(10)
    assert together.tolist() == pytest.approx(alone, rel=1e-12)


def test_labels_of_probability_zero_give_no_probability_at_all():
    p = np.array([[0.5, 0.0, 0.5], [0.5, 0.0, 0.5]])
    assert decoding.log_probabilities(p, [(1,), (0, 1), ()]).tolist() == [
        -np.inf,
        -np.inf,
        pytest.approx(math.log(0.25)),
    ]
    assert decoding.log_probabilities(p, []).shape == (0,)


@pytest.mark.parametrize("seed", range(8))
def test_what_if_tells_probability_ratio_and_the_frames_against(seed):
    p = random_frames(seed)
    texts = every_path(p)
    read = decoding.best_path(p).labels
    for text in list(texts)[::9]:
        held = alternatives.what_if(p, text, read)
        assert math.exp(held.log_probability) == pytest.approx(total(texts[text]), rel=1e-10)
        assert math.exp(held.log_ratio) == pytest.approx(total(texts[text]) / total(texts[read]), rel=1e-9)
        assert held.lattice.gamma.sum(axis=1) == pytest.approx(np.ones(len(p)))
        path, best = max(texts[text], key=lambda pair: pair[1])
        best_read, probability_read = max(texts[read], key=lambda pair: pair[1])
        assert held.alignment.path.tolist() == list(path)
        by_frame = [math.log(p[t, best_read[t]] / p[t, path[t]]) for t in range(len(p))]
        assert held.against.tolist() == pytest.approx(by_frame)
        assert held.against.sum() == pytest.approx(math.log(probability_read / best))
        worst = sorted(range(len(p)), key=lambda t: -by_frame[t])
        assert held.strongest(2, least=0.0) == [t for t in worst[:2] if by_frame[t] >= 0]


def test_the_reading_held_against_itself_has_nothing_against_it():
    p = sharp_frames(1)
    read = decoding.best_path(p).labels
    held = alternatives.what_if(p, read, read)
    assert held.log_ratio == pytest.approx(0) and not held.against.any() and held.strongest() == []


def test_an_empty_reading_can_be_held_against():
    p = np.array([[0.4, 0.0, 0.6], [0.4, 0.0, 0.6]])
    held = alternatives.what_if(p, (0,), ())
    assert math.exp(held.log_ratio) == pytest.approx(0.64 / 0.36)  # where best path and beam search differ
    assert alternatives.what_if(p, (), (0,)).lattice.gamma.tolist() == [[1], [1]]


@pytest.mark.parametrize("seed", range(8))
def test_posterior_and_rival_of_a_character_against_every_other_text(seed):
    p = random_frames(seed, frames=6)
    texts = {text: total(paths) for text, paths in every_path(p).items()}
    text = max((text for text in texts if len(text) == 3), key=texts.get)
    found = alternatives.characters(p, text)
    lattice, alignment = decoding.lattice(p, text), decoding.forced_alignment(p, text)
    for place, character in enumerate(found):
        others = {c: texts.get((*text[:place], c, *text[place + 1 :]), 0.0) for c in range(3)}
        own = others.pop(text[place])
        rival = max(others, key=others.get)
        assert (character.label, character.rival) == (text[place], rival)
        assert math.exp(character.log_ratio) == pytest.approx(others[rival] / own, rel=1e-9)
        assert character.posterior == pytest.approx(own / (own + sum(others.values())), rel=1e-9)
        assert character.span == (alignment.spans[place].start, alignment.spans[place].end)
        assert lattice.gamma[character.peak, 2 * place + 1] == lattice.gamma[:, 2 * place + 1].max()


def test_a_blank_that_is_not_the_last_label():
    p = random_frames(3)
    rolled = np.roll(p, 1, axis=1)
    here, there = alternatives.characters(p, (0, 2)), alternatives.characters(rolled, (1, 3), blank=0)
    for ours, theirs in zip(here, there, strict=True):
        assert (ours.label + 1, ours.rival + 1, ours.span) == (theirs.label, theirs.rival, theirs.span)
        assert ours.log_ratio == pytest.approx(theirs.log_ratio)
    held = alternatives.what_if(rolled, (1,), (3,), blank=0)
    assert held.log_ratio == pytest.approx(alternatives.what_if(p, (0,), (2,)).log_ratio)


def test_a_character_without_a_rival():
    p = np.array([[0.6, 0.4], [0.3, 0.7]])  # an alphabet of one letter
    (only,) = alternatives.characters(p, (0,))
    assert only.rival is None and only.log_ratio == -np.inf and only.posterior == pytest.approx(1)
    assert alternatives.characters(p, ()) == ()


@pytest.mark.parametrize(
    "written, sentence",
    [
        ("Elephant9", None),
        ("", None),
        ("a" * 16, None),
        ("naïve", "The network has no label for “ï”: it knows only the characters it was trained on."),
        ("a b!", "The network has no label for a space, “!”: it knows only the characters it was trained on."),
        (
            "äöüßéè",
            "The network has no label for “ä”, “ö”, “ü”, “ß”, “é” and others: it knows only the characters it was "
            "trained on.",
        ),
        (
            "a" * 17,
            "The text needs at least 33 frames (17 characters and 16 blanks between equal neighbours), and the "
            "network gives 31.",
        ),
        ("ab" * 16, "The text needs at least 32 frames (32 characters), and the network gives 31."),
    ],
)
def test_a_text_that_can_never_be_read_is_told_why(written, sentence):
    assert alternatives.why_unreadable(written, LETTERS, 31) == sentence


@pytest.mark.parametrize("seed", range(5))
def test_a_word_list_is_scored_exactly_and_put_in_order(seed):
    p = random_frames(seed)
    texts = {"".join(ALPHABET[label] for label in text): total(paths) for text, paths in every_path(p).items()}
    words = list(texts)[:: seed + 2]
    found = alternatives.constrained(p, [*words, "d", "aaaa", words[0]], ALPHABET, most=4)
    best = sorted(words, key=lambda word: -texts[word])[:4]
    assert [scored.word for scored in found.words] == best
    for scored in found.words:
        assert math.exp(scored.log_probability) == pytest.approx(texts[scored.word], rel=1e-10)
        assert scored.share == pytest.approx(texts[scored.word] / sum(map(texts.get, words)), rel=1e-9)
    assert (found.scored, found.left_out) == (len(words), 2)


def test_a_list_without_a_readable_word_gives_none():
    found = alternatives.constrained(random_frames(0), ["x", "y z"], ALPHABET)
    assert (found.words, found.scored, found.left_out) == ((), 0, 2)


def test_a_list_of_ten_thousand_words_is_quick():
    rng = np.random.default_rng(2)
    words = ["".join(rng.choice(list(LETTERS), size=rng.integers(3, 13))) for _ in range(10_000)]
    started = time.process_time()
    found = alternatives.constrained(sharp_frames(4), words, LETTERS)
    assert time.process_time() - started < 1.0  # 0.15 s where nothing else runs
    assert found.scored == len(set(words))
