"""The figures of `python -m tests.benchmarks doubts`, on readings drawn here."""

import numpy as np
import pytest

from tests.benchmarks import doubts


def test_what_is_told_against_what_is_found():
    share = np.repeat([0.2, 0.6], 500)
    right = np.arange(1000) % 10 < np.repeat([3, 6], 500)  # found: 30 and 60 in 100
    found = doubts.calibration(share, share, right)
    assert [(one["words"], one["told"], one["found"]) for one in found["as told"]] == [(500, 20, 30), (500, 60, 60)]
    assert found["largest error"] == dict.fromkeys(found["largest error"], pytest.approx(10))
    assert found["expected calibration error"] == pytest.approx(5)
    assert len(found["smooth, equally filled"]) == 10 and len(found["smooth, equally wide"]) == 2


def test_an_exact_share_is_off_by_chance_where_words_are_few():
    few, many = (doubts.by_chance(np.full(count, 0.5), [np.arange(count)], 300) for count in (100, 10_000))
    assert few == pytest.approx(0.27, abs=0.1) and many == 0  # one deviation of the mean of 100 is 5 points


def test_what_is_doubted_by_either_score():
    words = np.array([3.0, 3, 3, -3]), np.array([0.9, 0.1, 0.9, 0.9]), np.array([1, 1, 0, 0], bool), np.ones(4, bool)
    others = np.array([-3.0, 3]), np.array([0.9, 0.9]), np.zeros(2, bool), np.ones(2, bool)
    told = doubts.shares(words, others, least_like=0.0, least_right=0.5)
    assert told["rightly read"] == told["wrong readings"] == told["not-words read as something"] == 0.5
