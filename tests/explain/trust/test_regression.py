"""The two fits against scipy's minimiser and against brute force."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from explain.trust import regression

RANDOM = np.random.default_rng(3)


def test_logistic_is_the_minimum_of_the_penalised_likelihood():
    x = RANDOM.normal(size=(80, 3))
    truth = RANDOM.random(80) < regression.sigmoid(2 * x[:, 0] - x[:, 1] + 0.5)
    weights = RANDOM.uniform(0.5, 2, 80)

    def loss(c):
        odds = x @ c[:3] + c[3]
        return (weights * np.logaddexp(0, np.where(truth, -odds, odds))).sum() + 0.5 * 2.0 * (c[:3] ** 2).sum()

    best = minimize(loss, np.zeros(4), tol=1e-12).x
    assert regression.logistic(x, truth, 2.0, weights) == pytest.approx(best, abs=1e-4)


def test_isotonic_is_the_best_of_all_ways_to_cut():
    """Brute force: of all cuts into runs with rising means, the one nearest in squares."""
    for _ in range(30):
        values, weights = RANDOM.integers(0, 5, 7).astype(float), RANDOM.uniform(0.5, 2, 7)
        best, least = None, np.inf
        for count in range(7):
            for cuts in combinations(range(1, 7), count):
                runs = np.split(np.arange(7), cuts)
                means = [np.average(values[run], weights=weights[run]) for run in runs]
                fitted = np.concatenate([np.full(len(run), mean) for run, mean in zip(runs, means, strict=True)])
                far = (weights * (fitted - values) ** 2).sum()
                if (np.diff(means) >= 0).all() and far < least - 1e-12:
                    best, least = fitted, far
        assert regression.isotonic(values, weights) == pytest.approx(best)


def test_area_counts_pairs():
    better, worse = RANDOM.integers(0, 6, 20), RANDOM.integers(0, 5, 15)
    pairs = [1.0 if b > w else 0.5 if b == w else 0.0 for b in better for w in worse]
    assert regression.area(better, worse) == pytest.approx(np.mean(pairs))
