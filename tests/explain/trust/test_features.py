"""Each number of a pass against an answer worked out otherwise."""

import math

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import entropy

from explain.ctc.decoding import Span
from explain.trust import features

RANDOM = np.random.default_rng(5)


def test_energy_is_logsumexp_even_where_exponentials_overflow():
    logits = RANDOM.normal(0, 4, (7, 5))
    assert features.energies(logits) == pytest.approx(logsumexp(logits, axis=1))
    assert features.energies(logits + 900) == pytest.approx(logsumexp(logits, axis=1) + 900)


def test_entropy_is_scipys():
    probabilities = RANDOM.dirichlet(np.ones(5), 7)
    assert features.entropies(probabilities) == pytest.approx(entropy(probabilities, axis=1))
    assert features.entropies(np.eye(3)) == pytest.approx([0, 0, 0], abs=1e-9)


def test_confidence_and_margin_by_hand():
    probabilities = np.array([[0.6, 0.3, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.2, 0.5, 0.3]])
    spans = (Span(0, 0, 2), Span(1, 3, 4))
    assert features.confidences(probabilities, spans) == pytest.approx([0.8, 0.5])
    assert features.margins(probabilities, spans) == pytest.approx([math.log(8), math.log(5 / 3)])


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("word", 0), ("Word", 0), ("WORD", 0), ("wOrd", 1), ("WORd", 0), ("SALE5O", 2), ("a1", 1)],
)
def test_switches(text, count):
    assert features.switches(text) == count


def test_scalars_of_a_small_lattice():
    """Two frames, a and the blank: "a" is read from a-, -a and aa."""
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7]])
    found = dict(zip(features.NAMES, features.scalars(np.log(probabilities), probabilities, 1, ("a", "")), strict=True))
    text = 0.9 * 0.7 + 0.1 * 0.3 + 0.9 * 0.3
    assert found["energy, mean"] == pytest.approx(0, abs=1e-12)
    assert found["best path's log-probability"] == pytest.approx(math.log(0.9 * 0.7))
    assert found["text's log-probability"] == pytest.approx(math.log(text))
    assert found["text's log-odds"] == pytest.approx(math.log(text / (1 - text)))
    assert (found["characters"], found["confidence, least"]) == (1, pytest.approx(0.9))


def test_an_empty_reading_is_judged_by_its_likeliest_character():
    probabilities = np.array([[0.1, 0.0, 0.9], [0.0, 0.3, 0.7]])
    found = dict(
        zip(
            features.NAMES,
            features.scalars(np.log(probabilities + 1e-9), probabilities, 2, ("a", "b", "")),
            strict=True,
        )
    )
    assert (found["characters"], found["confidence, mean"]) == (0, pytest.approx(0.3))
    assert features.frames_read(probabilities, 2).tolist() == [False, True]


def test_pooled_by_hand():
    sequence = np.array([[1.0, 0.0], [3.0, 0.0], [5.0, 6.0]])
    assert features.pooled(sequence, np.array([True, True, False])) == pytest.approx(
        [3, 2, math.sqrt(8 / 3), math.sqrt(8), 2, 0]
    )
