"""The read-out: against the normal equations and leaving out one row at a time, on planted and on shuffled classes."""

from __future__ import annotations

import numpy as np
import pytest

from explain.exemplars.readout.ridge import Rows, chance, interval, separation


def solved(values: np.ndarray, wanted: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights and offset of ridge regression, the offset not penalised: the normal equations with a column of ones."""
    ones = np.concatenate([values, np.ones((len(values), 1))], axis=1)
    penalties = penalty * np.eye(ones.shape[1])
    penalties[-1, -1] = 0
    solution = np.linalg.solve(ones.T @ ones + penalties, ones.T @ wanted)
    return solution[:-1], solution[-1]


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize("shape", [(40, 6), (12, 30)])
def test_weights_solve_the_normal_equations(shape, alike):
    random = np.random.default_rng(2)
    values, classes = random.normal(2, 3, shape), random.integers(0, 3, shape[0])
    _, found = Rows.of(values, alike).fit(classes, 3, np.array([0.5]))
    mean, spread = values.mean(axis=0), values.std(axis=0)
    scale = spread if alike else np.full_like(spread, spread.max())
    weights, offset = solved((values - mean) / scale, np.eye(3)[classes], found.penalty)
    np.testing.assert_allclose(found.weights, weights / scale[:, None], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.offset, offset - (mean / scale) @ weights, rtol=1e-6, atol=1e-9)
    new = random.normal(2, 3, (50, shape[1]))
    scores = (new - mean) / scale @ weights + offset
    assert found.classes(new).tolist() == scores.argmax(axis=1).tolist()


@pytest.mark.parametrize("shape", [(25, 4), (14, 20)])
def test_the_penalty_is_the_one_with_the_least_error_at_rows_left_out(shape):
    random = np.random.default_rng(5)
    values = random.normal(0, 1, shape)
    classes = (values[:, 0] + random.normal(0, 1, shape[0]) > 0).astype(int)
    x = (values - values.mean(axis=0)) / values.std(axis=0)
    scatter = np.linalg.svd(x, compute_uv=False) ** 2
    kept = scatter if shape[1] <= shape[0] else np.append(scatter, [0] * (shape[0] - len(scatter)))
    choices = np.array([1e-2, 1e-1, 1, 10.0])
    errors = []
    for penalty in choices * kept.mean():
        left_out = []
        for row in range(len(x)):
            others = np.arange(len(x)) != row
            weights, offset = solved(x[others], np.eye(2)[classes[others]], penalty)
            left_out.append(((np.eye(2)[classes[row]] - x[row] @ weights - offset) ** 2).mean())
        errors.append(np.mean(left_out))
    error, found = Rows.of(values, True).fit(classes, 2, choices)
    assert found.penalty == pytest.approx(choices[np.argmin(errors)] * kept.mean()) and error == pytest.approx(
        min(errors)
    )


def examples(count: int, values: int, seed: int = 7):
    random = np.random.default_rng(seed)
    return random.normal(0, 1, (count, values)), np.arange(count) % 2, np.arange(count) // 2 % 2 == 1


@pytest.mark.parametrize("values", [5, 300])
def test_a_planted_feature_is_read_out_right_and_shuffled_classes_at_chance(values):
    noise, classes, halves = examples(400, values)
    noise[:, 3] = 8 * classes + 0.1 * noise[:, 3]
    found = separation(noise, classes, halves)
    assert found.share == 1.0 and found.high == 1.0 and found.low > 0.98
    assert abs(found.control - 0.5) < 0.06 and (found.examples, found.values) == (400, values)


@pytest.mark.parametrize("values", [5, 300])
def test_noise_is_at_chance_however_many_values_there_are(values):
    noise, classes, halves = examples(600, values)
    found = separation(noise, classes, halves)
    assert abs(found.share - 0.5) < 0.07 and found.low < 0.5 < found.high


def test_a_class_that_no_weighted_sum_tells_is_at_chance():
    random = np.random.default_rng(1)
    signs = random.choice([-1.0, 1.0], (400, 2))
    classes, halves = (signs[:, 0] * signs[:, 1] > 0).astype(int), np.arange(400) % 2 == 0
    assert abs(separation(signs, classes, halves).share - 0.5) < 0.1
    bent = np.maximum(np.stack([signs.sum(axis=1), -signs.sum(axis=1)], axis=1), 0)
    assert separation(bent, classes, halves).share == 1.0


def test_many_classes_values_that_do_not_vary_and_an_empty_half():
    random = np.random.default_rng(4)
    classes, halves = np.arange(300) % 5, np.arange(300) // 5 % 2 == 1
    values = np.concatenate([np.eye(5)[classes] + random.normal(0, 0.1, (300, 5)), np.full((300, 3), 2.5)], axis=1)
    found = separation(values, classes, halves)
    assert found.share == 1.0 and abs(found.control - 0.2) < 0.08 and chance(classes) == 0.2
    assert chance(np.array([0, 0, 0, 1])) == 0.75
    with pytest.raises(ValueError, match="too few words"):
        separation(values, classes, np.zeros(300, bool))


def test_intervals_are_wilsons():
    # Wilson's own example values: 8 of 10, and none of 10 (z = 1.96).
    assert interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
