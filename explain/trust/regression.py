"""Two small fits: logistic regression with a penalty, and the best monotone curve; and the area under a curve."""

from __future__ import annotations

import numpy as np

STEPS = 25


def logistic(values: np.ndarray, truth: np.ndarray, penalty: float, weights: np.ndarray | None = None) -> np.ndarray:
    """Coefficients `(feature + 1,)`, the constant last, of the penalised likelihood's maximum, by Newton's method.

    values: `(example, feature)` of one scale. truth: `(example,)`. penalty: half of it times the square of each
    coefficient but the constant is what a fit must win. weights: of the examples, 1 unless given.
    **Ref.** D. R. Cox, The Regression Analysis of Binary Sequences, JRSS B 20, 1958.
    """
    x = np.column_stack([values, np.ones(len(values))])
    truth = np.asarray(truth, float)
    weights = np.ones(len(x)) if weights is None else np.asarray(weights, float)
    ridge = np.full(x.shape[1], float(penalty))
    ridge[-1] = 1e-9
    found = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = sigmoid(x @ found)
        slope = x.T @ (weights * (truth - p)) - ridge * found
        curve = (x * (weights * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        step *= min(1, 5 / max(np.abs(x @ step).max(), 1e-9))  # a step too far would overshoot where the curve is flat
        found += step
        if np.abs(step).max() < 1e-6:
            break
    return found


def sigmoid(values: np.ndarray | float) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(values, float)))


def isotonic(truth: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """`(example,)` the rising values nearest to these in squares: neighbours that fall are averaged.

    **Ref.** M. Ayer et al., An Empirical Distribution Function for Sampling with Incomplete Information, Annals of
    Mathematical Statistics 26, 1955 (pool adjacent violators).
    """
    blocks: list[list[float]] = []  # mean, weight, length
    for value, weight in zip(truth, np.ones(len(truth)) if weights is None else weights, strict=True):
        blocks.append([float(value), float(weight), 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean, more, length = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + mean * more) / (last[1] + more)
            last[1] += more
            last[2] += length
    return np.concatenate([np.full(int(length), mean) for mean, _, length in blocks] or [np.zeros(0)])


def area(better: np.ndarray, worse: np.ndarray) -> float:
    """Area under the curve: how often one of the first is larger than one of the second; half where they are equal."""
    order = np.sort(worse)
    below = np.searchsorted(order, better, "left") + np.searchsorted(order, better, "right")
    return float(below.mean() / 2 / len(order))
